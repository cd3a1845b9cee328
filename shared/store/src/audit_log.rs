//! What was done, by whom and when. Rows are added, never changed.

use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// `account_linked`...
    pub event: &'a str,
    /// What it happened to, as an opaque id.
    pub subject: &'a str,
    pub detail: Value,
    pub now: Timestamp,
}

/// # Errors
/// When an earlier statement failed; the entry travels with the next statement or the commit.
pub async fn append(tx: &mut TenantTx, entry: Entry<'_>) -> Result<(), Error> {
    let _ = (tx, entry);
    todo!()
}
