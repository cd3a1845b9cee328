//! The demonstration merchants: registered once, each with a linked store.

use auth::Tenant;
use auth::email::Email;
use domain::digest::Digest;
use domain::ids::{LinkedAccountId, SessionId, UserId};
use domain::secret::Secret;
use runtime::app::App;
use store::linked_accounts::{self, New};
use store::sessions::{self, NewSession, Opened, Proven};
use store::users::{self, Credentials, Known, NewUser, Registered};

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
    let tenant = tenant(app, &merchant.email, user_id).await?;
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

/// The merchant as a tenant, by the door everybody takes: a token, of a session opened for it.
///
/// # Errors
/// [`Error::Merchant`] or [`Error::Store`].
pub async fn tenant(app: &App, merchant: &str, user_id: UserId) -> Result<Tenant, Error> {
    let (doing, now) = ("no session could be opened for the demonstration merchant", app.clock.now());
    let gone = || Error::Merchant(format!("{merchant} is not registered"));
    let email = address(merchant)?;
    let (session, refresh_token) = session(user_id)?;
    let mut tx = app.store.system().await.map_err(Error::store(doing))?;
    let known = users::credentials(&mut tx, Some(&email), &[], now).await.map_err(Error::store(doing))?;
    let Known::User(Credentials { password_hash, .. }) = known else { return Err(gone()) };
    let proven = Proven { user: user_id, password_hash: &password_hash };
    let new = NewSession { id: session, refresh_token };
    let opened = sessions::open(&mut tx, proven, new, &[], now).await.map_err(Error::store(doing))?;
    tx.commit().await.map_err(Error::store(doing))?;
    match opened {
        Opened::For(_) => {}
        Opened::Stale | Opened::Held { .. } => return Err(gone()),
    }
    let failed = |error: auth::token::Error| Error::Merchant(error.to_string());
    let (token, _) = auth::token::issue(&app.keys, user_id, session, now).map_err(failed)?;
    auth::from_token(&app.keys, token.expose(), now).map_err(failed)
}

/// A session whose refresh token nobody gets to see.
fn session(user_id: UserId) -> Result<(SessionId, Digest), Error> {
    let session = SessionId::new();
    let issued = auth::refresh::issue(user_id, session);
    Ok((session, issued.map_err(|error| Error::Merchant(error.to_string()))?.digest))
}

fn address(merchant: &str) -> Result<Email, Error> {
    Email::parse(merchant).ok_or_else(|| Error::Merchant(format!("{merchant} is no address")))
}

async fn registered(app: &App, merchant: &Merchant) -> Result<UserId, Error> {
    let doing = "the demonstration merchant could not be registered";
    let email = address(&merchant.email)?;
    let mut tx = app.store.system().await.map_err(Error::store(doing))?;
    let known = users::credentials(&mut tx, Some(&email), &[], app.clock.now()).await;
    if let Known::User(known) = known.map_err(Error::store(doing))? {
        return Ok(known.user_id);
    }
    // The hash takes a while, and no transaction waits for it.
    drop(tx);
    let hashed = app.hasher.hash(&merchant.password()).await;
    let password_hash = hashed.map_err(|error| Error::Merchant(error.to_string()))?;
    let mut tx = app.store.system().await.map_err(Error::store(doing))?;
    let id = UserId::new();
    let (session, refresh_token) = session(id)?;
    let session = NewSession { id: session, refresh_token };
    let new = NewUser { id, email: &email, password_hash: &password_hash, session, now: app.clock.now() };
    let registered = users::register(&mut tx, new).await.map_err(Error::store(doing))?;
    tx.commit().await.map_err(Error::store(doing))?;
    match registered {
        Registered::Created(user) => Ok(user.id),
        Registered::EmailTaken => Err(Error::Merchant(format!("{} is taken", merchant.email))),
    }
}
