//! Users, who are the tenants. Registration and log-in cannot know their tenant yet and go through [`SystemTx`].

use auth::email::Email;
use domain::ids::UserId;
use jiff::Timestamp;

use crate::error::Error;
use crate::{SystemTx, TenantTx};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub created_at: Timestamp,
}

#[derive(Debug)]
pub struct NewUser<'a> {
    pub id: UserId,
    pub email: &'a Email,
    /// A PHC text of `auth::password`.
    pub password_hash: &'a str,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    Created(User),
    EmailTaken,
}

/// What log-in compares.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user_id: UserId,
    pub password_hash: String,
}

/// # Errors
/// When the database cannot answer.
pub async fn register(tx: &mut SystemTx, new: NewUser<'_>) -> Result<Registered, Error> {
    let _ = (tx, new);
    todo!()
}

/// # Errors
/// When the database cannot answer.
pub async fn credentials(tx: &mut SystemTx, email: &Email) -> Result<Option<Credentials>, Error> {
    let _ = (tx, email);
    todo!()
}

/// The tenant's own user.
///
/// # Errors
/// [`Error::NotFound`] when the account was removed since the token was issued.
pub async fn load(tx: &mut TenantTx) -> Result<User, Error> {
    let _ = tx;
    todo!()
}
