//! Not wanting an answer any more.

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use auth::Tenant;
use domain::ids::AnalysisRequestId;
use domain::status::AnalysisRequestStatus;
use flow::analysis::cancellation::{Cancellation, cancellation};
use flow::analysis::timers;
use store::cancellations::{self as rows, Cancel, Cancelled};
use store::error::Error;

use crate::analysis_requests::{AnalysisRequest, change, no_request};
use crate::errors::{UserError, UserErrorCode};
use crate::idempotency;
use crate::identity::tenant;
use crate::serve::Committed;

/// A question that is not to be answered.
#[derive(InputObject)]
pub(crate) struct CancelAnalysisRequestInput {
    /// Which one; it must not have ended.
    pub(crate) analysis_request_id: ID,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// A question that is not worked on any more. Work in flight ends without effect.
#[derive(SimpleObject)]
pub(crate) struct CancelAnalysisRequestPayload {
    /// As it stands now.
    pub(crate) analysis_request: Option<AnalysisRequest>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

pub(crate) async fn cancel(
    ctx: &Context<'_>,
    input: CancelAnalysisRequestInput,
) -> Result<CancelAnalysisRequestPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    if let Some(error) = idempotency::broken_rule(input.idempotency_key.as_deref()) {
        return Ok(refused(error));
    }
    let Some(id) = AnalysisRequestId::from_opaque(&input.analysis_request_id) else {
        return Ok(refused(no_request()));
    };
    let (committed, key) = (ctx.data::<Committed>()?, input.idempotency_key.as_deref());
    Ok(match idempotency::settle(|| write(services, committed, tenant, id, key)).await? {
        Cancelled::Done(row) | Cancelled::Repeated(row) => {
            let analysis_request = Some(AnalysisRequest::alone(services, tenant, *row));
            CancelAnalysisRequestPayload { analysis_request, user_errors: Vec::new() }
        }
        Cancelled::KeyReused => refused(idempotency::reused()),
        Cancelled::NotThere => refused(no_request()),
        Cancelled::Ended(status) => refused(ended(status)),
    })
}

/// One statement: status, journal, checkpoint, tasks and key, or nothing.
async fn write(
    services: &crate::Context,
    committed: &Committed,
    tenant: Tenant,
    request: AnalysisRequestId,
    idempotency_key: Option<&str>,
) -> Result<Cancelled, Error> {
    let Cancellation { fresh, change: over, progress } =
        cancellation().map_err(|_| Error::Unreadable("agent_state"))?;
    let change = change(services, &tenant, request);
    let now = services.clock.now();
    let cancel = Cancel { request, idempotency_key, fresh, over, progress, change, now };
    let mut tx = services.store.tenant_once(&tenant).await?;
    let cancelled = rows::cancel(&mut tx, cancel).await?;
    committed.add(tx.commit().await?);
    if let Cancelled::Done(_) = cancelled {
        committed.forget(timers::all(request));
    }
    Ok(cancelled)
}

fn ended(status: AnalysisRequestStatus) -> UserError {
    let message = format!("This analysis is {} and cannot be cancelled.", status.name());
    UserError::new(UserErrorCode::Conflict, message)
}

fn refused(error: UserError) -> CancelAnalysisRequestPayload {
    CancelAnalysisRequestPayload { analysis_request: None, user_errors: vec![error] }
}
