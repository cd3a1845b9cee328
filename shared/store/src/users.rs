//! Users, who are the tenants. Registration and log-in cannot know their tenant yet and go through [`SystemTx`].

use auth::email::Email;
use domain::ids::UserId;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::attempts::{self, Counter, asked, room_at};
use crate::error::Error;
use crate::outbox::{self, NewMessage, insert_messages};
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

/// One row, whoever is asked for: what is counted is told of an address that is nobody's, too.
const CREDENTIALS: Sql = Sql::new(concat!(
    "-- users.credentials
with ",
    asked!("$1", "$2", "$3"),
    ", t as (
  select kind, subject, times from app.attempts where (kind, subject) in (select kind, subject from asked)
)
select u.id, u.password_hash, ",
    room_at!("$4", "$5"),
    " as again_at
from (select) as one left join users u on u.email = $6"
));

const CREDENTIALS_OF: Sql = Sql::new(concat!(
    "-- users.credentials_of
with ",
    asked!("$1", "$2", "$3"),
    ", t as (
  select kind, subject, times from app.attempts where (kind, subject) in (select kind, subject from asked)
)
select u.id, u.password_hash, ",
    room_at!("$4", "$5"),
    " as again_at
from (select) as one left join users u on u.id = $6"
));

/// Keeps everybody else from opening a session for the user or changing them, until this transaction ends.
const HOLD: Sql = Sql::new(
    "-- users.hold
select from users where id = app.tenant() for update",
);

/// Ends every session and opens a new one. The user is held, so that no other is opened meanwhile.
const CHANGE_PASSWORD: Sql = Sql::new(concat!(
    "-- users.change_password
with cause as (
  update users set password_hash = $8, updated_at = $7 where id = app.tenant() returning id, email, created_at
), ended as (
  update sessions set ended_at = $7, end_reason = 'password_changed' where ended_at is null
), opened as (
  insert into sessions (id, created_at) select $9, $7 from cause
), issued as (
  insert into refresh_tokens (digest, session_id, issued_at, expires_at) select $10, $9, $7, $11 from cause
), sent as (
  ",
    insert_messages!("$1", "$2", "$3", "$4", "$5", "$6", "$7"),
    "
)
select id, email, created_at from cause"
));

/// Everything that is the user's goes with them.
const REMOVE: Sql = Sql::new(
    "-- users.remove
delete from users where id = app.tenant()",
);

const LOAD: Sql = Sql::new(
    "-- users.load
select id, email, created_at from users where id = app.tenant()",
);

pub(crate) const STATEMENTS: &[Sql] =
    &[REGISTER, CREDENTIALS, CREDENTIALS_OF, HOLD, CHANGE_PASSWORD, REMOVE, LOAD];

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
pub enum Known {
    /// There were too many attempts: nobody may try before this time, whoever they are.
    Held {
        again_at: Timestamp,
    },
    Nobody,
    User(Credentials),
}

/// A user and the hash of their password.
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

/// What is known of an e-mail address; what cannot be one is nobody's.
///
/// # Errors
/// When the database cannot answer.
pub async fn credentials(
    tx: &mut SystemTx,
    email: Option<&Email>,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Known, Error> {
    let mut params = attempts::params(counters, now);
    params.push(Box::new(email.map(|email| email.as_str().to_owned())));
    known(&tx.session.query_one(CREDENTIALS, &attempts::as_sql(&params)).await?)
}

/// The same of a user.
///
/// # Errors
/// When the database cannot answer.
pub async fn credentials_of(
    tx: &mut SystemTx,
    user: UserId,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Known, Error> {
    let mut params = attempts::params(counters, now);
    params.push(Box::new(user.uuid()));
    known(&tx.session.query_one(CREDENTIALS_OF, &attempts::as_sql(&params)).await?)
}

fn known(row: &Row) -> Result<Known, Error> {
    if let Some(again_at) = attempts::again_at(row)? {
        return Ok(Known::Held { again_at });
    }
    let Some(id) = get::<Option<Uuid>>(row, "id")? else { return Ok(Known::Nobody) };
    let password_hash = get(row, "password_hash")?;
    Ok(Known::User(Credentials { user_id: UserId::from_uuid(id), password_hash }))
}

/// A new password, and the session that goes on with it.
#[derive(Debug)]
pub struct NewPassword<'a> {
    /// A PHC text of `auth::password`.
    pub hash: &'a str,
    pub session: NewSession,
    /// Says of each session that lived that it has ended.
    pub messages: Vec<NewMessage>,
    pub now: Timestamp,
}

/// Changes the password and ends all sessions but the new one. The transaction has begun with [`sessions::hold_all`],
/// which says which sessions those are.
///
/// [`sessions::hold_all`]: crate::sessions::hold_all
///
/// # Errors
/// When the database cannot answer.
pub async fn change_password(tx: &mut TenantTx, new: NewPassword<'_>) -> Result<User, Error> {
    let mut params = outbox::params(tx, new.messages, new.now);
    params.push(Box::new(new.hash.to_owned()));
    params.push(Box::new(new.session.id.uuid()));
    params.push(Box::new(new.session.refresh_token.as_bytes().to_vec()));
    params.push(Box::new(refresh_token_end(new.now)));
    user(&tx.session.query_one(CHANGE_PASSWORD, &attempts::as_sql(&params)).await?)
}

/// Has the tenant's own user held until the transaction ends. It travels with the next statement.
///
/// # Errors
/// When an earlier statement failed.
pub(crate) async fn hold(tx: &mut TenantTx) -> Result<(), Error> {
    tx.session.ahead(HOLD, Vec::new()).await
}

/// Removes the tenant's own user and everything that is theirs. Says whether they were still there.
///
/// # Errors
/// When the database cannot answer.
pub async fn remove(tx: &mut TenantTx) -> Result<bool, Error> {
    Ok(tx.session.execute(REMOVE, &[]).await? > 0)
}

/// The tenant's own user.
///
/// # Errors
/// [`Error::NotFound`] when the account was removed since the token was issued.
pub async fn load(tx: &mut TenantTx) -> Result<User, Error> {
    user(&tx.session.query_one(LOAD, &[]).await?)
}

pub(crate) fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: UserId::from_uuid(get(row, "id")?),
        email: get(row, "email")?,
        created_at: get(row, "created_at")?,
    })
}
