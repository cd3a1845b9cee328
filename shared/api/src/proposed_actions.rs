//! Changes to a store that wait for the merchant.

pub(crate) mod decisions;
pub(crate) mod pages;
pub(crate) mod together;

use std::sync::Arc;

use async_graphql::{Enum, Error, ID, Object, Result, SimpleObject};
use auth::Tenant;
use domain::ids::ProposedActionId;
use domain::limits::{ACTION_CHANGES_MAX, ACTION_CLAIMS_MAX};
use domain::{actions, status};
use serde::Deserialize;
use store::proposed_actions as rows;

use crate::analysis_requests::AnalysisRequest;
use crate::errors::Fault;
use crate::proposed_actions::together::Together;
use crate::results::Claim;
use crate::scalars::{DateTime, Json};

/// One change to a store, as it was proposed, and what became of it.
pub(crate) struct ProposedAction {
    row: rows::ProposedAction,
    /// Those that were loaded together, whose log and questions are loaded together too.
    together: Arc<Together>,
}

/// Where a proposed change stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "status::ProposedActionStatus")]
pub(crate) enum ProposedActionStatus {
    /// Waits for the merchant.
    Proposed,
    /// The merchant has agreed to exactly this preview.
    Approved,
    /// The merchant does not want it.
    Rejected,
    /// The merchant did not decide in time.
    Expired,
    /// Is being done.
    Executing,
    /// Done.
    Executed,
    /// Not done; the error says why.
    Failed,
    /// Is being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

/// Whether it is known what a call to Shopify has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "actions::ActionOutcome")]
pub(crate) enum ActionOutcome {
    /// Nothing was called.
    None,
    /// Shopify has answered.
    Known,
    /// The answer was lost; reconciliation settles whether the call took effect.
    Unknown,
}

/// The changes that can be proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "actions::ActionType")]
pub(crate) enum ActionType {
    /// A discount with a code.
    CreateDiscountCode,
    /// Another price.
    UpdateProductPrice,
    /// Another quantity in stock.
    SetInventory,
    /// A tag for customers.
    TagCustomers,
    /// A draft of an order.
    CreateDraftOrder,
    /// Another title, description or the like.
    UpdateProductContent,
}

/// What exactly an action would change.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct ActionPreview {
    /// Every value that would change, 50 at most.
    pub(crate) rows: Vec<ActionChange>,
    /// What the store must have granted.
    pub(crate) required_scopes: Vec<String>,
    /// What of it the store has not granted.
    pub(crate) missing_scopes: Vec<String>,
    /// Whether it can be undone.
    pub(crate) reversible: bool,
    /// Names this preview: an approval is for exactly these values. Hexadecimal.
    pub(crate) hash: String,
    /// When the proposal stops waiting.
    pub(crate) expires_at: DateTime,
}

/// One value that would change.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct ActionChange {
    /// What the value belongs to.
    pub(crate) object: String,
    /// Which value of it.
    pub(crate) field: String,
    /// The present value; null where there is none.
    pub(crate) before: Option<String>,
    /// The value afterwards; null where there is none.
    pub(crate) after: Option<String>,
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub(crate) struct AuditEntry {
    /// When it happened.
    pub(crate) at: DateTime,
    /// What happened: `action_rejected`.
    pub(crate) event: String,
    /// More about it.
    pub(crate) detail: Option<Json>,
}

impl ProposedAction {
    /// One by itself.
    pub(crate) fn alone(services: &crate::Context, tenant: Tenant, row: rows::ProposedAction) -> Self {
        let together = Arc::new(Together::new(services, tenant, std::slice::from_ref(&row)));
        Self { row, together }
    }

    /// One of many.
    pub(crate) fn of_many(row: rows::ProposedAction, together: &Arc<Together>) -> Self {
        Self { row, together: Arc::clone(together) }
    }

    pub(crate) async fn load(
        services: &crate::Context,
        tenant: Tenant,
        id: ProposedActionId,
    ) -> Result<Option<Self>, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let row = rows::load(&mut tx, id).await?;
        tx.commit().await?;
        Ok(row.map(|row| Self::alone(services, tenant, row)))
    }
}

/// One change to a store, as it was proposed, and what became of it.
#[Object]
impl ProposedAction {
    /// Opaque.
    pub(crate) async fn id(&self) -> ID {
        self.row.id.opaque().into()
    }

    /// What it is, in words.
    async fn description(&self) -> &str {
        &self.row.description
    }

    /// What kind of change it is.
    async fn action_type(&self) -> ActionType {
        self.row.action_type.into()
    }

    /// The values that Shopify would be given.
    async fn parameters(&self) -> Json {
        Json::from(self.row.parameters.clone())
    }

    /// Where it stands.
    async fn status(&self) -> ProposedActionStatus {
        self.row.status.into()
    }

    /// Whether it is known what a call to Shopify has done.
    async fn outcome(&self) -> ActionOutcome {
        self.row.outcome.into()
    }

    /// What Shopify answered, once it was done.
    async fn execution_result(&self) -> Option<Json> {
        self.row.execution_result.clone().map(Json::from)
    }

    /// Why it was not done.
    async fn error_message(&self) -> Option<&str> {
        self.row.error_message.as_deref()
    }

    /// What exactly would change.
    async fn preview(&self) -> ActionPreview {
        let preview = &self.row.preview;
        let change = |row: &rows::Change| ActionChange {
            object: row.object.clone(),
            field: row.field.clone(),
            before: row.before.clone(),
            after: row.after.clone(),
        };
        ActionPreview {
            rows: preview.rows.iter().take(ACTION_CHANGES_MAX).map(change).collect(),
            required_scopes: preview.required_scopes.clone(),
            missing_scopes: self.row.missing_scopes(),
            reversible: preview.reversible,
            hash: self.row.preview_hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            expires_at: DateTime::from(self.row.expires_at),
        }
    }

    /// What is expected to come of it, computed.
    async fn expected_effect(&self) -> Result<Vec<Claim>> {
        let claims = Vec::<Claim>::deserialize(&self.row.expected_effect);
        let mut claims = claims.map_err(|error| Error::from(Fault::internal(&error)))?;
        claims.truncate(ACTION_CLAIMS_MAX);
        Ok(claims)
    }

    /// The question whose answer proposed it.
    async fn analysis_request(&self) -> Result<AnalysisRequest> {
        Ok(self.together.request(self.row.request).await?)
    }

    /// When it was proposed.
    async fn created_at(&self) -> DateTime {
        DateTime::from(self.row.created_at)
    }

    /// When the merchant agreed.
    async fn approved_at(&self) -> Option<DateTime> {
        self.row.approved_at.map(DateTime::from)
    }

    /// When it was done.
    async fn executed_at(&self) -> Option<DateTime> {
        self.row.executed_at.map(DateTime::from)
    }

    /// When it was taken back.
    async fn undone_at(&self) -> Option<DateTime> {
        self.row.undone_at.map(DateTime::from)
    }

    /// What happened to it, oldest first; the latest 20 lines.
    async fn audit(&self) -> Result<Vec<AuditEntry>> {
        Ok(self.together.audit(self.row.id).await?)
    }
}
