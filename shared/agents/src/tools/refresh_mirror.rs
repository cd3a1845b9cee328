//! Sees that the mirror is fresh, and names the snapshot to read.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;
use store::TenantTx;

use crate::desk::Desk;
use crate::retrieval::{self, Refreshed};
use crate::tools::{Done, ToolError};

pub const NAME: &str = "refresh_mirror";
pub const ABOUT: &str = "Brings the copy of the store's facts up to date where it is older than an hour, and pins the \
                         snapshot that the analysis reads.";

/// The answer of a mirror that is fresh, within the caller's transaction and without asking the shop.
///
/// # Errors
/// When the database cannot answer.
pub async fn fresh(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    now: Timestamp,
) -> Result<Option<Done>, store::error::Error> {
    Ok(retrieval::fresh(tx, account, now).await?.map(done))
}

/// Asks the shop for what is new, however long that takes; a later attempt goes on where this one stops.
///
/// # Errors
/// See [`ToolError`].
pub async fn run(desk: &Desk<'_>) -> Result<Done, ToolError> {
    let agents = desk.agents;
    let shop = (agents.http.clone(), agents.shopify_base.clone());
    let mirror = retrieval::Mirror::open(&agents.store, desk.tenant, desk.account.id, shop, agents.clock);
    let mirror = mirror.await.map_err(failure)?;
    let watch = |progress: retrieval::Progress| tracing::debug!(?progress, "loading");
    retrieval::refresh(&mirror, &watch).await.map(done).map_err(failure)
}

fn done(refreshed: Refreshed) -> Done {
    let Refreshed { snapshot, taken_at, loaded, .. } = refreshed;
    // As the database keeps it, so that the analysis that loaded and the next one name the same instant.
    let taken_at = Timestamp::from_microsecond(taken_at.as_microsecond()).unwrap_or(taken_at);
    Done::Refreshed { snapshot, taken_at, loaded }
}

fn failure(error: retrieval::error::Error) -> ToolError {
    let message = format!("The store's data could not be read: {error}.");
    match &error {
        retrieval::error::Error::Shop(shop) if error.is_retry() => {
            ToolError::Retry { message, wait: shop.wait().unwrap_or_default() }
        }
        _ if error.is_retry() => ToolError::retry(message),
        _ => ToolError::Fail(message),
    }
}
