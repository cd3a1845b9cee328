//! The database of the world: a private cluster, or the server that DATABASE_URL names.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cluster::binaries::{Binaries, Search};
use cluster::{Cluster, Options, Safety};
use domain::secret::Secret;
use runtime::config::Config;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::home::Home;

/// How often a server of ours is looked after.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub struct Database {
    /// Absent where the server is somebody else's.
    cluster: Option<Arc<Mutex<Option<Cluster>>>>,
    pub owner_url: Secret,
}

impl Database {
    /// Starts the server where it is ours. Nothing is migrated yet.
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
        // The cluster is ours alone, so its first database serves.
        let owner_url = cluster.owner_url(cluster::FIRST_DATABASE);
        Ok(Self { cluster: Some(Arc::new(Mutex::new(Some(cluster)))), owner_url })
    }

    /// Starts a server of ours again whenever it has ended by itself, until the task is aborted.
    pub fn look_after(&self) -> Option<JoinHandle<()>> {
        let cluster = self.cluster.clone()?;
        Some(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                let cluster = Arc::clone(&cluster);
                // A panic in there would be logged by whoever waits for it: nobody, so nothing panics in there.
                let _ = tokio::task::spawn_blocking(move || revive(&cluster)).await;
            }
        }))
    }

    /// Makes the roles and brings the tables up to date.
    ///
    /// # Errors
    /// [`Error::DatabaseUrl`] or [`Error::Store`].
    pub async fn migrate(&self) -> Result<(), Error> {
        store::roles::ensure(&self.owner_url).await.map_err(|error| match &self.cluster {
            Some(_) => Error::store("the roles could not be made")(error),
            None => Error::DatabaseUrl(error),
        })?;
        let applied = store::migrations::up(&self.owner_url, None).await;
        applied.map(drop).map_err(Error::store("the database could not be brought up to date"))
    }

    /// # Errors
    /// [`Error::Cluster`] when the server could not be waited for.
    pub async fn stop(self) -> Result<(), Error> {
        let Some(cluster) = self.cluster else { return Ok(()) };
        let stopped = tokio::task::spawn_blocking(move || {
            let cluster = cluster.lock().unwrap_or_else(PoisonError::into_inner).take();
            cluster.map_or(Ok(()), Cluster::stop)
        });
        let stopped = stopped.await;
        stopped.map_err(|error| failed("stop PostgreSQL", &error))?.map_err(Error::Cluster)
    }
}

fn revive(cluster: &Mutex<Option<Cluster>>) {
    let mut cluster = cluster.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(cluster) = cluster.as_mut() else { return };
    match cluster.revive() {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(log = %cluster.log().display(), "PostgreSQL had ended and was started again")
        }
        Err(error) => tracing::error!(%error, "PostgreSQL has ended and cannot be started again; trying on"),
    }
}

fn failed(doing: &'static str, error: &dyn std::error::Error) -> Error {
    let said = error.source().map_or_else(|| error.to_string(), |source| format!("{error} ({source})"));
    Error::Database { doing, said }
}
