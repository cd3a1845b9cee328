//! Disconnecting a store.

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use auth::Tenant;
use domain::ids::LinkedAccountId;
use store::error::Error;
use store::linked_accounts::{self as rows, Unlink, Unlinked};

use crate::errors::{UserError, UserErrorCode};
use crate::idempotency;
use crate::identity::tenant;
use crate::linked_accounts::LinkedAccount;

/// A store that is to be disconnected.
#[derive(InputObject)]
pub(crate) struct UnlinkAccountInput {
    /// Which store. One that is disconnected already stays as it is.
    pub(crate) linked_account_id: ID,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// A store that was disconnected. Its token is forgotten; an analysis on its way ends with what is loaded already, or
/// fails where it would have to ask the store.
#[derive(SimpleObject)]
pub(crate) struct UnlinkAccountPayload {
    /// As it stands now.
    pub(crate) linked_account: Option<LinkedAccount>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

pub(crate) async fn unlink(ctx: &Context<'_>, input: UnlinkAccountInput) -> Result<UnlinkAccountPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    if let Some(error) = idempotency::broken_rule(input.idempotency_key.as_deref()) {
        return Ok(refused(error));
    }
    let Some(id) = LinkedAccountId::from_opaque(&input.linked_account_id) else {
        return Ok(refused(no_account()));
    };
    let key = input.idempotency_key.as_deref();
    Ok(match idempotency::settle(|| write(services, tenant, id, key)).await? {
        Unlinked::Done(row) => {
            let linked_account = Some(LinkedAccount::new(*row));
            UnlinkAccountPayload { linked_account, user_errors: Vec::new() }
        }
        Unlinked::KeyReused => refused(idempotency::reused()),
        Unlinked::NotFound => refused(no_account()),
    })
}

async fn write(
    services: &crate::Context,
    tenant: Tenant,
    id: LinkedAccountId,
    idempotency_key: Option<&str>,
) -> Result<Unlinked, Error> {
    let mut tx = services.store.tenant_once(&tenant).await?;
    let unlinked = rows::unlink(&mut tx, Unlink { id, idempotency_key, now: services.clock.now() }).await?;
    tx.commit().await?;
    Ok(unlinked)
}

/// The same for an id that is nobody's, another tenant's or none at all.
fn no_account() -> UserError {
    let field = Some(vec!["linkedAccountId".to_owned()]);
    UserError { field, ..UserError::new(UserErrorCode::NotFound, "There is no such connected store.") }
}

fn refused(error: UserError) -> UnlinkAccountPayload {
    UnlinkAccountPayload { linked_account: None, user_errors: vec![error] }
}
