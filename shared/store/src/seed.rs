//! Rows for demonstrations: at least one in each of a tenant's tables.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;

/// Gives every table of the tenant at least one row about this account. Again, it adds nothing.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn every_table(tx: &mut TenantTx, account: LinkedAccountId, now: Timestamp) -> Result<(), Error> {
    let _ = (tx, account, now);
    todo!()
}
