//! Asking a question.

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use auth::Tenant;
use auth::envelope::{self, Message};
use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::limits::PROMPT_CHARS_MAX;
use jiff::SignedDuration;
use store::analysis_requests::{self as rows, Submit, Submitted};
use store::error::Error;

use crate::analysis_requests::AnalysisRequest;
use crate::errors::{UserError, UserErrorCode};
use crate::idempotency;
use crate::identity::tenant;
use crate::serve::Committed;

/// A question about a store.
#[derive(InputObject)]
pub(crate) struct SubmitAnalysisRequestInput {
    /// The question, at most 4,000 characters.
    pub(crate) prompt: String,
    /// The store it is about; the merchant's own choice when absent.
    pub(crate) linked_account_id: Option<ID>,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// The question as it was taken in.
#[derive(SimpleObject)]
pub(crate) struct SubmitAnalysisRequestPayload {
    /// Read it again to see what becomes of it.
    pub(crate) analysis_request: Option<AnalysisRequest>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

pub(crate) async fn submit(
    ctx: &Context<'_>,
    input: SubmitAnalysisRequestInput,
) -> Result<SubmitAnalysisRequestPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let errors = broken_rules(&input);
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let account = match input.linked_account_id.as_deref().map(|id| LinkedAccountId::from_opaque(id)) {
        None => None,
        Some(Some(id)) => Some(id),
        Some(None) => return Ok(refused(vec![no_account()])),
    };
    let committed = ctx.data::<Committed>()?;
    let submitted = idempotency::settle(|| write(services, committed, tenant, &input, account)).await?;
    let errors = match submitted {
        Submitted::Created(row) | Submitted::Repeated(row) => {
            let analysis_request = Some(AnalysisRequest::alone(services, tenant, row));
            return Ok(SubmitAnalysisRequestPayload { analysis_request, user_errors: Vec::new() });
        }
        Submitted::KeyReused => idempotency::reused(),
        Submitted::NoAccount => no_account(),
        Submitted::AccountUnlinked => account_unlinked(),
        Submitted::TooMany { retry_after } => too_many(retry_after),
    };
    Ok(refused(vec![errors]))
}

/// One transaction: request, journal and message, or nothing.
async fn write(
    services: &crate::Context,
    committed: &Committed,
    tenant: Tenant,
    input: &SubmitAnalysisRequestInput,
    account: Option<LinkedAccountId>,
) -> Result<Submitted, Error> {
    let (id, message_id) = (AnalysisRequestId::new(), MessageId::new());
    let submit = Submit {
        id,
        account,
        prompt: &input.prompt,
        idempotency_key: input.idempotency_key.as_deref(),
        per_hour_max: services.limits.analyses_per_hour.map(i64::from),
        message_id,
        message: envelope::seal(&services.keys, &tenant, message_id, &Message::Asked { request: id }),
        now: services.clock.now(),
    };
    let mut tx = services.store.tenant_once(&tenant).await?;
    let submitted = rows::submit(&mut tx, submit).await?;
    committed.add(tx.commit().await?);
    Ok(submitted)
}

fn broken_rules(input: &SubmitAnalysisRequestInput) -> Vec<UserError> {
    let prompt = prompt_rule(&input.prompt).map(|message| UserError::invalid("prompt", message));
    let key = idempotency::broken_rule(input.idempotency_key.as_deref());
    prompt.into_iter().chain(key).collect()
}

/// The rule of a question that this text breaks.
fn prompt_rule(prompt: &str) -> Option<String> {
    let chars = prompt.chars().count();
    if prompt.trim().is_empty() {
        Some("The question is empty.".to_owned())
    } else if chars > PROMPT_CHARS_MAX {
        Some(format!("The question has {chars} characters; at most {PROMPT_CHARS_MAX} are allowed."))
    } else if prompt.contains('\0') {
        Some("The question cannot contain the NUL character.".to_owned())
    } else {
        None
    }
}

/// The same for an id that is nobody's, another tenant's or none at all.
fn no_account() -> UserError {
    let field = Some(vec!["linkedAccountId".to_owned()]);
    UserError { field, ..UserError::new(UserErrorCode::NotFound, "There is no such connected store.") }
}

fn account_unlinked() -> UserError {
    let field = Some(vec!["linkedAccountId".to_owned()]);
    UserError {
        field,
        ..UserError::new(UserErrorCode::Conflict, "This store was disconnected. Connect it again first.")
    }
}

fn too_many(retry_after: SignedDuration) -> UserError {
    let seconds = retry_after.as_secs().max(1);
    let message = format!("Too many questions in an hour. Try again in {seconds} seconds.");
    UserError::new(UserErrorCode::RateLimitExceeded, message)
}

fn refused(user_errors: Vec<UserError>) -> SubmitAnalysisRequestPayload {
    SubmitAnalysisRequestPayload { analysis_request: None, user_errors }
}
