//! The database of the world: a private cluster, or the server that DATABASE_URL names.

use cluster::binaries::{Binaries, Search};
use cluster::{Cluster, Options, Safety};
use domain::secret::Secret;
use runtime::config::Config;

use crate::error::Error;
use crate::home::Home;

/// Its name in a private cluster.
const NAME: &str = "alatar";

pub struct Database {
    /// Absent where the server is somebody else's.
    cluster: Option<Cluster>,
    pub owner_url: Secret,
}

impl Database {
    /// Starts the server where it is ours, and sees that the database exists. Nothing is migrated yet.
    ///
    /// # Errors
    /// [`Error::Cluster`] or [`Error::Database`].
    pub async fn open(config: &Config, home: &Home, safety: Safety) -> Result<Self, Error> {
        if let Some(owner_url) = &config.database_url {
            return Ok(Self { cluster: None, owner_url: owner_url.clone() });
        }
        let (folder, bin) = (home.file("postgres"), config.pg_bin.clone());
        let started = tokio::task::spawn_blocking(move || {
            let made = std::fs::read_to_string(folder.join("data/PG_VERSION")).ok();
            let major = made.and_then(|text| text.trim().parse().ok());
            let binaries = Binaries::find(&Search { explicit: bin.as_deref(), major })?;
            Cluster::start(&Options { home: folder, binaries, safety })
        });
        let cluster = started.await.map_err(|error| failed("start PostgreSQL", &error))??;
        let owner_url = cluster.owner_url(NAME);
        create(&cluster.owner_url(cluster::FIRST_DATABASE)).await?;
        Ok(Self { cluster: Some(cluster), owner_url })
    }

    /// Makes the roles and brings the tables up to date.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn migrate(&self) -> Result<(), Error> {
        store::roles::ensure(&self.owner_url).await.map_err(Error::store("the roles could not be made"))?;
        let applied = store::migrations::up(&self.owner_url, None).await;
        applied.map(drop).map_err(Error::store("the database could not be brought up to date"))
    }

    /// # Errors
    /// [`Error::Cluster`] when the server could not be waited for.
    pub async fn stop(self) -> Result<(), Error> {
        let Some(cluster) = self.cluster else { return Ok(()) };
        let stopped = tokio::task::spawn_blocking(move || cluster.stop()).await;
        stopped.map_err(|error| failed("stop PostgreSQL", &error))?.map_err(Error::Cluster)
    }
}

async fn create(first: &Secret) -> Result<(), Error> {
    let doing = "make the database";
    let connected = tokio_postgres::connect(first.expose(), tokio_postgres::NoTls).await;
    let (client, connection) = connected.map_err(|error| failed(doing, &error))?;
    let connection = tokio::spawn(connection);
    let there =
        client.query_opt("-- database.there\nselect from pg_database where datname = $1", &[&NAME]).await;
    if there.map_err(|error| failed(doing, &error))?.is_none() {
        let made = client.batch_execute(&format!("-- database.create\ncreate database {NAME}")).await;
        made.map_err(|error| failed(doing, &error))?;
    }
    drop(client);
    // It ends with its client.
    let _ = connection.await;
    Ok(())
}

fn failed(doing: &'static str, error: &dyn std::error::Error) -> Error {
    let said = error.source().map_or_else(|| error.to_string(), |source| format!("{error} ({source})"));
    Error::Database { doing, said }
}
