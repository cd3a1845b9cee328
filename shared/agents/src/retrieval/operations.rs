//! Bulk operations: started once, noted at once, waited for.

use std::time::Duration;

use futures_util::future::try_join3;
use shopify::bulk::{
    Bulk, Position,
    operation::{File, State},
};
use store::loads::{self, Checkpoint, Dataset, Load};
use tokio::time::Instant;

use crate::retrieval::{Mirror, Phase, Progress, Watcher, Work, error::Error};

/// Bulk operations one load may start for one dataset: failed and expired ones are started again.
const STARTS_MAX: u32 = 3;
const POLL_FIRST: Duration = Duration::from_millis(10);
const POLL_MAX: Duration = Duration::from_secs(5);
/// A larger store goes on in the next attempt: the operation runs on at Shopify's.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(10 * 60);
/// Stands as a cursor where a dataset is in the mirror to its end.
pub(super) const DONE: &str = "done";

/// A finished bulk operation, and where to go on in its file.
pub(super) struct Ready {
    pub(super) bulk: Bulk,
    /// None when nothing is left to read.
    pub(super) file: Option<File>,
    /// Lines of the file, as Shopify counts objects.
    pub(super) objects: u64,
    pub(super) from: Position,
}

pub(super) const fn dataset(bulk: Bulk) -> Dataset {
    match bulk {
        Bulk::Orders => Dataset::Orders,
        Bulk::Products => Dataset::Products,
        Bulk::Customers => Dataset::Customers,
    }
}

/// All three, prepared by Shopify at the same time; in the order in which they are to be loaded.
pub(super) async fn complete(mirror: &Mirror, work: &Work, watch: Watcher<'_>) -> Result<[Ready; 3], Error> {
    let silent: Watcher<'_> = &|_| ();
    let (products, customers, orders) = try_join3(
        one(mirror, Bulk::Products, &work.products, silent),
        one(mirror, Bulk::Customers, &work.customers, silent),
        one(mirror, Bulk::Orders, &work.orders, watch),
    )
    .await?;
    Ok([products, customers, orders])
}

async fn one(mirror: &Mirror, bulk: Bulk, load: &Load, watch: Watcher<'_>) -> Result<Ready, Error> {
    let mut from = position(load)?;
    if load.cursor.as_deref() == Some(DONE) {
        return Ok(Ready { bulk, file: None, objects: from.lines, from });
    }
    let mut running = load.operation_id.clone();
    let mut last = "none".to_owned();
    for _ in 0..STARTS_MAX {
        let id = match running.take() {
            Some(id) => id,
            None => start(mirror, bulk, load).await?,
        };
        match wait(mirror, bulk, &id, watch).await? {
            State::Completed { file, objects } => return Ok(Ready { bulk, file, objects, from }),
            State::Failed { code } if code == "ACCESS_DENIED" => {
                return Err(Error::Bulk { bulk: bulk.name(), code });
            }
            State::Failed { code } => last = code,
            State::Expired => last = "EXPIRED".to_owned(),
            State::Running { .. } => return Err(Error::Slow { bulk: bulk.name() }),
        }
        restart(mirror, bulk).await?;
        from = Position::default();
    }
    Err(Error::Bulk { bulk: bulk.name(), code: last })
}

/// Another file may have another order of lines: rows stay, the place in the old file means nothing now.
pub(super) async fn restart(mirror: &Mirror, bulk: Bulk) -> Result<(), Error> {
    let mut tx = mirror.store.tenant(&mirror.tenant).await?;
    loads::restart(&mut tx, mirror.account, dataset(bulk), mirror.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

async fn start(mirror: &Mirror, bulk: Bulk, load: &Load) -> Result<String, Error> {
    let started = mirror.reader.start_bulk(bulk, load.since).await?;
    let mut tx = mirror.store.tenant(&mirror.tenant).await?;
    let checkpoint = Checkpoint { operation_id: Some(&started.id), ..Checkpoint::default() };
    loads::checkpoint(&mut tx, mirror.account, dataset(bulk), checkpoint, mirror.clock.now()).await?;
    tx.commit().await?;
    Ok(started.id)
}

/// Polls until the operation is no longer running, or for as long as one attempt waits.
async fn wait(mirror: &Mirror, bulk: Bulk, id: &str, watch: Watcher<'_>) -> Result<State, Error> {
    let deadline = Instant::now() + WAIT_MAX;
    let mut pause = POLL_FIRST;
    loop {
        let state = mirror.reader.poll_bulk(id).await?;
        let State::Running { objects } = state else {
            return Ok(state);
        };
        watch(Progress { phase: Phase::Waiting, done: objects, total: None });
        if Instant::now() + pause > deadline {
            return Ok(State::Running { objects });
        }
        tracing::debug!(bulk = bulk.name(), objects, "bulk operation is running");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(POLL_MAX);
    }
}

/// The place that the last checkpoint noted.
fn position(load: &Load) -> Result<Position, Error> {
    let lines = u64::try_from(load.rows_done).map_err(|_| Error::Unreadable("rows_done"))?;
    let bytes = match load.cursor.as_deref() {
        None | Some(DONE) => 0,
        Some(cursor) => cursor.parse().map_err(|_| Error::Unreadable("cursor"))?,
    };
    Ok(Position { bytes, lines })
}
