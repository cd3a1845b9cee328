//! Snapshots: the list of segments that an analysis reads, named by its digest.

use domain::digest::Digest;
use domain::ids::LinkedAccountId;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;
use crate::loads::Coverage;
use crate::segments::SegmentRef;

#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub digest: Digest,
    /// The store as of this instant.
    pub taken_at: Timestamp,
    pub coverage: Coverage,
}

/// The name of a list of segments; their order does not matter.
pub fn digest(segments: &[SegmentRef]) -> Digest {
    let _ = segments;
    todo!()
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
    let _ = (tx, account, segments, taken_at, coverage);
    todo!()
}

/// The account's latest snapshot: one statement tells whether the mirror is fresh.
///
/// # Errors
/// When the database cannot answer.
pub async fn latest(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Option<Snapshot>, Error> {
    let _ = (tx, account);
    todo!()
}

/// The segments of a snapshot, sorted by dataset and month.
///
/// # Errors
/// [`Error::NotFound`] when the tenant has no such snapshot.
pub async fn load(tx: &mut TenantTx, digest: Digest) -> Result<Vec<SegmentRef>, Error> {
    let _ = (tx, digest);
    todo!()
}
