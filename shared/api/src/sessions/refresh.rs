//! A session goes on, or ends, by its refresh token.

use async_graphql::{Context, InputObject, Result, SimpleObject};
use auth::Tenant;
use auth::envelope::{self, Message};
use auth::refresh::{self, Presented};
use domain::ids::{MessageId, SessionId};
use jiff::Timestamp;
use store::error::Error;
use store::outbox::{NewMessage, UPDATES};
use store::sessions::{self as rows, LogOut, Refresh, Refreshed};

use super::tokens::Tokens;
use super::{AuthPayload, refused};
use crate::errors::{Fault, UserError, UserErrorCode};
use crate::identity::tenant;
use crate::serve::Committed;

/// Which session goes on.
#[derive(InputObject)]
pub(crate) struct RefreshSessionInput {
    /// The session's latest refresh token. It is used up by this, whatever becomes of the answer.
    pub(crate) refresh_token: String,
}

/// Which session ends.
#[derive(InputObject)]
pub(crate) struct LogoutInput {
    /// Any refresh token of the session.
    pub(crate) refresh_token: String,
}

/// The session has ended.
#[derive(SimpleObject)]
pub(crate) struct LogoutPayload {
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

const FIELD: &str = "refreshToken";
/// One text for a token that is forged, was used, has expired, or whose session has ended.
const NOT_VALID: &str = "The refresh token is not valid any more. Log in again.";

pub(crate) async fn refresh_session(ctx: &Context<'_>, input: RefreshSessionInput) -> Result<AuthPayload> {
    let (services, committed) = (ctx.data::<crate::Context>()?, ctx.data::<Committed>()?);
    let Some(presented) = refresh::read(&input.refresh_token) else { return Ok(not_valid()) };
    match go_on(services, committed, presented).await {
        Ok(Some(payload)) => Ok(payload),
        Ok(None) | Err(Fault::SessionEnded) => Ok(not_valid()),
        Err(fault) => Err(fault.into()),
    }
}

/// The token is proven across tenants, by its digest alone; everything else is done as the tenant that it speaks for.
async fn go_on(
    services: &crate::Context,
    committed: &Committed,
    presented: Presented,
) -> Result<Option<AuthPayload>, Fault> {
    let mut tx = services.store.system_once().await?;
    let proven = rows::prove(&mut tx, &presented).await?;
    tx.commit().await?;
    if !proven {
        return Ok(None);
    }
    let now = services.clock.now();
    let tokens = Tokens::issue(services, presented.user_id, presented.session, now)?;
    let message = session_ended(services, &tokens.tenant, presented.session, now);
    let mut tx = services.store.tenant_once(&tokens.tenant).await?;
    let step = Refresh { presented, next: tokens.refresh.digest, message, now };
    let refreshed = rows::refresh(&mut tx, step).await?;
    committed.add(tx.commit().await?);
    Ok(match refreshed {
        Refreshed::For(user) => Some(tokens.hand_over(user)),
        Refreshed::Refused => None,
    })
}

pub(crate) async fn logout(ctx: &Context<'_>, input: LogoutInput) -> Result<LogoutPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let ended = match refresh::read(&input.refresh_token) {
        Some(presented) => end(services, ctx.data()?, tenant, presented).await.map_err(Fault::from)?,
        None => false,
    };
    let nothing = || UserError {
        field: Some(vec![FIELD.to_owned()]),
        ..UserError::new(UserErrorCode::NotFound, "There is no session of yours with this refresh token.")
    };
    Ok(LogoutPayload { user_errors: if ended { Vec::new() } else { vec![nothing()] } })
}

async fn end(
    services: &crate::Context,
    committed: &Committed,
    tenant: Tenant,
    presented: Presented,
) -> Result<bool, Error> {
    let now = services.clock.now();
    let message = session_ended(services, &tenant, presented.session, now);
    let mut tx = services.store.tenant_once(&tenant).await?;
    let found = rows::log_out(&mut tx, LogOut { presented, message, now }).await?;
    committed.add(tx.commit().await?);
    Ok(found)
}

/// Tells whoever holds sockets of the session.
pub(super) fn session_ended(
    services: &crate::Context,
    tenant: &Tenant,
    session: SessionId,
    now: Timestamp,
) -> NewMessage {
    let id = MessageId::new();
    let body = envelope::seal(&services.keys, tenant, id, &Message::SessionEnded { session });
    NewMessage { id, queue: UPDATES, body, available_at: now }
}

fn not_valid() -> AuthPayload {
    let field = Some(vec![FIELD.to_owned()]);
    refused(vec![UserError { field, ..UserError::new(UserErrorCode::AuthenticationRequired, NOT_VALID) }])
}
