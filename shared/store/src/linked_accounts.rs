//! Connected stores: what they are called, how far their mirror is, and their sealed access tokens.

use domain::facts::Shop;
use domain::ids::LinkedAccountId;
use domain::secret::Secret;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    ReconnectNeeded,
    Uninstalled,
    Unlinked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncState {
    Never,
    Loading,
    Ready,
    Failed,
}

/// How far the mirror is. `STALE` is for the reader to say: it depends on the time.
#[derive(Clone, Debug, PartialEq)]
pub struct Sync {
    pub state: SyncState,
    /// 0 to 1.
    pub progress: f64,
    pub orders: i64,
    /// `processed_at` of the first and of the last order.
    pub covers_from: Option<Timestamp>,
    pub covers_to: Option<Timestamp>,
    pub synced_at: Option<Timestamp>,
    pub error_message: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LinkedAccount {
    pub id: LinkedAccountId,
    /// `shopify`.
    pub provider: String,
    /// `fruits.myshopify.com`.
    pub shop_domain: String,
    pub status: Status,
    pub scopes: Vec<String>,
    /// Once the shop has been asked.
    pub shop: Option<Shop>,
    pub sync: Sync,
    pub created_at: Timestamp,
}

#[derive(Debug)]
pub struct New<'a> {
    pub id: LinkedAccountId,
    pub shop_domain: &'a str,
    pub access_token: &'a Secret,
    pub scopes: &'a [String],
    pub now: Timestamp,
}

/// Links a store, or links it again with a new token. The answer is the account's id: an earlier one where the tenant
/// had linked this store before.
///
/// # Errors
/// When the token cannot be sealed or the database cannot answer.
pub async fn link(tx: &mut TenantTx, new: New<'_>) -> Result<LinkedAccountId, Error> {
    let _ = (tx, new);
    todo!()
}

/// All of the tenant's, oldest first.
///
/// # Errors
/// When the database cannot answer.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<LinkedAccount>, Error> {
    let _ = tx;
    todo!()
}

/// # Errors
/// When the database cannot answer.
pub async fn load(tx: &mut TenantTx, id: LinkedAccountId) -> Result<Option<LinkedAccount>, Error> {
    Ok(load_many(tx, &[id]).await?.pop())
}

/// Those of the ids that are the tenant's, in no order.
///
/// # Errors
/// When the database cannot answer.
pub async fn load_many(tx: &mut TenantTx, ids: &[LinkedAccountId]) -> Result<Vec<LinkedAccount>, Error> {
    let _ = (tx, ids);
    todo!()
}

/// The token to call the shop with.
///
/// # Errors
/// [`Error::NotFound`] when there is no such account or it has no token; [`Error::Vault`] when the sealed value was not
/// sealed for exactly this row.
pub async fn access_token(tx: &mut TenantTx, id: LinkedAccountId) -> Result<Secret, Error> {
    let _ = (tx, id);
    todo!()
}

/// Records what the shop said of itself.
///
/// # Errors
/// [`Error::NotFound`] when there is no such account.
pub async fn set_shop(
    tx: &mut TenantTx,
    id: LinkedAccountId,
    shop: &Shop,
    now: Timestamp,
) -> Result<(), Error> {
    let _ = (tx, id, shop, now);
    todo!()
}
