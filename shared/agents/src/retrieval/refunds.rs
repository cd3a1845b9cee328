//! Refund lines, which bulk operations refuse: read by id, a page of refunds at a time.

use shopify::reader::refunds::{REFUNDS_AT_ONCE, Refunded};
use store::{
    loads::{self, Checkpoint, Dataset},
    mirror, refunds,
};

use crate::retrieval::{Mirror, Phase, Progress, Watcher, Work, error::Error, operations::DONE};

/// The progress that the merchant sees while refunds are read; a store's refunds are few beside its lines.
const SHARE: f64 = 0.95;

/// Refunds of one transaction, and of one question to the shop.
const PAGE: i64 = REFUNDS_AT_ONCE as i64;

/// Reads every refund of the orders that this load touched, in the order of their ids.
pub(super) async fn load(mirror: &Mirror, work: &Work, watch: Watcher<'_>) -> Result<(), Error> {
    if work.refunds.cursor.as_deref() == Some(DONE) {
        return Ok(());
    }
    let mut after = match work.refunds.cursor.as_deref() {
        Some(cursor) => cursor.parse().map_err(|_| Error::Unreadable("cursor"))?,
        None => 0,
    };
    let mut done = work.refunds.rows_done;
    loop {
        let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
        let since = work.orders.since;
        let ids = refunds::page(&mut tx, mirror.account, since, after, PAGE).await?;
        tx.commit().await?;
        let Some(last) = ids.last().copied() else {
            return note(mirror, DONE, done).await;
        };
        let read = mirror.reader.refund_lines(work.shop.currency, &ids).await?;
        done += i64::try_from(ids.len()).unwrap_or(i64::MAX);
        write(mirror, read, last, done).await?;
        after = last;
        watch(Progress { phase: Phase::Refunds, done: done.unsigned_abs(), total: None });
    }
}

/// The refunds again, now with what was given back for shipping, and their lines.
async fn write(mirror: &Mirror, read: Vec<Refunded>, last: i64, done: i64) -> Result<(), Error> {
    let (refunds, lines): (Vec<_>, Vec<_>) = read.into_iter().map(|read| (read.refund, read.lines)).unzip();
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
    mirror::upsert_refunds(&mut tx, mirror.account, &refunds).await?;
    for some in lines.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_refund_lines(&mut tx, mirror.account, some).await?;
    }
    let cursor = last.to_string();
    let checkpoint =
        Checkpoint { cursor: Some(&cursor), rows_done: done, progress: SHARE, ..Checkpoint::default() };
    loads::checkpoint(&mut tx, mirror.account, Dataset::Refunds, checkpoint, mirror.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

async fn note(mirror: &Mirror, cursor: &str, done: i64) -> Result<(), Error> {
    let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
    let checkpoint =
        Checkpoint { cursor: Some(cursor), rows_done: done, progress: SHARE, ..Checkpoint::default() };
    loads::checkpoint(&mut tx, mirror.account, Dataset::Refunds, checkpoint, mirror.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
