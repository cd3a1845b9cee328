//! Columns of the months that changed, and of the products.

use domain::{digest::Digest, facts};
use futures_util::{StreamExt, stream};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use metrics::{columns::Columns, segment};
use store::segments::{self, DirtyMonth, Put};

use crate::retrieval::{Mirror, Phase, Progress, Watcher, error::Error};

/// While one month is encoded here, PostgreSQL reads the next; each holds its rows in memory.
const MONTHS_AT_ONCE: usize = 2;

pub(super) async fn make(mirror: &Mirror, shop: &facts::Shop, watch: Watcher<'_>) -> Result<(), Error> {
    let zone = TimeZone::get(&shop.iana_timezone).map_err(|_| Error::Unreadable("time zone"))?;
    let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
    let dirty = segments::dirty_months(&mut tx, mirror.account).await?;
    let products = segments::products(&mut tx, mirror.account).await?;
    tx.commit().await?;
    put(mirror, None, vec![Columns::Products(products)], &[]).await?;
    let total = dirty.len() as u64;
    let zone = &zone;
    let months = stream::iter(dirty).map(|month| async move {
        let columns = read(mirror, zone, month.month).await?;
        put(mirror, Some(month.month), columns, &[month]).await
    });
    let mut made = months.buffered(MONTHS_AT_ONCE).enumerate();
    while let Some((done, month)) = made.next().await {
        month?;
        watch(Progress { phase: Phase::Columns, done: done as u64 + 1, total: Some(total) });
    }
    Ok(())
}

/// The month's rows as the shop's own calendar cuts them.
async fn read(mirror: &Mirror, zone: &TimeZone, month: Date) -> Result<Vec<Columns>, Error> {
    let from = start(zone, month)?;
    let to = start(zone, month.saturating_add(1.month()))?;
    let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
    let columns = vec![
        Columns::Orders(segments::orders_of_month(&mut tx, mirror.account, from, to).await?),
        Columns::Lines(segments::lines_of_month(&mut tx, mirror.account, from, to).await?),
        Columns::Returns(segments::returns_of_month(&mut tx, mirror.account, from, to).await?),
    ];
    tx.commit().await?;
    Ok(columns)
}

/// The first instant of a day in the shop's time zone.
fn start(zone: &TimeZone, day: Date) -> Result<Timestamp, Error> {
    let zoned = day.to_zoned(zone.clone()).map_err(|_| Error::Unreadable("month"))?;
    Ok(zoned.timestamp())
}

async fn put(
    mirror: &Mirror,
    month: Option<Date>,
    columns: Vec<Columns>,
    clean: &[DirtyMonth],
) -> Result<(), Error> {
    let now = mirror.clock.now();
    let mut made = Vec::with_capacity(columns.len());
    for columns in columns {
        let (dataset, rows) = (columns.dataset(), columns.rows());
        made.push((dataset, rows, segment::encode(&columns)?));
    }
    let mut tx = mirror.store.tenant_bulk(&mirror.tenant).await?;
    for (dataset, rows, bytes) in &made {
        let put = Put { dataset: *dataset, month, digest: Digest::of(bytes), rows: *rows as u64, bytes, now };
        segments::put(&mut tx, mirror.account, put).await?;
    }
    segments::clean(&mut tx, mirror.account, clean).await?;
    tx.commit().await?;
    Ok(())
}
