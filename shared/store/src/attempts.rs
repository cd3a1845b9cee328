//! What is counted against those who guess: failed log-ins, confirmations and registrations, over a window that slides.
//! All processes count together. Who is counted is a keyed digest and nobody's tenant: an address that tries belongs to
//! nobody yet, so only the system role counts.

use domain::digest::Digest;
use domain::limits::{ATTEMPTS_FORGOTTEN_AT_ONCE, ATTEMPTS_WINDOW_SECONDS};
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::SystemTx;
use crate::error::Error;
use crate::session::Param;
use crate::sql::Sql;
use crate::values::get;

/// `with` part: the counters that a statement is about. Parameters: kinds, subjects, bounds.
macro_rules! asked {
    ($kinds:literal, $subjects:literal, $bounds:literal) => {
        concat!(
            "asked as (
  select * from unnest(",
            $kinds,
            "::text[], ",
            $subjects,
            "::bytea[], ",
            $bounds,
            "::integer[]) as a (kind, subject, bound)
)"
        )
    };
}
pub(crate) use asked;

/// An expression: when there is room again, where the bound is reached; null otherwise. Over `asked` and the relation
/// `t` of counters. As many attempts as the bound allows are in the window where the last so many of them are.
macro_rules! room_at {
    ($now:literal, $since:literal) => {
        concat!(
            "(select max(t.times[cardinality(t.times) - asked.bound + 1]) + (",
            $now,
            "::timestamptz - ",
            $since,
            "::timestamptz)
  from asked join t using (kind, subject)
  where t.times[cardinality(t.times) - asked.bound + 1] > ",
            $since,
            ")"
        )
    };
}
pub(crate) use room_at;

/// Adds one attempt to each counter that has room. Where one has none, says when it will; two that come at once are
/// counted one after the other. Always in the order of kinds, so that no two wait for each other.
const COUNT: Sql = Sql::new(concat!(
    "-- attempts.count
with ",
    asked!("$1", "$2", "$3"),
    ", counted as (
  insert into app.attempts as t (kind, subject, times, forget_at)
  select kind, subject, array[$4::timestamptz], $6::timestamptz from asked order by kind
  on conflict (kind, subject) do update set
    again_at = (
      select t.times[cardinality(t.times) - bound + 1] + ($4::timestamptz - $5::timestamptz) from asked
      where asked.kind = t.kind and t.times[cardinality(t.times) - bound + 1] > $5
    ),
    times = case
      when exists (
        select from asked where asked.kind = t.kind and t.times[cardinality(t.times) - bound + 1] > $5
      ) then t.times
      else array(select at from unnest(t.times) as at where at > $5) || $4::timestamptz
    end,
    forget_at = greatest(t.forget_at, excluded.forget_at)
  returning t.again_at
), forgotten as (
  delete from app.attempts where (kind, subject) in (
    select kind, subject from app.attempts
    where forget_at <= $4 and (kind, subject) not in (select kind, subject from asked)
    order by forget_at limit $7 for update skip locked
  )
)
select max(again_at) as again_at from counted"
));

/// As they are, without counting anything.
const LOOK: Sql = Sql::new(concat!(
    "-- attempts.look
with ",
    asked!("$1", "$2", "$3"),
    ", t as (
  select kind, subject, times from app.attempts where (kind, subject) in (select kind, subject from asked)
)
select ",
    room_at!("$4", "$5"),
    " as again_at"
));

pub(crate) const STATEMENTS: &[Sql] = &[COUNT, LOOK];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Failed log-ins to one account, whether it exists or not.
    Account,
    /// Failed log-ins from one address.
    Address,
    /// Wrong passwords that somebody gave who was logged in already.
    Confirmation,
    /// Registrations from one address, whether they succeeded or not.
    Registration,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
            Self::Confirmation => "confirmation",
            Self::Registration => "registration",
        }
    }
}

/// How often one subject may do something within [`ATTEMPTS_WINDOW_SECONDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    pub kind: Kind,
    /// Of `auth::subject`.
    pub subject: Digest,
    pub bound: u32,
}

/// Counts an attempt. Where a bound is reached it is not counted there, and the time is told from which it will be.
///
/// # Errors
/// When the database cannot answer.
pub async fn count(
    tx: &mut SystemTx,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let mut params = params(counters, now);
    params.push(Box::new(now.checked_add(WINDOW).unwrap_or(Timestamp::MAX)));
    params.push(Box::new(ATTEMPTS_FORGOTTEN_AT_ONCE));
    again_at(&tx.session.query_one(COUNT, &as_sql(&params)).await?)
}

/// When there is room again, where a bound is reached.
///
/// # Errors
/// When the database cannot answer.
pub async fn look(
    tx: &mut SystemTx,
    counters: &[Counter],
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    again_at(&tx.session.query_one(LOOK, &as_sql(&params(counters, now))).await?)
}

const WINDOW: SignedDuration = SignedDuration::from_secs(ATTEMPTS_WINDOW_SECONDS);

/// The first five parameters of every statement that asks for counters: the three of `asked!`, now, and the window's
/// beginning.
pub(crate) fn params(counters: &[Counter], now: Timestamp) -> Vec<Param> {
    let kinds: Vec<&'static str> = counters.iter().map(|counter| counter.kind.name()).collect();
    let subjects: Vec<Vec<u8>> = counters.iter().map(|counter| counter.subject.as_bytes().to_vec()).collect();
    let bounds: Vec<i32> =
        counters.iter().map(|counter| i32::try_from(counter.bound).unwrap_or(i32::MAX)).collect();
    let since = now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
    vec![Box::new(kinds), Box::new(subjects), Box::new(bounds), Box::new(now), Box::new(since)]
}

pub(crate) fn as_sql(params: &[Param]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() }).collect()
}

pub(crate) fn again_at(row: &Row) -> Result<Option<Timestamp>, Error> {
    get(row, "again_at")
}
