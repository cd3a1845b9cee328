//! The main job: the load of a store and the analyses over it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use runtime::config::Config;

use super::statistics::Statistics;
use super::{Line, kibibytes, line, mebibytes, milliseconds, processes, ratio, seconds, tools};
use crate::client::Client;
use crate::error::Error;
use crate::home::Run;
use crate::progress::Progress;
use crate::world::World;

const QUESTION: &str =
    "What were gross sales, returns and net sales in total and by month, and which ten products sold best?";
/// Analyses whose latencies are sorted for the median.
const TIMED: usize = 61;
/// Analyses that are counted: statements, commits, bytes, processor time.
const COUNTED: u32 = 100;
/// Between two counted analyses: each is over before the next begins, and nobody asks whether it is.
const PACE: Duration = Duration::from_millis(100);
const STARTS: usize = 5;
const READY_MAX: Duration = Duration::from_secs(60);

/// Measures a load and the analyses over it.
///
/// # Errors
/// Whatever keeps a world from coming up or an analysis from ending well.
pub(super) async fn measure(
    config: Config,
    data: Option<PathBuf>,
    program: PathBuf,
    progress: &Progress,
) -> Result<Vec<Line>, Error> {
    let home = config.home.clone();
    let world = super::world(config, data.clone(), program.clone(), progress).await?;
    let lines = in_world(&world, progress).await;
    world.stop().await?;
    let mut lines = lines?;
    let ready = ready_in(&home, data.as_deref(), &program, progress).await?;
    lines.push(line("`alatar up` ready on an existing cluster", seconds(ready), "3 s"));
    Ok(lines)
}

async fn in_world(world: &World, progress: &Progress) -> Result<Vec<Line>, Error> {
    let statistics = Statistics::connect(&world.run().owner_database_url).await?;
    let client = customer(world.run()).await?;
    progress.say("loading the mirror");
    let began = Instant::now();
    ask(world, &client).await?;
    let load = began.elapsed();
    let peak = processes::peak_bytes();
    let rows = statistics.lines().await?;
    progress.say("timing analyses");
    let mut timed = Vec::with_capacity(TIMED);
    for _ in 0..TIMED {
        let began = Instant::now();
        ask(world, &client).await?;
        timed.push(began.elapsed());
    }
    timed.sort_unstable();
    let median = timed.get(TIMED / 2).copied().unwrap_or_default();
    progress.say("counting statements, commits, bytes and processor time");
    let counted = statistics.count(async || {
        for _ in 0..COUNTED {
            client.submit(QUESTION, None).await?;
            tokio::time::sleep(PACE).await;
        }
        Ok(())
    });
    let counted = counted.await?;
    let tools = tools::tools_and_rendering(world, QUESTION).await?;
    let each = |total: f64| total / f64::from(COUNTED);
    let (ours, postgres) =
        (each(counted.cpu.ours.as_secs_f64() * 1e3), each(counted.cpu.postgres.as_secs_f64() * 1e3));
    let orchestration = (ours + postgres - tools.as_secs_f64() * 1e3).max(0.0);
    Ok(vec![
        line("order lines in the mirror", rows.to_string(), ""),
        line("first answer, load included", seconds(load), ""),
        line("load", format!("{:.0} lines/s", ratio(rows, load)), "25,000 lines/s or more"),
        line("peak memory of the loading process", mebibytes(peak), "256 MiB"),
        line("analysis over the loaded mirror, median", milliseconds(median), "300 ms"),
        line("SQL statements an analysis", format!("{:.1}", each(counted.statements)), "40"),
        line("commits an analysis", format!("{:.1}", each(counted.commits)), "12"),
        line("kept an analysis, indexes included", kibibytes(each(counted.bytes)), "16 KiB"),
        line("processor time an analysis, ours + PostgreSQL's", format!("{ours:.2} + {postgres:.2} ms"), ""),
        line("  of it tools and rendering", milliseconds(tools), ""),
        line("  of it orchestration", format!("{orchestration:.2} ms"), "2 ms"),
    ])
}

async fn customer(run: &Run) -> Result<Client, Error> {
    let Some(merchant) = run.merchants.first() else {
        return Err(Error::Merchant("the world that was measured has none".to_owned()));
    };
    let mut client = Client::new(&run.url)?;
    client.log_in(&merchant.email, &merchant.password).await?;
    Ok(client)
}

/// From the submission to the last message handled: no polling, which would be counted too.
async fn ask(world: &World, client: &Client) -> Result<(), Error> {
    client.submit(QUESTION, None).await?;
    world.run_until_idle().await;
    Ok(())
}

/// The median time from the start of `alatar up` to its `run.json`, on the cluster that was just measured.
async fn ready_in(
    home: &std::path::Path,
    data: Option<&std::path::Path>,
    program: &std::path::Path,
    progress: &Progress,
) -> Result<Duration, Error> {
    progress.say("starting `alatar up`");
    let mut found = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut up = tokio::process::Command::new(program);
        up.args(["up", "--port", "0"]).env("ALATAR_HOME", home).kill_on_drop(true);
        up.stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        if let Some(data) = data {
            up.arg("--data").arg(data);
        }
        let mut up = up.spawn().map_err(Error::io("run", program))?;
        while !home.join("run.json").exists() {
            if began.elapsed() > READY_MAX {
                return Err(Error::Failed("`alatar up` did not become ready".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        found.push(began.elapsed());
        processes::terminate(up.id());
        up.wait().await.map_err(Error::io("wait for", program))?;
    }
    // The first start makes the second merchant's store.
    found.sort_unstable();
    Ok(found.get(STARTS / 2).copied().unwrap_or_default())
}
