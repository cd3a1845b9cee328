//! What only the bearer of the password may do to an account: change it, or remove it with everything in it.

use async_graphql::{Context, InputObject, Result, SimpleObject};
use auth::Tenant;
use domain::ids::SessionId;
use domain::limits::PASSWORD_BYTES_MAX;
use domain::secret::Secret;
use jiff::Timestamp;
use store::error::Error;
use store::outbox::{NewMessage, Outgoing};
use store::users::{Known, NewPassword};
use store::{TenantTx, attempts, sessions, users};

use super::limits::{self, too_often};
use super::refresh::session_ended;
use super::tokens::Tokens;
use super::{AuthPayload, refused, weakness};
use crate::errors::{Fault, UserError, UserErrorCode};
use crate::idempotency;
use crate::identity::{self, tenant};
use crate::serve::Committed;

/// A new password.
#[derive(InputObject)]
pub(crate) struct ChangePasswordInput {
    /// The one that holds now.
    pub(crate) current_password: String,
    /// At least 12 characters and at most 1,024 bytes, of any kind; not a common one and not a bare pattern.
    pub(crate) new_password: String,
}

/// The end of an account.
#[derive(InputObject)]
pub(crate) struct DeleteAccountInput {
    /// The account's password.
    pub(crate) password: String,
    /// At most 255 characters. It goes with the account: who asks again with the same token is not logged in any more.
    pub(crate) idempotency_key: Option<String>,
}

/// The account is gone.
#[derive(SimpleObject)]
pub(crate) struct DeleteAccountPayload {
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

const WRONG: &str = "The password is wrong.";
const TOO_MANY: &str = "Too many wrong passwords.";

pub(crate) async fn change_password(ctx: &Context<'_>, input: ChangePasswordInput) -> Result<AuthPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    if let Some(weak) = weakness(&input.new_password, "newPassword") {
        return Ok(refused(vec![weak]));
    }
    if let Some(error) = confirm(ctx, tenant, input.current_password, "currentPassword").await? {
        return Ok(refused(vec![error]));
    }
    let new = Secret::new(input.new_password);
    let hash = services.hasher.hash(&new).await.map_err(|error| Fault::internal(&error))?;
    let now = services.clock.now();
    let tokens = Tokens::issue(services, tenant.user_id(), SessionId::new(), now)?;
    let change = async {
        let mut tx = services.store.tenant(&tenant).await?;
        let messages = end_all(services, &mut tx, &tenant, now).await?;
        let new = NewPassword { hash: &hash, session: tokens.new_session(), messages, now };
        let user = users::change_password(&mut tx, new).await?;
        Ok::<_, Error>((user, tx.commit().await?))
    };
    let (user, sent) = change.await.map_err(Fault::from)?;
    ctx.data::<Committed>()?.add(sent);
    Ok(tokens.hand_over(user))
}

pub(crate) async fn delete_account(
    ctx: &Context<'_>,
    input: DeleteAccountInput,
) -> Result<DeleteAccountPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let refused = |error| DeleteAccountPayload { user_errors: vec![error] };
    if let Some(error) = idempotency::broken_rule(input.idempotency_key.as_deref()) {
        return Ok(refused(error));
    }
    if let Some(error) = confirm(ctx, tenant, input.password, "password").await? {
        return Ok(refused(error));
    }
    match remove(services, tenant).await {
        Ok(sent) => ctx.data::<Committed>()?.add(sent),
        // Somebody with the same password was faster: what was asked for is done.
        Err(Error::SessionEnded) if is_gone(services, tenant).await? => {}
        Err(error) => return Err(Fault::from(error).into()),
    }
    Ok(DeleteAccountPayload { user_errors: Vec::new() })
}

/// Gives the messages that say so; their rows would have gone with the account.
async fn remove(services: &crate::Context, tenant: Tenant) -> Result<Vec<Outgoing>, Error> {
    let now = services.clock.now();
    let mut tx = services.store.tenant(&tenant).await?;
    let messages = end_all(services, &mut tx, &tenant, now).await?;
    users::remove(&mut tx).await?;
    let mut sent = tx.commit().await?;
    sent.extend(messages.into_iter().map(|NewMessage { id, queue, body, available_at }| Outgoing {
        id,
        queue: queue.to_owned(),
        body,
        available_at,
        receives: 1,
    }));
    Ok(sent)
}

/// Holds the user and says of every session that lives that it has ended.
async fn end_all(
    services: &crate::Context,
    tx: &mut TenantTx,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<Vec<NewMessage>, Error> {
    let live = sessions::hold_all(tx).await?;
    // It may have ended while somebody else held the user.
    if tenant.session().is_some_and(|own| !live.contains(&own)) {
        return Err(Error::SessionEnded);
    }
    Ok(live.into_iter().map(|session| session_ended(services, tenant, session, now)).collect())
}

async fn is_gone(services: &crate::Context, tenant: Tenant) -> Result<bool, Fault> {
    let mut tx = services.store.system_once().await?;
    let known = users::credentials_of(&mut tx, tenant.user_id(), &[], services.clock.now()).await?;
    tx.commit().await?;
    Ok(known == Known::Nobody)
}

/// Whether the tenant's own password was given; if not, the refusal. Whoever has only a token guesses no more often than
/// at log-in.
async fn confirm(
    ctx: &Context<'_>,
    tenant: Tenant,
    password: String,
    field: &str,
) -> Result<Option<UserError>> {
    // Who is not logged in any more learns nothing about a password.
    identity::require(ctx).await?;
    let services = ctx.data::<crate::Context>()?;
    let (password, counters) = (Secret::new(password), limits::of_confirmation(services, tenant.user_id()));
    let now = services.clock.now();
    let mut tx = services.store.system_once().await.map_err(Fault::from)?;
    let known =
        users::credentials_of(&mut tx, tenant.user_id(), &counters, now).await.map_err(Fault::from)?;
    tx.commit().await.map_err(Fault::from)?;
    let credentials = match known {
        Known::Held { again_at } => return Ok(Some(too_often(TOO_MANY, again_at, now))),
        Known::User(credentials) => credentials,
        Known::Nobody => return Err(Fault::SessionEnded.into()),
    };
    let fits = password.expose().len() <= PASSWORD_BYTES_MAX;
    if fits && services.hasher.verify(&password, Some(&credentials.password_hash)).await {
        let now = services.clock.now();
        let mut tx = services.store.system_once().await.map_err(Fault::from)?;
        let again_at = attempts::look(&mut tx, &counters, now).await.map_err(Fault::from)?;
        tx.commit().await.map_err(Fault::from)?;
        return Ok(again_at.map(|again_at| too_often(TOO_MANY, again_at, now)));
    }
    let field = Some(vec![field.to_owned()]);
    let wrong = UserError { field, ..UserError::new(UserErrorCode::AuthenticationRequired, WRONG) };
    Ok(Some(limits::failed(services, &counters, TOO_MANY, wrong).await?))
}
