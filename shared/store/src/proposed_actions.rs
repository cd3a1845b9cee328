//! Changes to a store that wait for the merchant.

use domain::ids::{AnalysisRequestId, ProposedActionId};
use domain::status::ProposedActionStatus;
use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;

#[derive(Debug)]
pub struct New<'a> {
    pub id: ProposedActionId,
    pub request: AnalysisRequestId,
    /// `update_product_price`...
    pub action_type: &'a str,
    pub description: &'a str,
    pub parameters: &'a Value,
    pub preview: &'a Value,
    pub preview_hash: &'a [u8],
    pub expires_at: Timestamp,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProposedAction {
    pub id: ProposedActionId,
    pub request: AnalysisRequestId,
    pub action_type: String,
    pub description: String,
    pub parameters: Value,
    pub status: ProposedActionStatus,
    pub created_at: Timestamp,
}

/// # Errors
/// When the request is not the tenant's or the database cannot answer.
pub async fn insert(tx: &mut TenantTx, new: New<'_>) -> Result<(), Error> {
    let _ = (tx, new);
    todo!()
}

/// The actions of some requests, in the order of their creation.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn list_of_requests(
    tx: &mut TenantTx,
    requests: &[AnalysisRequestId],
) -> Result<Vec<ProposedAction>, Error> {
    let _ = (tx, requests);
    todo!()
}
