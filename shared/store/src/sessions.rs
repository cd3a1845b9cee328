//! Sessions: from a log-in to its end. Whether one lives is asked in front of every transaction that is done in it; what
//! opens one, or has only a refresh token to show, cannot know its tenant yet and goes through [`SystemTx`].

use auth::refresh::Presented;
use domain::digest::Digest;
use domain::ids::{SessionId, UserId};
use domain::limits::REFRESH_TOKEN_DAYS;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::attempts::{self, Counter, asked, room_at};
use crate::error::Error;
use crate::outbox::{self, NewMessage, insert_messages};
use crate::sql::Sql;
use crate::users::{self, User};
use crate::values::get;
use crate::{SystemTx, TenantTx};

/// Without an owner where the user is gone or has another password by now. The user is held for share until the session
/// is there, so that whoever changes the password or ends all sessions finds it, or comes first. The counters are held,
/// too: who guesses many at once finds them as the guesses before have left them. Sessions that nothing can revive any
/// more are forgotten.
const OPEN: Sql = Sql::new(concat!(
    "-- sessions.open
with ",
    asked!("$1", "$2", "$3"),
    ", t as (
  select kind, subject, times from app.attempts where (kind, subject) in (select kind, subject from asked)
  order by kind for update
), room as (
  select ",
    room_at!("$4", "$5"),
    " as again_at
), owner as (
  select u.id, u.email, u.created_at from users u, room
  where u.id = $6 and u.password_hash = $7 and room.again_at is null
  for share of u
), opened as (
  insert into sessions (user_id, id, created_at) select id, $8, $4 from owner
), issued as (
  insert into refresh_tokens (user_id, digest, session_id, issued_at, expires_at)
  select id, $9, $8, $4, $10 from owner
), forgotten as (
  delete from sessions s using owner where s.user_id = owner.id and s.created_at <= $11 and not exists (
    select from refresh_tokens r where r.user_id = s.user_id and r.session_id = s.id and r.expires_at > $4
  )
)
select room.again_at, owner.id, owner.email, owner.created_at from room left join owner on true"
));

/// Nothing: what travels ahead of it has asked already.
const REQUIRE: Sql = Sql::new(
    "-- sessions.require
select",
);

const LIVE: Sql = Sql::new(
    "-- sessions.live
select id from sessions where ended_at is null order by id",
);

/// The token proves itself: whoever has it need not say who they are.
const PROVE: Sql = Sql::new(
    "-- sessions.prove
select from refresh_tokens where user_id = $1 and digest = $2 and session_id = $3",
);

/// A token is used once. Of two that use it at once one waits for the other, and then finds it used; and whoever uses a
/// used one ends the session, because one of its two bearers has no right to it.
const REFRESH: Sql = Sql::new(concat!(
    "-- sessions.refresh
with found as (
  select session_id, used_at, expires_at from refresh_tokens where digest = $8 for update
), verdict as (
  select session_id, case when used_at is not null then 'reused' when expires_at <= $7 then 'expired' else 'good' end
    as word
  from found
), used as (
  update refresh_tokens r set used_at = $7 from verdict v where r.digest = $8 and v.word = 'good'
), issued as (
  insert into refresh_tokens (digest, session_id, issued_at, expires_at)
  select $9, session_id, $7, $10 from verdict where word = 'good'
), forgotten as (
  delete from refresh_tokens r using verdict v
  where r.session_id = v.session_id and r.expires_at <= $7 and r.digest <> $8 and v.word = 'good'
), cause as (
  update sessions s set ended_at = $7, end_reason = 'token_reused' from verdict v
  where s.id = v.session_id and s.ended_at is null and v.word = 'reused'
  returning s.id
), sent as (
  ",
    insert_messages!("$1", "$2", "$3", "$4", "$5", "$6", "$7"),
    "
)
select v.word, u.id, u.email, u.created_at, exists (select from cause) as ended
from verdict v join users u on u.id = app.tenant()"
));

/// Any token of the session will do, a used one as well: its bearer wants an end.
const LOG_OUT: Sql = Sql::new(concat!(
    "-- sessions.log_out
with found as (
  select session_id from refresh_tokens where digest = $8
), cause as (
  update sessions s set ended_at = $7, end_reason = 'logged_out' from found
  where s.id = found.session_id and s.ended_at is null
  returning s.id
), sent as (
  ",
    insert_messages!("$1", "$2", "$3", "$4", "$5", "$6", "$7"),
    "
)
select exists (select from cause) as ended from found"
));

pub(crate) const STATEMENTS: &[Sql] = &[OPEN, REQUIRE, LIVE, PROVE, REFRESH, LOG_OUT];

/// A session to be opened with its first refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSession {
    pub id: SessionId,
    /// The token's digest; the token itself is nowhere but with its bearer.
    pub refresh_token: Digest,
}

/// Who has proven which password.
#[derive(Clone, Copy, Debug)]
pub struct Proven<'a> {
    pub user: UserId,
    /// The hash that the password fits.
    pub password_hash: &'a str,
}

/// What came of opening a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    For(User),
    /// The user is gone, or the password was changed since it was proven.
    Stale,
    /// There were too many attempts meanwhile.
    Held {
        again_at: Timestamp,
    },
}

/// A refresh token on its way to the next one.
#[derive(Debug)]
pub struct Refresh {
    pub presented: Presented,
    pub next: Digest,
    /// Says that the session has ended; sent where it does, because the token was used before.
    pub message: NewMessage,
    pub now: Timestamp,
}

/// What came of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    For(User),
    /// It was used before, has expired, or is not there: this bearer gets nothing. In the first case the session is over.
    Refused,
}

/// A session's end, asked for by one of its refresh tokens.
#[derive(Debug)]
pub struct LogOut {
    pub presented: Presented,
    /// Says that the session has ended; sent where it does.
    pub message: NewMessage,
    pub now: Timestamp,
}

const HOURS_OF_A_DAY: i64 = 24;
const REFRESH_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(HOURS_OF_A_DAY * REFRESH_TOKEN_DAYS);

/// When a refresh token of this moment ends.
pub(crate) fn refresh_token_end(now: Timestamp) -> Timestamp {
    now.checked_add(REFRESH_TOKEN_LIFE).unwrap_or(Timestamp::MAX)
}

/// Opens a session for whoever has proven a password, unless there were too many attempts meanwhile.
///
/// # Errors
/// When the database cannot answer.
pub async fn open(
    tx: &mut SystemTx,
    proven: Proven<'_>,
    new: NewSession,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Opened, Error> {
    let mut params = attempts::params(counters, now);
    params.push(Box::new(proven.user.uuid()));
    params.push(Box::new(proven.password_hash.to_owned()));
    params.push(Box::new(new.id.uuid()));
    params.push(Box::new(new.refresh_token.as_bytes().to_vec()));
    params.push(Box::new(refresh_token_end(now)));
    // A session whose last token was issued before this moment has none that lives.
    params.push(Box::new(now.checked_sub(REFRESH_TOKEN_LIFE).unwrap_or(Timestamp::MIN)));
    let row = tx.session.query_one(OPEN, &attempts::as_sql(&params)).await?;
    if let Some(again_at) = attempts::again_at(&row)? {
        return Ok(Opened::Held { again_at });
    }
    match get::<Option<Uuid>>(&row, "id")? {
        Some(_) => Ok(Opened::For(users::user(&row)?)),
        None => Ok(Opened::Stale),
    }
}

/// Fails unless the tenant's session lives. Every statement does so; this is for work that has none.
///
/// # Errors
/// [`Error::SessionEnded`], or when the database cannot answer.
pub async fn require(tx: &mut TenantTx) -> Result<(), Error> {
    tx.session.query(REQUIRE, &[]).await.map(|_| ())
}

/// All sessions of the tenant that live. None is opened before the transaction ends.
///
/// # Errors
/// When the database cannot answer.
pub async fn hold_all(tx: &mut TenantTx) -> Result<Vec<SessionId>, Error> {
    users::hold(tx).await?;
    let rows = tx.session.query(LIVE, &[]).await?;
    rows.iter().map(|row| get(row, "id").map(SessionId::from_uuid)).collect()
}

/// Whether this refresh token was issued for this session of this user: then its bearer speaks for them.
///
/// # Errors
/// When the database cannot answer.
pub async fn prove(tx: &mut SystemTx, presented: &Presented) -> Result<bool, Error> {
    let Presented { user_id, session, digest } = presented;
    let digest = digest.as_bytes().as_slice();
    Ok(tx.session.query_opt(PROVE, &[&user_id.uuid(), &digest, &session.uuid()]).await?.is_some())
}

/// Uses a refresh token up and issues the next one.
///
/// # Errors
/// [`Error::SessionEnded`], or when the database cannot answer.
pub async fn refresh(tx: &mut TenantTx, refresh: Refresh) -> Result<Refreshed, Error> {
    let Refresh { presented, next, message, now } = refresh;
    let sent_before = tx.sent.len();
    let mut params = outbox::params(tx, vec![message], now);
    params.push(Box::new(presented.digest.as_bytes().to_vec()));
    params.push(Box::new(next.as_bytes().to_vec()));
    params.push(Box::new(refresh_token_end(now)));
    let row = tx.session.query_opt(REFRESH, &attempts::as_sql(&params)).await?;
    keep_if_ended(tx, sent_before, row.as_ref())?;
    match row {
        Some(row) if get::<&str>(&row, "word")? == "good" => Ok(Refreshed::For(users::user(&row)?)),
        Some(_) | None => Ok(Refreshed::Refused),
    }
}

/// Ends the session that this refresh token is of. Says whether it is one of the tenant's.
///
/// # Errors
/// When the database cannot answer.
pub async fn log_out(tx: &mut TenantTx, log_out: LogOut) -> Result<bool, Error> {
    let LogOut { presented, message, now } = log_out;
    let sent_before = tx.sent.len();
    let mut params = outbox::params(tx, vec![message], now);
    params.push(Box::new(presented.digest.as_bytes().to_vec()));
    let row = tx.session.query_opt(LOG_OUT, &attempts::as_sql(&params)).await?;
    keep_if_ended(tx, sent_before, row.as_ref())?;
    Ok(row.is_some())
}

/// The message goes out where its row was written.
fn keep_if_ended(tx: &mut TenantTx, sent_before: usize, row: Option<&Row>) -> Result<(), Error> {
    let ended = match row {
        Some(row) => get(row, "ended")?,
        None => false,
    };
    if !ended {
        tx.sent.truncate(sent_before);
    }
    Ok(())
}
