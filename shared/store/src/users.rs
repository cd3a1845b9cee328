//! Users, who are the tenants. Registration and log-in cannot know their tenant yet and go through [`SystemTx`].

use auth::email::Email;
use domain::ids::UserId;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::sessions::{NewSession, refresh_token_end};
use crate::sql::Sql;
use crate::values::get;
use crate::{SystemTx, TenantTx};

/// The user with a first session. No row when the address is taken.
const REGISTER: Sql = Sql::new(
    "-- users.register
with registered as (
  insert into users (id, email, password_hash, created_at, updated_at) values ($1, $2, $3, $4, $4)
  on conflict (email) do nothing
  returning id, created_at
), opened as (
  insert into sessions (user_id, id, created_at) select id, $5, $4 from registered
), issued as (
  insert into refresh_tokens (user_id, digest, session_id, issued_at, expires_at)
  select id, $6, $5, $4, $7 from registered
)
select created_at from registered",
);

const CREDENTIALS: Sql = Sql::new(
    "-- users.credentials
select id, password_hash from users where email = $1",
);

const LOAD: Sql = Sql::new(
    "-- users.load
select id, email, created_at from users where id = app.tenant()",
);

pub(crate) const STATEMENTS: &[Sql] = &[REGISTER, CREDENTIALS, LOAD];

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
    pub session: NewSession,
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
    let (id, email) = (new.id.uuid(), new.email.as_str());
    let (session, token) = (new.session.id.uuid(), new.session.refresh_token);
    let params: [&(dyn ToSql + Sync); 7] = [
        &id,
        &email,
        &new.password_hash,
        &new.now,
        &session,
        &token.as_bytes().as_slice(),
        &refresh_token_end(new.now),
    ];
    let Some(row) = tx.session.query_opt(REGISTER, &params).await? else {
        return Ok(Registered::EmailTaken);
    };
    Ok(Registered::Created(User {
        id: new.id,
        email: email.to_owned(),
        created_at: get(&row, "created_at")?,
    }))
}

/// # Errors
/// When the database cannot answer.
pub async fn credentials(tx: &mut SystemTx, email: &Email) -> Result<Option<Credentials>, Error> {
    let Some(row) = tx.session.query_opt(CREDENTIALS, &[&email.as_str()]).await? else { return Ok(None) };
    let user_id = UserId::from_uuid(get(&row, "id")?);
    Ok(Some(Credentials { user_id, password_hash: get(&row, "password_hash")? }))
}

/// The tenant's own user.
///
/// # Errors
/// [`Error::NotFound`] when the account was removed since the token was issued.
pub async fn load(tx: &mut TenantTx) -> Result<User, Error> {
    let row = tx.session.query_one(LOAD, &[]).await?;
    Ok(User {
        id: UserId::from_uuid(get(&row, "id")?),
        email: get(&row, "email")?,
        created_at: get(&row, "created_at")?,
    })
}
