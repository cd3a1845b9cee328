//! Messages written in the transaction that made their reason. A row is delivered at least once, stays invisible for a
//! while when it was, and is dead after too many deliveries.

use domain::ids::MessageId;
use domain::limits::MESSAGE_VISIBILITY_SECONDS;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::error::Error;
use crate::session::Param;
use crate::sql::Sql;
use crate::values::get;
use crate::{SystemTx, TenantTx};

/// Inserts messages in a statement that has their reason in the relation `cause` (one row, or none and nothing
/// happens), as parameters: ids, queues, bodies, times, then this instance, the end of its lease, and now. What is due
/// goes out leased to this instance, which hands it over itself; the rest waits for whoever leases it.
macro_rules! insert_messages {
    ($ids:literal, $queues:literal, $bodies:literal, $times:literal, $instance:literal, $until:literal, $now:literal) => {
        concat!(
            "insert into outbox (id, queue, body, available_at, lease_owner, leased_until, receives, created_at)
  select m.id, m.queue, m.body, m.available_at,
    case when m.available_at <= ", $now, " then ", $instance, "::uuid end,
    case when m.available_at <= ", $now, " then ", $until, "::timestamptz end,
    case when m.available_at <= ", $now, " then 1 else 0 end,
    ", $now, "
  from cause, unnest(", $ids, "::uuid[], ", $queues, "::text[], ", $bodies, "::text[], ", $times, "::timestamptz[])
    as m (id, queue, body, available_at)"
        )
    };
}
pub(crate) use insert_messages;

/// Oldest first; what another relay holds is passed by.
const LEASE_DUE: Sql = Sql::new(
    "-- outbox.lease_due
with due as (
  select o.user_id, o.id from outbox o
  where o.dead_at is null and o.available_at <= $1 and (o.leased_until is null or o.leased_until <= $1)
  order by o.available_at, o.id
  limit $2
  for update skip locked
)
update outbox o set lease_owner = $3, leased_until = $4, receives = o.receives + 1
from due where o.user_id = due.user_id and o.id = due.id
returning o.id, o.queue, o.body, o.available_at, o.receives",
);

const ACKNOWLEDGE: Sql = Sql::new(
    "-- outbox.acknowledge
delete from outbox where id = any($1)",
);

const FAIL: Sql = Sql::new(
    "-- outbox.fail
update outbox set lease_owner = null, leased_until = null, last_error = $2,
  available_at = coalesce($3, available_at),
  dead_at = case when $3::timestamptz is null then $4::timestamptz end,
  dead_reason = case when $3::timestamptz is null then $2 end
where id = $1 and dead_at is null",
);

const NEXT_DUE: Sql = Sql::new(
    "-- outbox.next_due
select min(greatest(available_at, coalesce(leased_until, available_at))) as due from outbox where dead_at is null",
);

const TAKE_BACK: Sql = Sql::new(
    "-- outbox.take_back
update outbox set lease_owner = null, leased_until = null where lease_owner <> $1 and dead_at is null",
);

pub(crate) const STATEMENTS: &[Sql] = &[LEASE_DUE, ACKNOWLEDGE, FAIL, NEXT_DUE, TAKE_BACK];

/// The queue of what clients that wait are to be told.
pub const UPDATES: &str = "updates";

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    pub id: MessageId,
    /// `orchestrator`, `updates`, or a department's name.
    pub queue: &'static str,
    /// A sealed envelope.
    pub body: String,
    /// Not delivered before.
    pub available_at: Timestamp,
}

/// A message to be delivered now (`available_at` has come) or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub id: MessageId,
    pub queue: String,
    pub body: String,
    pub available_at: Timestamp,
    /// Deliveries begun, this one included; 0 for a message whose time has not come.
    pub receives: i32,
}

/// What becomes of a message whose delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    RetryAt(Timestamp),
    /// No more deliveries; the row stays, with its reason.
    Dead,
}

/// Leases due messages to this instance for [`MESSAGE_VISIBILITY_SECONDS`], oldest first.
///
/// # Errors
/// When the database cannot answer.
pub async fn lease_due(
    tx: &mut SystemTx,
    instance: Uuid,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Error> {
    let rows = tx.session.query(LEASE_DUE, &[&now, &limit, &instance, &lease_end(now)]).await?;
    let mut leased = rows.iter().map(outgoing).collect::<Result<Vec<_>, _>>()?;
    leased.sort_by_key(|message| (message.available_at, message.id));
    Ok(leased)
}

/// Removes delivered messages; those already gone are no error. Says how many went.
///
/// # Errors
/// When the database cannot answer.
pub async fn acknowledge(tx: &mut SystemTx, ids: &[MessageId]) -> Result<u64, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    tx.session.execute(ACKNOWLEDGE, &[&ids]).await
}

/// Records a failed delivery and ends the lease. A message that is gone or dead stays as it is.
///
/// # Errors
/// When the database cannot answer.
pub async fn fail(
    tx: &mut SystemTx,
    id: MessageId,
    reason: &str,
    next: Next,
    now: Timestamp,
) -> Result<(), Error> {
    let retry_at = match next {
        Next::RetryAt(at) => Some(at),
        Next::Dead => None,
    };
    tx.session.execute(FAIL, &[&id.uuid(), &reason, &retry_at, &now]).await.map(|_| ())
}

/// When the next message comes due (its time, or the end of somebody's lease); `None` when none waits.
///
/// # Errors
/// When the database cannot answer.
pub async fn next_due(tx: &mut SystemTx) -> Result<Option<Timestamp>, Error> {
    get(&tx.session.query_one(NEXT_DUE, &[]).await?, "due")
}

/// Ends the leases of all other instances: for the boot of the only process on this database. Says how many.
///
/// # Errors
/// When the database cannot answer.
pub async fn take_back(tx: &mut SystemTx, instance: Uuid) -> Result<u64, Error> {
    tx.session.execute(TAKE_BACK, &[&instance]).await
}

/// The seven parameters of `insert_messages!`. The messages count as sent once the transaction commits.
pub(crate) fn params(tx: &mut TenantTx, messages: Vec<NewMessage>, now: Timestamp) -> Vec<Param> {
    let ids: Vec<Uuid> = messages.iter().map(|message| message.id.uuid()).collect();
    let queues: Vec<&'static str> = messages.iter().map(|message| message.queue).collect();
    let bodies: Vec<String> = messages.iter().map(|message| message.body.clone()).collect();
    let times: Vec<Timestamp> = messages.iter().map(|message| message.available_at).collect();
    tx.sent.extend(messages.into_iter().map(|message| Outgoing {
        id: message.id,
        queue: message.queue.to_owned(),
        body: message.body,
        available_at: message.available_at,
        receives: i32::from(message.available_at <= now),
    }));
    vec![
        Box::new(ids),
        Box::new(queues),
        Box::new(bodies),
        Box::new(times),
        Box::new(tx.instance),
        Box::new(lease_end(now)),
        Box::new(now),
    ]
}

/// The calendar ends long after any lease.
pub(crate) fn lease_end(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(MESSAGE_VISIBILITY_SECONDS)).unwrap_or(Timestamp::MAX)
}

fn outgoing(row: &Row) -> Result<Outgoing, Error> {
    Ok(Outgoing {
        id: MessageId::from_uuid(get(row, "id")?),
        queue: get(row, "queue")?,
        body: get(row, "body")?,
        available_at: get(row, "available_at")?,
        receives: get(row, "receives")?,
    })
}
