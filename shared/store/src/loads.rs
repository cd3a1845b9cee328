//! Records of loading a mirror: where a load stands, so that another process can go on, and what the mirror covers.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;

/// What is loaded in one go from the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// Orders with their lines.
    Orders,
    Refunds,
    /// Products with their variants.
    Products,
    Customers,
}

impl Dataset {
    pub const ALL: [Self; 4] = [Self::Orders, Self::Refunds, Self::Products, Self::Customers];

    /// The word used in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Products => "products",
            Self::Customers => "customers",
        }
    }
}

/// An unfinished load, new or resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Whether an earlier process had begun it.
    pub resumed: bool,
    /// Only what changed since then is asked for; `None`: everything. Fixed when the load begins.
    pub since: Option<Timestamp>,
    pub started_at: Timestamp,
    /// The bulk operation's global id, once it runs.
    pub operation_id: Option<String>,
    /// Where its result is fetched, once it is ready.
    pub url: Option<String>,
    /// Lines of the result (or pages) that are in the mirror for good.
    pub rows_done: i64,
    /// Where to go on in a paged read.
    pub cursor: Option<String>,
}

/// How far a load is. `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint<'a> {
    pub operation_id: Option<&'a str>,
    pub url: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub rows_done: i64,
    /// Of the whole mirror, 0 to 1; shown to the merchant.
    pub progress: f64,
}

/// What the mirror holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// `processed_at` of the first and of the last order.
    pub covers_from: Option<Timestamp>,
    pub covers_to: Option<Timestamp>,
    /// Changes of the shop up to here are in the mirror.
    pub watermark: Option<Timestamp>,
    pub synced_at: Option<Timestamp>,
    pub orders: i64,
}

/// Goes on with the dataset's unfinished load, or begins one since the account's watermark; the account is LOADING.
/// The row stays locked to the end of the transaction.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn open(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    now: Timestamp,
) -> Result<Load, Error> {
    let _ = (tx, account, dataset, now);
    todo!()
}

/// Notes how far the load is, in the transaction that wrote the rows.
///
/// # Errors
/// [`Error::NotFound`] when no load of this dataset is open.
pub async fn checkpoint(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    checkpoint: Checkpoint<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let _ = (tx, account, dataset, checkpoint, now);
    todo!()
}

/// Forgets operation, URL and progress of an open load, for a bulk operation that failed or whose result expired; rows
/// already written stay.
///
/// # Errors
/// [`Error::NotFound`] when no load of this dataset is open.
pub async fn restart(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    now: Timestamp,
) -> Result<(), Error> {
    let _ = (tx, account, dataset, now);
    todo!()
}

/// The dataset is complete.
///
/// # Errors
/// [`Error::NotFound`] when no load of this dataset is open.
pub async fn finish(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    now: Timestamp,
) -> Result<(), Error> {
    let _ = (tx, account, dataset, now);
    todo!()
}

/// The whole mirror is complete up to the watermark: counts it, and the account is READY.
///
/// # Errors
/// [`Error::NotFound`] when the account is not the tenant's.
pub async fn settle(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    watermark: Timestamp,
    now: Timestamp,
) -> Result<Coverage, Error> {
    let _ = (tx, account, watermark, now);
    todo!()
}

/// The mirror could not be loaded; the account is FAILED and says why. Open loads stay and can be resumed.
///
/// # Errors
/// [`Error::NotFound`] when the account is not the tenant's.
pub async fn fail(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    message: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let _ = (tx, account, message, now);
    todo!()
}

/// What the mirror holds; `None` when the account is not there or not the tenant's.
///
/// # Errors
/// When the database cannot answer.
pub async fn coverage(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Option<Coverage>, Error> {
    let _ = (tx, account);
    todo!()
}
