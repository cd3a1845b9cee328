//! A home in a temporary folder, and a world in it over the sample store.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::path::{Path, PathBuf};

use cluster::Safety;
use local::error::Error;
use local::progress::Progress;
use local::world::{Options, Second, World};
use runtime::config::Config;

/// A home that goes with everything its cluster left elsewhere.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn config(&self) -> Config {
        let home = self.path().to_str().unwrap().to_owned();
        let pg_bin = std::env::var_os("ALATAR_PG_BIN").and_then(|bin| bin.into_string().ok());
        Config::from_lookup(&|name| match name {
            "ALATAR_HOME" => Some(home.clone()),
            "ALATAR_PG_BIN" => pg_bin.clone(),
            _ => None,
        })
        .unwrap()
    }

    pub(crate) async fn world(&self) -> Result<World, Error> {
        self.world_of(sample(), 0, Safety::Fast).await
    }

    pub(crate) async fn world_of(&self, data: PathBuf, port: u16, safety: Safety) -> Result<World, Error> {
        World::start(Options {
            config: self.config(),
            data: Some(data),
            second: Second::With(sample()),
            port,
            program: alatar(),
            safety,
            progress: Progress::Silent,
        })
        .await
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let place = std::fs::read_to_string(self.path().join("postgres/place")).unwrap_or_default();
        let _ = std::fs::remove_dir_all(place);
    }
}

pub(crate) fn sample() -> PathBuf {
    shopify_sim::sample::folder()
}

pub(crate) fn alatar() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_alatar"))
}
