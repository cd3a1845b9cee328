//! What a merchant decides about an action: to approve, to reject, to take back.

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use auth::Tenant;
use domain::digest::Digest;
use domain::ids::ProposedActionId;
use domain::limits::REJECTION_REASON_CHARS_MAX;
use domain::status::{ActionMove, ProposedActionStatus};
use store::proposed_actions::{self as rows, Considered, Reject, Rejected};

use crate::errors::{Fault, UserError, UserErrorCode};
use crate::idempotency;
use crate::identity::tenant;
use crate::proposed_actions::ProposedAction;

/// An agreement to exactly what a preview shows.
#[derive(InputObject)]
pub(crate) struct UserApprovesActionInput {
    /// Which action.
    pub(crate) action_id: ID,
    /// The hash of the preview that the merchant has seen.
    pub(crate) preview_hash: String,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// A proposal that is not wanted.
#[derive(InputObject)]
pub(crate) struct UserRejectsActionInput {
    /// Which action.
    pub(crate) action_id: ID,
    /// Why, for the audit log; at most 1,000 characters.
    pub(crate) reason: Option<String>,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// A change that is to be taken back.
#[derive(InputObject)]
pub(crate) struct UserUndoesActionInput {
    /// Which action.
    pub(crate) action_id: ID,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// An action after a decision.
#[derive(SimpleObject)]
pub(crate) struct UserActionPayload {
    /// As it stands now.
    pub(crate) proposed_action: Option<ProposedAction>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// What is said where everything would be in order and this server changes no stores.
const NOT_CARRIED_OUT: &str =
    "This server does not change stores: nothing was done, and nothing in the store has changed.";

pub(crate) async fn approve(ctx: &Context<'_>, input: UserApprovesActionInput) -> Result<UserActionPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let hash = Digest::parse(&input.preview_hash);
    let hash_rule = hash.is_none().then(|| {
        UserError::invalid(
            "previewHash",
            "This is not a hash of a preview: 64 hexadecimal digits are expected.",
        )
    });
    let errors = broken_rules(hash_rule, input.idempotency_key.as_deref());
    let (Some(hash), true) = (hash, errors.is_empty()) else { return Ok(refused(errors)) };
    let considered = match ProposedActionId::from_opaque(&input.action_id) {
        Some(id) => consider(services, tenant, id).await?,
        None => None,
    };
    let refusal = considered.map_or_else(no_action, |considered| approval_refusal(&considered, &hash));
    Ok(refused(vec![refusal]))
}

pub(crate) async fn reject(ctx: &Context<'_>, input: UserRejectsActionInput) -> Result<UserActionPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let errors = broken_rules(reason_rule(input.reason.as_deref()), input.idempotency_key.as_deref());
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let Some(id) = ProposedActionId::from_opaque(&input.action_id) else {
        return Ok(refused(vec![no_action()]));
    };
    let rejected = idempotency::settle(|| write_rejection(services, tenant, id, &input)).await?;
    let refusal = match rejected {
        Rejected::Done(row) => {
            let proposed_action = Some(ProposedAction::alone(services, tenant, row));
            return Ok(UserActionPayload { proposed_action, user_errors: Vec::new() });
        }
        Rejected::KeyReused => idempotency::reused(),
        Rejected::NotFound => no_action(),
        Rejected::NotProposed(row) => not_possible(ActionMove::Reject, row.status),
    };
    Ok(refused(vec![refusal]))
}

pub(crate) async fn undo(ctx: &Context<'_>, input: UserUndoesActionInput) -> Result<UserActionPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let errors = broken_rules(None, input.idempotency_key.as_deref());
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let row = match ProposedActionId::from_opaque(&input.action_id) {
        Some(id) => load(services, tenant, id).await?,
        None => None,
    };
    Ok(refused(vec![row.map_or_else(no_action, |row| undo_refusal(&row))]))
}

async fn consider(
    services: &crate::Context,
    tenant: Tenant,
    id: ProposedActionId,
) -> Result<Option<Considered>, Fault> {
    let mut tx = services.store.tenant_once(&tenant).await?;
    let considered = rows::consider(&mut tx, id, services.clock.now()).await?;
    tx.commit().await?;
    Ok(considered)
}

async fn load(
    services: &crate::Context,
    tenant: Tenant,
    id: ProposedActionId,
) -> Result<Option<rows::ProposedAction>, Fault> {
    let mut tx = services.store.tenant_read_only_once(&tenant).await?;
    let row = rows::load(&mut tx, id).await?;
    tx.commit().await?;
    Ok(row)
}

async fn write_rejection(
    services: &crate::Context,
    tenant: Tenant,
    id: ProposedActionId,
    input: &UserRejectsActionInput,
) -> Result<Rejected, store::error::Error> {
    let reject = Reject {
        id,
        reason: input.reason.as_deref(),
        idempotency_key: input.idempotency_key.as_deref(),
        now: services.clock.now(),
    };
    let mut tx = services.store.tenant_once(&tenant).await?;
    let rejected = rows::reject(&mut tx, reject).await?;
    tx.commit().await?;
    Ok(rejected)
}

/// Why an action cannot be approved, in the order in which a merchant can do something about it.
fn approval_refusal(considered: &Considered, hash: &Digest) -> UserError {
    let row = &considered.action;
    if considered.lapsed {
        return not_possible(ActionMove::Approve, ProposedActionStatus::Expired);
    }
    if row.status.after(ActionMove::Approve).is_none() {
        return not_possible(ActionMove::Approve, row.status);
    }
    if row.preview_hash != hash.as_bytes() {
        let message = "The preview has changed since this hash was read. Look at it again.";
        let field = Some(vec!["previewHash".to_owned()]);
        return UserError { field, ..UserError::new(UserErrorCode::Conflict, message) };
    }
    let missing = row.missing_scopes();
    if !missing.is_empty() {
        let message =
            format!("The store has not granted {}. Connect it again to grant it.", missing.join(", "));
        return UserError::new(UserErrorCode::PermissionDenied, message);
    }
    UserError::new(UserErrorCode::ExternalServiceError, NOT_CARRIED_OUT)
}

fn undo_refusal(row: &rows::ProposedAction) -> UserError {
    if row.status.after(ActionMove::Undo).is_none() {
        return not_possible(ActionMove::Undo, row.status);
    }
    if !row.preview.reversible {
        return UserError::new(UserErrorCode::Conflict, "This action cannot be undone.");
    }
    UserError::new(UserErrorCode::ExternalServiceError, NOT_CARRIED_OUT)
}

fn not_possible(mv: ActionMove, status: ProposedActionStatus) -> UserError {
    let wanted = match mv {
        ActionMove::Approve => "approved",
        ActionMove::Reject => "rejected",
        ActionMove::Undo => "undone",
        ActionMove::Expire
        | ActionMove::Claim
        | ActionMove::Succeed
        | ActionMove::Fail
        | ActionMove::Undone
        | ActionMove::Keep => "changed",
    };
    let message = format!("This action is {} and cannot be {wanted}.", status.name());
    UserError::new(UserErrorCode::Conflict, message)
}

fn broken_rules(first: Option<UserError>, key: Option<&str>) -> Vec<UserError> {
    first.into_iter().chain(idempotency::broken_rule(key)).collect()
}

fn reason_rule(reason: Option<&str>) -> Option<UserError> {
    let reason = reason?;
    let chars = reason.chars().count();
    let message = if chars > REJECTION_REASON_CHARS_MAX {
        format!("The reason has {chars} characters; at most {REJECTION_REASON_CHARS_MAX} are allowed.")
    } else if reason.contains('\0') {
        "The reason cannot contain the NUL character.".to_owned()
    } else {
        return None;
    };
    Some(UserError::invalid("reason", message))
}

/// The same for an id that is nobody's, another tenant's or none at all.
fn no_action() -> UserError {
    let field = Some(vec!["actionId".to_owned()]);
    UserError { field, ..UserError::new(UserErrorCode::NotFound, "There is no such action.") }
}

fn refused(user_errors: Vec<UserError>) -> UserActionPayload {
    UserActionPayload { proposed_action: None, user_errors }
}
