//! The files of bulk operations, streamed into the mirror: the next batch is parsed while PostgreSQL takes the last.

use std::time::Duration;

use domain::money::Currency;
use shopify::bulk::{
    Bulk, Position, Rows,
    download::{Batch, Download},
    operation::File,
};
use store::{
    TenantTx,
    loads::{self, Checkpoint},
    mirror,
};

use crate::retrieval::{
    Mirror, Phase, Progress, Watcher, Work,
    error::Error,
    operations::{self, DONE, Ready, dataset},
};

/// Connections that may break in a row without a line getting through.
const BREAKS_MAX: u32 = 5;
const BREAK_PAUSE: Duration = Duration::from_millis(200);
/// The files' share of the progress that the merchant sees; the rest is refunds and columns.
const SHARE: f64 = 0.9;

/// Lines in the mirror and lines that there are, over all files.
struct Tally {
    done: u64,
    total: u64,
}

impl Tally {
    /// For display.
    fn share(&self) -> f64 {
        SHARE * (self.done as f64 / self.total.max(1) as f64).min(1.0)
    }
}

pub(super) async fn load(
    mirror: &Mirror,
    work: &Work,
    files: [Ready; 3],
    watch: Watcher<'_>,
) -> Result<(), Error> {
    let mut tally = Tally {
        done: files.iter().map(|ready| ready.from.lines).sum(),
        total: files.iter().map(|ready| ready.objects.max(ready.from.lines)).sum(),
    };
    for ready in files {
        let Ready { bulk, file, from, .. } = ready;
        let end = match file {
            Some(file) => {
                match stream(mirror, (bulk, work.shop.currency), &file, from, &mut tally, watch).await {
                    // What cannot be read stays unreadable in this file: the next question asks for another.
                    Err(error @ Error::Shop(shopify::error::Error::Line { .. })) => {
                        operations::restart(mirror, bulk).await?;
                        return Err(error);
                    }
                    end => end?,
                }
            }
            None => from,
        };
        let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
        note(mirror, &mut tx, bulk, DONE, end, &tally).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Reads the file to its end, over as many connections as it takes.
async fn stream(
    mirror: &Mirror,
    kind: (Bulk, Currency),
    file: &File,
    from: Position,
    tally: &mut Tally,
    watch: Watcher<'_>,
) -> Result<Position, Error> {
    let mut position = from;
    let mut breaks = 0;
    loop {
        let before = position;
        let error = match pump(mirror, kind, file, &mut position, tally, watch).await {
            Ok(()) => return Ok(position),
            Err(Error::Shop(error)) if error.is_retry() => error,
            Err(error) => return Err(error),
        };
        breaks = if position == before { breaks + 1 } else { 1 };
        if breaks > BREAKS_MAX {
            return Err(error.into());
        }
        tracing::debug!(bulk = kind.0.name(), bytes = position.bytes, %error, "the file is taken up again");
        tokio::time::sleep(error.wait().unwrap_or(BREAK_PAUSE * breaks)).await;
    }
}

/// One connection's worth of the file.
async fn pump(
    mirror: &Mirror,
    kind: (Bulk, Currency),
    file: &File,
    position: &mut Position,
    tally: &mut Tally,
    watch: Watcher<'_>,
) -> Result<(), Error> {
    let mut download = Download::open(&mirror.reader, file, kind, *position).await?;
    let mut next = download.next(mirror.batch_lines).await?;
    while let Some(batch) = next {
        tally.done += batch.end.lines - position.lines;
        // The write is polled first: PostgreSQL works while the next lines are parsed.
        let (written, parsed) =
            tokio::join!(biased; write(mirror, kind.0, &batch, tally), download.next(mirror.batch_lines));
        written?;
        *position = batch.end;
        watch(Progress { phase: Phase::Rows, done: tally.done, total: Some(tally.total) });
        next = parsed?;
    }
    Ok(())
}

/// One batch and the place after it, in one transaction: a crash repeats at most this batch.
async fn write(mirror: &Mirror, bulk: Bulk, batch: &Batch, tally: &Tally) -> Result<(), Error> {
    let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
    upsert(mirror, &mut tx, &batch.rows).await?;
    note(mirror, &mut tx, bulk, &batch.end.bytes.to_string(), batch.end, tally).await?;
    tx.commit().await?;
    Ok(())
}

async fn upsert(mirror: &Mirror, tx: &mut TenantTx, rows: &Rows) -> Result<(), Error> {
    let account = mirror.account;
    for some in rows.orders.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_orders(tx, account, some).await?;
    }
    for some in rows.lines.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_order_lines(tx, account, some).await?;
    }
    for some in rows.refunds.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_refunds(tx, account, some).await?;
    }
    for some in rows.products.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_products(tx, account, some).await?;
    }
    for some in rows.variants.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_variants(tx, account, some).await?;
    }
    for some in rows.customers.chunks(mirror::BATCH_ROWS) {
        mirror::upsert_customers(tx, account, some).await?;
    }
    Ok(())
}

async fn note(
    mirror: &Mirror,
    tx: &mut TenantTx,
    bulk: Bulk,
    cursor: &str,
    position: Position,
    tally: &Tally,
) -> Result<(), Error> {
    let checkpoint = Checkpoint {
        cursor: Some(cursor),
        rows_done: i64::try_from(position.lines).map_err(|_| Error::Unreadable("rows_done"))?,
        progress: tally.share(),
        ..Checkpoint::default()
    };
    loads::checkpoint(tx, mirror.account, dataset(bulk), checkpoint, mirror.clock.now()).await?;
    Ok(())
}
