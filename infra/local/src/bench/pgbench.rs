//! The yardstick: PostgreSQL's own pgbench with the statements of one read, pipelined.

use tokio::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::customers::Customer;
use crate::error::Error;
use crate::world::World;

const SECONDS: &str = "5";
/// Older ones cannot prepare what stands in a pipeline.
const VERSION_MIN: i32 = 160_000;
const WHICH: &str =
    "select setting, current_setting('server_version_num')::int from pg_config where name = 'BINDIR'";

/// Reads a second of 16 clients; `None` where this PostgreSQL came without pgbench, or is older than 16.
///
/// # Errors
/// [`Error::Failed`] when pgbench fails.
pub(super) async fn reads_a_second(world: &World, customers: &[Customer]) -> Result<Option<f64>, Error> {
    let owner = tokio_postgres::connect(&world.run().owner_database_url, tokio_postgres::NoTls).await;
    let (owner, connection) = owner.map_err(|error| failed(&error))?;
    // It ends with the client.
    tokio::spawn(connection);
    let row = owner.query_one(WHICH, &[]).await.map_err(|error| failed(&error))?;
    let (bin, version): (String, i32) = (row.get(0), row.get(1));
    let program = std::path::Path::new(&bin).join("pgbench");
    if version < VERSION_MIN || !program.exists() {
        return Ok(None);
    }
    let Some(customer) = customers.get(1) else { return Ok(None) };
    let script = script(customer);
    let path = world.home().file("read.sql");
    std::fs::write(&path, script).map_err(Error::io("write", &path))?;
    let mut pgbench = Command::new(program);
    pgbench.args(["--no-vacuum", "--protocol=prepared", "--client=16", "--jobs=1", "--time", SECONDS]);
    pgbench.arg("--file").arg(&path);
    reach(&mut pgbench, &world.run().runtime_database_url)?;
    let said = pgbench.output().await.map_err(|error| failed(&error))?;
    let text = String::from_utf8_lossy(&said.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.map(Some).ok_or_else(|| failed(&String::from_utf8_lossy(&said.stderr)))
}

/// Says where the server is, in the words of PostgreSQL's programs.
fn reach(pgbench: &mut Command, url: &str) -> Result<(), Error> {
    let config: Config = url.parse().map_err(|error: tokio_postgres::Error| failed(&error))?;
    match config.get_hosts().first() {
        Some(Host::Unix(folder)) => _ = pgbench.arg("--host").arg(folder),
        Some(Host::Tcp(name)) => _ = pgbench.arg("--host").arg(name),
        None => {}
    }
    let port = config.get_ports().first().copied().unwrap_or(5432);
    pgbench.args(["--port", &port.to_string(), "--username", config.get_user().unwrap_or_default()]);
    pgbench.env("PGPASSWORD", String::from_utf8_lossy(config.get_password().unwrap_or_default()).as_ref());
    pgbench.arg(config.get_dbname().unwrap_or_default());
    Ok(())
}

fn script(customer: &Customer) -> String {
    let text = |name| {
        let sql = store::sql::all().into_iter().find(|sql| sql.name() == name);
        sql.map_or("", store::sql::Sql::text).lines().skip(1).collect::<Vec<_>>().join(" ")
    };
    let request = customer.requests.first().map(|id| id.uuid()).unwrap_or_default();
    let require = text("sessions.require").replace("$1", &format!("'{}'::uuid", customer.session.uuid()));
    let load = text("analysis_requests.load").replace("$1", &format!("'{request}'::uuid"));
    let user = customer.user_id.uuid();
    format!(
        "\\startpipeline\nbegin read only;\nselect set_config('app.current_user_id', '{user}', true);\n{require};\n{load};\ncommit;\n\\endpipeline\n"
    )
}

fn failed(cause: &dyn std::fmt::Display) -> Error {
    Error::Failed(format!("pgbench could not be run: {cause}"))
}
