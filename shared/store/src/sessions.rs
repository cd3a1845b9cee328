//! Sessions: from a log-in to its end. Whether one lives is asked in front of every transaction that is done in it; what
//! opens one cannot know its tenant yet and goes through [`SystemTx`].

use domain::digest::Digest;
use domain::ids::{SessionId, UserId};
use domain::limits::REFRESH_TOKEN_DAYS;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::sql::Sql;
use crate::users::User;
use crate::values::get;
use crate::{SystemTx, TenantTx};

/// No row where the user is gone or has another password by now. The user's row is locked against both until the
/// session is there, and found by whoever ends all of them.
const OPEN: Sql = Sql::new(
    "-- sessions.open
with owner as (
  select id, email, created_at from users where id = $1 and password_hash = $2 for share
), opened as (
  insert into sessions (user_id, id, created_at) select id, $3, $4 from owner
), issued as (
  insert into refresh_tokens (user_id, digest, session_id, issued_at, expires_at)
  select id, $5, $3, $4, $6 from owner
)
select id, email, created_at from owner",
);

/// Nothing: what travels ahead of it has asked already.
const REQUIRE: Sql = Sql::new(
    "-- sessions.require
select",
);

pub(crate) const STATEMENTS: &[Sql] = &[OPEN, REQUIRE];

/// A session to be opened with its first refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub id: SessionId,
    /// The token's digest; the token itself is nowhere but with its bearer.
    pub refresh_token: Digest,
}

/// When a refresh token of this moment ends.
pub(crate) fn refresh_token_end(now: Timestamp) -> Timestamp {
    // Hours, because a timestamp knows no days.
    now.checked_add(SignedDuration::from_hours(24 * REFRESH_TOKEN_DAYS)).unwrap_or(Timestamp::MAX)
}

/// Opens a session for whoever has proven this password. `None` when the user is gone or the password was changed
/// since it was proven.
///
/// # Errors
/// When the database cannot answer.
pub async fn open(
    tx: &mut SystemTx,
    user: UserId,
    password_hash: &str,
    new: NewSession,
    now: Timestamp,
) -> Result<Option<User>, Error> {
    let params: [&(dyn ToSql + Sync); 6] = [
        &user.uuid(),
        &password_hash,
        &new.id.uuid(),
        &now,
        &new.refresh_token.as_bytes().as_slice(),
        &refresh_token_end(now),
    ];
    let Some(row) = tx.session.query_opt(OPEN, &params).await? else { return Ok(None) };
    Ok(Some(User { id: user, email: get(&row, "email")?, created_at: get(&row, "created_at")? }))
}

/// Fails unless the tenant's session lives. Every statement does so; this is for work that has none.
///
/// # Errors
/// [`Error::SessionEnded`], or when the database cannot answer.
pub async fn require(tx: &mut TenantTx) -> Result<(), Error> {
    tx.session.query(REQUIRE, &[]).await.map(|_| ())
}
