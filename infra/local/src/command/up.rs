//! `up`: serves until somebody stops it.

use std::path::PathBuf;

use cluster::Safety;
use runtime::config::Config;

use super::{print, program, stopped_by_hand};
use crate::error::Error;
use crate::progress::Progress;
use crate::world::{Options, Second, World};

pub(super) async fn until_stopped(
    config: Config,
    port: Option<u16>,
    data: Option<PathBuf>,
) -> Result<(), Error> {
    let progress = Progress::on_standard_error();
    let port = port.unwrap_or(config.port);
    let options = Options {
        config,
        data,
        second: Second::WithTwin,
        port,
        program: program()?,
        safety: Safety::Durable,
        progress: progress.clone(),
    };
    let world = tokio::select! {
        world = World::start(options) => world,
        by_hand = stopped_by_hand() => Err(by_hand.err().unwrap_or(Error::Interrupted)),
    };
    progress.end();
    let world = world?;
    world.announce()?;
    let run = world.home().file("run.json");
    print(&format!(
        "alatar is up: {} (GraphQL at /graphql, explorer at /)\nDemonstration merchants and URLs: {}\nCtrl-C stops it.\n",
        world.run().url,
        run.display()
    ));
    let by_hand = stopped_by_hand().await;
    eprintln!("stopping: what has begun is finished first (Ctrl-C again stops at once)");
    tokio::select! {
        stopped = world.stop() => stopped?,
        again = stopped_by_hand() => return again.and(Err(Error::Interrupted)),
    }
    by_hand
}
