//! Who is told of a request's changes, and what they have seen. One sender at a time works on a subscription, under a
//! lease, so that versions go out in order whatever order their messages come in; nothing is open while it sends.
//!
//! Nothing is lost between the present state and the changes: [`subscribe`] holds the request for share while it reads
//! it, and a change holds it from an earlier statement than the one that looks for subscriptions, whose snapshot then
//! shows every one that was there before.

use domain::ids::{AnalysisRequestId, MessageId};
use domain::status::AnalysisRequestStatus;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::TenantTx;
use crate::analysis_requests::{self, AnalysisRequest};
use crate::error::Error;
use crate::outbox::Outgoing;
use crate::session::Param;
use crate::sql::Sql;
use crate::values::get;

/// How long a sender has before another one goes on for it.
const SENDER_SECONDS: i64 = 30;

/// `with` part `told`: the message that the change `cause` (one row, with the request's `id`) is to be told of, written
/// only where somebody is subscribed. The statement must be the second one on the request's row: the first locks it,
/// as [`HOLD`] or `turns::load` does. Parameters: the message's id and body; this instance, its lease's end, and now,
/// as `insert_messages!` has them.
macro_rules! told {
    ($id:literal, $body:literal, $instance:literal, $until:literal, $now:literal) => {
        concat!(
            "told as (
  insert into outbox (id, queue, body, available_at, lease_owner, leased_until, receives, created_at)
  select ",
            $id,
            "::uuid, 'updates', ",
            $body,
            ", ",
            $now,
            ", ",
            $instance,
            ", ",
            $until,
            ", 1, ",
            $now,
            "
  from cause where exists (select from subscriptions s where s.request_id = cause.id)
  returning id
)"
        )
    };
}
pub(crate) use told;

/// Locks a request for a change, ahead of the statement that makes it.
const HOLD: Sql = Sql::new(
    "-- subscriptions.hold
select from analysis_requests where id = $1 for no key update",
);

/// Leased to its maker, who is about to send the present state; so far nothing of it has been sent. What has ended
/// changes no more and needs no row.
const SUBSCRIBE: Sql = Sql::new(concat!(
    "-- subscriptions.subscribe
with r as (
  select * from analysis_requests where id = $1 for share
), added as (
  insert into subscriptions (request_id, id, socket_id, operation_id, document, operation_name, variables,
    sent_version, sender, sender_until, expires_at, created_at)
  select id, $2, $3, $4, $5, $6, $7, version - 1, $2, $8, $9, $10 from r
  where status not in ('completed', 'failed', 'cancelled')
)
select ",
    analysis_requests::columns!(),
    " from r"
));

const UNSUBSCRIBE: Sql = Sql::new(
    "-- subscriptions.unsubscribe
delete from subscriptions where socket_id = $1 and operation_id = $2",
);

/// Senders look at a request's subscriptions one after the other, and by statements that come after this one: whoever is
/// letting go sees the change, or whoever brings the change sees that it was let go.
const TAKE_TURN: Sql = Sql::new(
    "-- subscriptions.take_turn
select from subscriptions where request_id = $1 order by id for update",
);

/// Takes those that are behind and whose token has not ended, unless somebody else is sending to them.
const CLAIM: Sql = Sql::new(
    "-- subscriptions.claim
update subscriptions s set sender = $2, sender_until = $3
from analysis_requests r
where s.request_id = $1 and r.id = $1 and s.sent_version < r.version and s.expires_at > $4
  and (s.sender is null or s.sender = $2 or s.sender_until <= $4)
returning s.id, s.socket_id, s.operation_id, s.document, s.operation_name, s.variables, s.sent_version",
);

/// The request as it is, and what the versions since made of it.
const CHANGES: Sql = Sql::new(concat!(
    "-- subscriptions.changes
select c.versions, c.statuses, c.progresses, c.times, ",
    analysis_requests::columns!(),
    "
from analysis_requests r
left join lateral (
  select array_agg(e.version order by e.version) as versions, array_agg(e.status order by e.version) as statuses,
    array_agg(e.progress order by e.version) as progresses, array_agg(e.created_at order by e.version) as times
  from analysis_events e
  where e.request_id = r.id and e.ordinal = 1 and e.version > $2 and e.version < r.version
    and e.status is not null and e.progress is not null
) c on true
where r.id = $1"
));

const ADVANCE: Sql = Sql::new(
    "-- subscriptions.advance
update subscriptions s set sent_version = greatest(s.sent_version, n.version), sender = null, sender_until = null
from unnest($2::uuid[], $3::integer[]) as n (id, version)
where s.request_id = $1 and s.id = n.id and s.sender = $4",
);

const END: Sql = Sql::new(
    "-- subscriptions.end
delete from subscriptions where request_id = $1 and id = any($2)",
);

pub(crate) const STATEMENTS: &[Sql] =
    &[HOLD, SUBSCRIBE, UNSUBSCRIBE, TAKE_TURN, CLAIM, CHANGES, ADVANCE, END];

/// A change that subscribers, where there are any, are to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub id: MessageId,
    /// The sealed `Changed`, for the queue [`UPDATES`](crate::outbox::UPDATES).
    pub body: String,
}

/// What a client asks to be told.
#[derive(Clone, Copy, Debug)]
pub struct Subscribe<'a> {
    pub request: AnalysisRequestId,
    /// Its own; it also names the first sender.
    pub id: Uuid,
    pub socket: &'a str,
    pub operation: &'a str,
    pub document: &'a str,
    pub operation_name: Option<&'a str>,
    pub variables: &'a Value,
    /// When the token ends that it is asked for with.
    pub until: Timestamp,
    pub now: Timestamp,
}

/// A subscription that is behind, and now the caller's to send to.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    pub id: Uuid,
    pub socket: String,
    pub operation: String,
    pub document: String,
    pub operation_name: Option<String>,
    pub variables: Value,
    pub sent_version: i32,
}

/// What one version made of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Version {
    pub version: i32,
    pub status: AnalysisRequestStatus,
    pub progress: f64,
    pub at: Timestamp,
}

/// How far a subscription was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    pub id: Uuid,
    pub version: i32,
}

/// Locks the request for a change; the statement that makes it comes next and is told with [`told!`].
///
/// # Errors
/// When an earlier statement failed.
pub async fn hold(tx: &mut TenantTx, request: AnalysisRequestId) -> Result<(), Error> {
    tx.session.ahead(HOLD, vec![Box::new(request.uuid())]).await
}

/// The request as it is now, and from now on the subscription; `None` where it is not there or not the tenant's.
///
/// # Errors
/// When the database cannot answer, or the request is being changed for longer than a lock is waited for.
pub async fn subscribe(
    tx: &mut TenantTx,
    subscribe: Subscribe<'_>,
) -> Result<Option<AnalysisRequest>, Error> {
    let until = sender_end(subscribe.now);
    let row = tx
        .session
        .query_opt(
            SUBSCRIBE,
            &[
                &subscribe.request.uuid(),
                &subscribe.id,
                &subscribe.socket,
                &subscribe.operation,
                &subscribe.document,
                &subscribe.operation_name,
                &subscribe.variables,
                &until,
                &subscribe.until,
                &subscribe.now,
            ],
        )
        .await?;
    row.as_ref().map(analysis_requests::request).transpose()
}

/// Ends what the client has ended. Says how many there were.
///
/// # Errors
/// When the database cannot answer.
pub async fn unsubscribe(tx: &mut TenantTx, socket: &str, operation: &str) -> Result<u64, Error> {
    tx.session.execute(UNSUBSCRIBE, &[&socket, &operation]).await
}

/// Keeps other senders away from the request's subscriptions until the transaction ends: before [`claim`], and before
/// [`advance`] and [`end`] where they come before it. The statement travels with the next one.
///
/// # Errors
/// When an earlier statement failed.
pub async fn take_turn(tx: &mut TenantTx, request: AnalysisRequestId) -> Result<(), Error> {
    tx.session.ahead(TAKE_TURN, vec![Box::new(request.uuid())]).await
}

/// Takes the request's subscriptions that are behind and that nobody else is sending to.
///
/// # Errors
/// When the database cannot answer.
pub async fn claim(
    tx: &mut TenantTx,
    request: AnalysisRequestId,
    sender: Uuid,
    now: Timestamp,
) -> Result<Vec<Claimed>, Error> {
    let rows = tx.session.query(CLAIM, &[&request.uuid(), &sender, &sender_end(now), &now]).await?;
    rows.iter().map(claimed).collect()
}

/// The request as it is, and the versions after `since` that led there, without the present one.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn changes(
    tx: &mut TenantTx,
    request: AnalysisRequestId,
    since: i32,
) -> Result<Option<(AnalysisRequest, Vec<Version>)>, Error> {
    let Some(row) = tx.session.query_opt(CHANGES, &[&request.uuid(), &since]).await? else {
        return Ok(None);
    };
    Ok(Some((analysis_requests::request(&row)?, versions(&row)?)))
}

/// Notes what was sent and lets go. The statement travels with the next one.
///
/// # Errors
/// When an earlier statement failed.
pub async fn advance(
    tx: &mut TenantTx,
    request: AnalysisRequestId,
    sender: Uuid,
    served: &[Served],
) -> Result<(), Error> {
    let ids: Vec<Uuid> = served.iter().map(|served| served.id).collect();
    let versions: Vec<i32> = served.iter().map(|served| served.version).collect();
    let params: Vec<Param> =
        vec![Box::new(request.uuid()), Box::new(ids), Box::new(versions), Box::new(sender)];
    tx.session.ahead(ADVANCE, params).await
}

/// Forgets subscriptions that have been told the end. The statement travels with the next one.
///
/// # Errors
/// When an earlier statement failed.
pub async fn end(tx: &mut TenantTx, request: AnalysisRequestId, ids: Vec<Uuid>) -> Result<(), Error> {
    tx.session.ahead(END, vec![Box::new(request.uuid()), Box::new(ids)]).await
}

/// The change's message as a commit hands it on, where [`told!`] wrote it.
pub(crate) fn outgoing(change: Change, now: Timestamp) -> Outgoing {
    let Change { id, body } = change;
    Outgoing { id, queue: crate::outbox::UPDATES.to_owned(), body, available_at: now, receives: 1 }
}

fn claimed(row: &Row) -> Result<Claimed, Error> {
    Ok(Claimed {
        id: get(row, "id")?,
        socket: get(row, "socket_id")?,
        operation: get(row, "operation_id")?,
        document: get(row, "document")?,
        operation_name: get(row, "operation_name")?,
        variables: get(row, "variables")?,
        sent_version: get(row, "sent_version")?,
    })
}

fn versions(row: &Row) -> Result<Vec<Version>, Error> {
    let Some(numbers) = get::<Option<Vec<i32>>>(row, "versions")? else { return Ok(Vec::new()) };
    let statuses: Vec<&str> = get(row, "statuses")?;
    let progresses: Vec<f64> = get(row, "progresses")?;
    let times: Vec<Timestamp> = get(row, "times")?;
    let facts = statuses.into_iter().zip(progresses).zip(times);
    let version = |(version, ((status, progress), at)): (i32, ((&str, f64), Timestamp))| {
        let status = AnalysisRequestStatus::parse(status).ok_or(Error::Unreadable("statuses"))?;
        Ok(Version { version, status, progress, at })
    };
    numbers.into_iter().zip(facts).map(version).collect()
}

/// The calendar ends long after any lease.
fn sender_end(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(SENDER_SECONDS)).unwrap_or(Timestamp::MAX)
}
