//! Answers of the shop that are worth keeping for a while.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;

#[derive(Debug)]
pub struct Entry<'a> {
    /// What kind of answer: `shop`...
    pub kind: &'a str,
    /// Which one of its kind.
    pub key: &'a str,
    pub body: &'a Value,
    pub fetched_at: Timestamp,
    pub expires_at: Timestamp,
}

/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn put(tx: &mut TenantTx, account: LinkedAccountId, entry: Entry<'_>) -> Result<(), Error> {
    let _ = (tx, account, entry);
    todo!()
}

/// The body, while it has not expired.
///
/// # Errors
/// When the database cannot answer.
pub async fn load(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    kind: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Value>, Error> {
    let _ = (tx, account, kind, key, now);
    todo!()
}
