//! The demonstration merchants: registered once, each with a linked store.

use auth::Tenant;
use auth::email::Email;
use domain::ids::{LinkedAccountId, UserId};
use domain::secret::Secret;
use runtime::app::App;
use store::linked_accounts::{self, New};
use store::users::{self, NewUser, Registered};

use crate::error::Error;
use crate::home::{Home, Merchant};
use crate::stores::StoreFolder;

/// What the simulator lets the merchant's token do.
const SCOPES: [&str; 4] = ["read_customers", "read_inventory", "read_orders", "read_products"];

/// A merchant who is there: registered, with this store linked.
#[derive(Clone)]
pub struct Ready {
    pub merchant: Merchant,
    pub user_id: UserId,
    pub account: LinkedAccountId,
}

/// The merchant of one store; `role` keeps two merchants apart who were given the same folder.
///
/// # Errors
/// [`Error::Io`].
pub fn of(home: &Home, role: &str, store: &StoreFolder) -> Result<Merchant, Error> {
    home.merchant(&format!("{role}:{}", store.fingerprint))
}

/// Registers the merchant and links the store, each unless it is so already.
///
/// # Errors
/// [`Error::Merchant`] or [`Error::Store`].
pub async fn settle(app: &App, merchant: Merchant, domain: &str) -> Result<Ready, Error> {
    let user_id = registered(app, &merchant).await?;
    let tenant = tenant(app, user_id)?;
    let doing = "the demonstration store could not be linked";
    let mut tx = app.store.tenant(&tenant).await.map_err(Error::store(doing))?;
    let known = linked_accounts::list(&mut tx).await.map_err(Error::store(doing))?;
    let account = match known.into_iter().find(|account| account.shop_domain == domain) {
        Some(account) => account.id,
        None => {
            let new = New {
                id: LinkedAccountId::new(),
                shop_domain: domain,
                access_token: &Secret::new(merchant.shopify_token.clone()),
                scopes: &SCOPES.map(str::to_owned),
                now: app.clock.now(),
            };
            linked_accounts::link(&mut tx, new).await.map_err(Error::store(doing))?
        }
    };
    tx.commit().await.map_err(Error::store(doing))?;
    Ok(Ready { merchant, user_id, account })
}

/// The merchant as a tenant, by the door everybody takes: a token.
///
/// # Errors
/// [`Error::Merchant`].
pub fn tenant(app: &App, user_id: UserId) -> Result<Tenant, Error> {
    let now = app.clock.now();
    let failed = |error: auth::token::Error| Error::Merchant(error.to_string());
    let (token, _) = auth::token::issue(&app.keys, user_id, now).map_err(failed)?;
    auth::from_token(&app.keys, token.expose(), now).map_err(failed)
}

async fn registered(app: &App, merchant: &Merchant) -> Result<UserId, Error> {
    let doing = "the demonstration merchant could not be registered";
    let email = Email::parse(&merchant.email)
        .ok_or_else(|| Error::Merchant(format!("{} is no address", merchant.email)))?;
    let mut tx = app.store.system().await.map_err(Error::store(doing))?;
    if let Some(known) = users::credentials(&mut tx, &email).await.map_err(Error::store(doing))? {
        return Ok(known.user_id);
    }
    // The hash takes a while, and no transaction waits for it.
    drop(tx);
    let hashed = app.hasher.hash(&merchant.password()).await;
    let password_hash = hashed.map_err(|error| Error::Merchant(error.to_string()))?;
    let mut tx = app.store.system().await.map_err(Error::store(doing))?;
    let new =
        NewUser { id: UserId::new(), email: &email, password_hash: &password_hash, now: app.clock.now() };
    let registered = users::register(&mut tx, new).await.map_err(Error::store(doing))?;
    tx.commit().await.map_err(Error::store(doing))?;
    match registered {
        Registered::Created(user) => Ok(user.id),
        Registered::EmailTaken => Err(Error::Merchant(format!("{} is taken", merchant.email))),
    }
}
