//! Changes to a store that wait for the merchant.

use domain::ids::{AnalysisRequestId, ProposedActionId};
use domain::status::ProposedActionStatus;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::{get, word};

const INSERT: Sql = Sql::new(
    "-- proposed_actions.insert
insert into proposed_actions (id, request_id, action_type, description, parameters, preview, preview_hash, expires_at,
  created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
);

const LIST_OF_REQUESTS: Sql = Sql::new(
    "-- proposed_actions.list_of_requests
select id, request_id, action_type, description, parameters, status, created_at
from proposed_actions where request_id = any($1) order by created_at, id",
);

pub(crate) const STATEMENTS: &[Sql] = &[INSERT, LIST_OF_REQUESTS];

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
    let (id, request) = (new.id.uuid(), new.request.uuid());
    let params: [&(dyn ToSql + Sync); 9] = [
        &id,
        &request,
        &new.action_type,
        &new.description,
        new.parameters,
        new.preview,
        &new.preview_hash,
        &new.expires_at,
        &new.now,
    ];
    tx.session.execute(INSERT, &params).await.map(|_| ())
}

/// The actions of some requests, in the order of their creation.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn list_of_requests(
    tx: &mut TenantTx,
    requests: &[AnalysisRequestId],
) -> Result<Vec<ProposedAction>, Error> {
    let ids: Vec<Uuid> = requests.iter().map(|id| id.uuid()).collect();
    tx.session.query(LIST_OF_REQUESTS, &[&ids]).await?.iter().map(action).collect()
}

fn action(row: &Row) -> Result<ProposedAction, Error> {
    Ok(ProposedAction {
        id: ProposedActionId::from_uuid(get(row, "id")?),
        request: AnalysisRequestId::from_uuid(get(row, "request_id")?),
        action_type: get(row, "action_type")?,
        description: get(row, "description")?,
        parameters: get(row, "parameters")?,
        status: word(row, "status", ProposedActionStatus::parse)?,
        created_at: get(row, "created_at")?,
    })
}
