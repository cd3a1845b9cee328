//! Runs metric queries over the pinned snapshot.

use std::sync::Arc;

use domain::digest::Digest;
use metrics::query::MetricQuery;
use metrics::snapshot::{ShopClock, Snapshot};
use metrics::table::{Check, Table};
use metrics::{kernel, segment};
use serde::{Deserialize, Serialize};
use store::{segments, snapshots};

use crate::desk::Desk;
use crate::snapshots::bytes;
use crate::tools::{Done, ToolError};

pub const NAME: &str = "query_metrics";
pub const ABOUT: &str = "Computes metrics of the catalogue over the pinned snapshot: by time, product, country or \
                         customer type, for a period or for two side by side.";

/// Control totals that come from the store itself: where they differ, its own records disagree with each other.
const OF_THE_STORE: &str = "lines_match_orders.";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The list of segments to read, and nothing else.
    pub snapshot: Digest,
    /// One table each, in this order.
    pub queries: Vec<MetricQuery>,
}

/// # Errors
/// See [`ToolError`]: a query that the catalogue refuses or a gap in our own sums fails for good.
pub async fn run(desk: &Desk<'_>, input: Input) -> Result<Done, ToolError> {
    let snapshot = pinned(desk, input.snapshot).await?;
    // Plain loops over columns: quick, but not for the threads that wait for sockets.
    let computed = tokio::task::spawn_blocking(move || {
        let execute = |query| kernel::execute(&snapshot, query);
        input.queries.iter().map(execute).collect::<Result<Vec<_>, _>>()
    });
    let tables = computed.await.map_err(|_| ToolError::retry("The figures could not be computed."))?;
    let tables = tables.map_err(|error| ToolError::Fail(format!("A query was refused: {error}.")))?;
    check(&tables)?;
    Ok(Done::Tables { tables })
}

/// The snapshot from memory, or from its segments.
async fn pinned(desk: &Desk<'_>, digest: Digest) -> Result<Arc<Snapshot>, ToolError> {
    let unknown = || ToolError::Fail("The store has not said in which time zone it counts.".to_owned());
    let shop = desk.account.shop.as_ref().ok_or_else(unknown)?;
    let clock = ShopClock { timezone: shop.iana_timezone.clone(), currency: shop.currency };
    if let Some(snapshot) = desk.cached(digest, &clock) {
        return Ok(snapshot);
    }
    let mut tx = desk.read().await?;
    let list = snapshots::load(&mut tx, digest).await?;
    let digests: Vec<Digest> = list.iter().map(|segment| segment.digest).collect();
    let loaded = segments::load(&mut tx, &digests).await?;
    tx.commit().await?;
    let size = bytes(&list);
    let built = tokio::task::spawn_blocking(move || build(clock, digest, &list, &loaded));
    let built = built.await.map_err(|_| ToolError::retry("The snapshot could not be read."))?;
    let snapshot = Arc::new(built?);
    desk.keep(&snapshot, size);
    Ok(snapshot)
}

fn build(
    clock: ShopClock,
    digest: Digest,
    list: &[segments::SegmentRef],
    loaded: &[(Digest, Vec<u8>)],
) -> Result<Snapshot, ToolError> {
    let broken = |what: &str| ToolError::Fail(format!("The snapshot cannot be read: {what}."));
    let decode = |place: &segments::SegmentRef| {
        let found = loaded.iter().find(|(name, _)| *name == place.digest);
        let (_, bytes) = found.ok_or_else(|| broken("a segment is missing"))?;
        let columns = segment::decode(place.dataset, bytes).map_err(|error| broken(&error.to_string()))?;
        Ok((place.dataset, Arc::new(columns)))
    };
    let columns = list.iter().map(decode).collect::<Result<Vec<_>, ToolError>>()?;
    Snapshot::new(clock, digest, columns).map_err(|error| broken(&error.to_string()))
}

/// Where our sums disagree there is no answer; where the store's own records do, the renderer says so.
fn check(tables: &[Table]) -> Result<(), ToolError> {
    let gaps = tables.iter().flat_map(|table| &table.checks).filter(|check| !check.holds());
    for Check { name, expected, found } in gaps {
        if !name.strip_prefix("compare.").unwrap_or(name).starts_with(OF_THE_STORE) {
            return Err(ToolError::Fail(format!("The figures do not add up ({name}), so none is given.")));
        }
        tracing::warn!(check = name, expected, found, "a control total of the store differs");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::digest::Digest;
    use domain::money::Currency;
    use jiff::civil::date;
    use metrics::period::Period;
    use metrics::table::{Check, Table};

    use super::check;
    use crate::tools::ToolError;

    fn table(name: &str, found: i64) -> Table {
        let nothing = Digest::of(b"");
        Table {
            name: "sales".to_owned(),
            metrics: Vec::new(),
            by: Vec::new(),
            period: Period { from: date(2011, 1, 1), to: date(2012, 1, 1) },
            compare_to: None,
            currency: Currency::parse("GBP").unwrap(),
            rows: Vec::new(),
            total: Vec::new(),
            compare_total: None,
            groups: 0,
            query_digest: nothing,
            rows_digest: nothing,
            snapshot: nothing,
            checks: vec![Check { name: name.to_owned(), expected: 100, found }],
        }
    }

    #[test]
    fn where_the_stores_own_records_disagree_there_still_is_an_answer() {
        let tables = [
            table("lines_match_orders.subtotal", 99),
            table("compare.lines_match_orders.discounts", 101),
            table("parts_sum_to_whole.net_sales", 100),
        ];
        assert!(check(&tables).is_ok());
    }

    #[test]
    fn where_our_sums_disagree_there_is_no_answer() {
        for name in ["parts_sum_to_whole.net_sales", "compare.lines_counted_once", "something_new"] {
            let error = check(&[table(name, 99)]).unwrap_err();
            assert!(matches!(&error, ToolError::Fail(message) if message.contains(name)), "{error}");
        }
    }
}
