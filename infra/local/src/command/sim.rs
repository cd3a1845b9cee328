//! `sim`: the simulator alone.

use std::path::PathBuf;

use runtime::config::Config;

use super::stopped_by_hand;
use crate::error::Error;
use crate::home::Home;
use crate::simulator::{self, Order, Served};
use crate::{merchants, stores};

/// Serves the folders with the access tokens that `up` in the same home uses for them: the first folder is the first
/// merchant's.
pub(super) async fn until_stopped(config: &Config, data: Vec<PathBuf>, port: u16) -> Result<(), Error> {
    let home = Home::open(&config.home)?;
    let mut served = Vec::new();
    let mut now = None;
    for (at, folder) in data.iter().enumerate() {
        let store = stores::open(folder)?;
        now = now.or(store.now);
        let role = match at {
            0 => "first".to_owned(),
            1 => "second".to_owned(),
            more => format!("store {}", more + 1),
        };
        let access_token = merchants::of(&home, &role, &store)?.shopify_token;
        served.push(Served { folder: store.path, domain: store.domain, access_token });
    }
    let now = config.clock_start.or(now);
    let (ready, serving) = simulator::serve(Order { stores: served, port, now }).await?;
    simulator::say(&ready)?;
    tokio::select! {
        ended = serving => ended.map_err(|error| Error::Simulator(error.to_string())),
        by_hand = stopped_by_hand() => by_hand,
    }
}
