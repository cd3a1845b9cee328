//! Snapshots: the list of segments that an analysis reads, named by its digest.

use domain::digest::Digest;
use domain::ids::LinkedAccountId;
use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;
use crate::loads::{self, Coverage};
use crate::segments::{self, SegmentRef};
use crate::sql::Sql;
use crate::values::get;

const PIN: Sql = Sql::new(
    "-- snapshots.pin
insert into snapshots
  (account_id, digest, taken_at, covers_from, covers_to, watermark, synced_at, orders, segments)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (user_id, account_id, digest) do update set taken_at = excluded.taken_at,
  covers_from = excluded.covers_from, covers_to = excluded.covers_to, watermark = excluded.watermark,
  synced_at = excluded.synced_at, orders = excluded.orders",
);

const LATEST: Sql = Sql::new(
    "-- snapshots.latest
select digest, taken_at, covers_from, covers_to, watermark, synced_at, orders
from snapshots where account_id = $1 order by taken_at desc limit 1",
);

const LOAD: Sql = Sql::new(
    "-- snapshots.load
select segments from snapshots where digest = $1 limit 1",
);

pub(crate) const STATEMENTS: &[Sql] = &[PIN, LATEST, LOAD];

#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub digest: Digest,
    /// The store as of this instant.
    pub taken_at: Timestamp,
    pub coverage: Coverage,
}

/// The name of a list of segments; their order does not matter.
pub fn digest(segments: &[SegmentRef]) -> Digest {
    let mut segments = segments.to_vec();
    segments.sort_unstable();
    let line = |segment: &SegmentRef| {
        let month = segment.month.map(|month| month.to_string()).unwrap_or_default();
        format!("{} {month} {}\n", segment.dataset.name(), segment.digest)
    };
    Digest::of(segments.iter().map(line).collect::<String>().as_bytes())
}

/// Pins the segments as the account's latest snapshot. The same list again is the same snapshot, taken later.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn pin(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    segments: &[SegmentRef],
    taken_at: Timestamp,
    coverage: &Coverage,
) -> Result<Digest, Error> {
    let digest = digest(segments);
    let list = serde_json::to_value(segments).map_err(|_| Error::Unreadable("segments"))?;
    let Coverage { covers_from, covers_to, watermark, synced_at, orders } = coverage;
    let bytes = digest.as_bytes().as_slice();
    let account = account.uuid();
    tx.session
        .execute(
            PIN,
            &[&account, &bytes, &taken_at, covers_from, covers_to, watermark, synced_at, orders, &list],
        )
        .await?;
    Ok(digest)
}

/// The account's latest snapshot: one statement tells whether the mirror is fresh.
///
/// # Errors
/// When the database cannot answer.
pub async fn latest(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Option<Snapshot>, Error> {
    let Some(row) = tx.session.query_opt(LATEST, &[&account.uuid()]).await? else { return Ok(None) };
    let (digest, taken_at) = (segments::digest(&row)?, get(&row, "taken_at")?);
    Ok(Some(Snapshot { digest, taken_at, coverage: loads::read(&row)? }))
}

/// The segments of a snapshot, sorted by dataset and month.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has no such snapshot.
pub async fn load(tx: &mut TenantTx, digest: Digest) -> Result<Vec<SegmentRef>, Error> {
    let row = tx.session.query_one(LOAD, &[&digest.as_bytes().as_slice()]).await?;
    let list: Value = get(&row, "segments")?;
    let mut segments: Vec<SegmentRef> =
        serde_json::from_value(list).map_err(|_| Error::Unreadable("segments"))?;
    segments.sort_unstable();
    Ok(segments)
}
