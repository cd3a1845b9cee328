//! Columns of the mirror: immutable pieces named by their digest, one a dataset and month, and the rows that they are
//! made from.

use domain::digest::Digest;
use domain::ids::LinkedAccountId;
use jiff::Timestamp;
use jiff::civil::Date;
use metrics::columns::{Dataset, Lines, Orders, Products, Returns};
use serde::{Deserialize, Serialize};

use crate::TenantTx;
use crate::error::Error;

/// A segment's place and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SegmentRef {
    pub dataset: Dataset,
    /// The first day of its month; `None` for what is not cut by month (products).
    pub month: Option<Date>,
    pub digest: Digest,
    pub rows: u64,
}

/// A month (its first day) whose segments must be made anew. Months are marked generously, in all time zones at once,
/// so a month may turn out to be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirtyMonth {
    pub month: Date,
    /// Which marking this is: a later one is not taken back by [`clean`].
    pub marked: i64,
}

/// A new segment.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    pub dataset: Dataset,
    pub month: Option<Date>,
    pub digest: Digest,
    /// 0 takes the place's segment out of the list.
    pub rows: u64,
    pub bytes: &'a [u8],
    pub now: Timestamp,
}

/// # Errors
/// When the database cannot answer.
pub async fn dirty_months(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Vec<DirtyMonth>, Error> {
    let _ = (tx, account);
    todo!()
}

/// Unmarks months that were not marked again meanwhile.
///
/// # Errors
/// When the database cannot answer.
pub async fn clean(tx: &mut TenantTx, account: LinkedAccountId, months: &[DirtyMonth]) -> Result<(), Error> {
    let _ = (tx, account, months);
    todo!()
}

/// Orders that are no tests and are booked at `from <= processed_at < to`, sorted as a segment wants them.
///
/// # Errors
/// When the database cannot answer.
pub async fn orders_of_month(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Orders, Error> {
    let _ = (tx, account, from, to);
    todo!()
}

/// The lines of those orders.
///
/// # Errors
/// When the database cannot answer.
pub async fn lines_of_month(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Lines, Error> {
    let _ = (tx, account, from, to);
    todo!()
}

/// Returned lines of orders that are no tests, booked at their refund's `from <= processed_at < to`.
///
/// # Errors
/// When the database cannot answer.
pub async fn returns_of_month(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Returns, Error> {
    let _ = (tx, account, from, to);
    todo!()
}

/// All products.
///
/// # Errors
/// When the database cannot answer.
pub async fn products(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Products, Error> {
    let _ = (tx, account);
    todo!()
}

/// Keeps a segment and makes it the current one of its dataset and month.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn put(tx: &mut TenantTx, account: LinkedAccountId, put: Put<'_>) -> Result<(), Error> {
    let _ = (tx, account, put);
    todo!()
}

/// The current segments, sorted by dataset and month.
///
/// # Errors
/// When the database cannot answer.
pub async fn list(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Vec<SegmentRef>, Error> {
    let _ = (tx, account);
    todo!()
}

/// The bytes of segments, current or not, in no order; those that are not the tenant's are missing.
///
/// # Errors
/// When the database cannot answer.
pub async fn load(tx: &mut TenantTx, digests: &[Digest]) -> Result<Vec<(Digest, Vec<u8>)>, Error> {
    let _ = (tx, digests);
    todo!()
}
