//! WebSockets that are open. They are no tenant's, so everything here works as the role that crosses tenants.

use domain::ids::{AnalysisRequestId, UserId};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::Store;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::get;

const CONNECT: Sql = Sql::new(
    "-- sockets.connect
insert into app.sockets (id, state, connected_at, expires_at, touched_at) values ($1, $2, $3, $4, $3)
on conflict (id) do nothing",
);

/// A user's sockets are counted one after the other, and by a statement that comes after this one.
const TAKE_TURN: Sql = Sql::new(
    "-- sockets.take_turn
select pg_advisory_xact_lock(hashtextextended('socket ' || $1::uuid, 0))",
);

const JOIN: Sql = Sql::new(
    "-- sockets.join
insert into app.sockets as s (id, instance, user_id, session_id, connected_at, expires_at, touched_at)
select $1, $2, $3, $4, $6, $5, $6
where (select count(*) from app.sockets o where o.user_id = $3 and o.id <> $1 and o.expires_at > $6) < $7
on conflict (id) do update set user_id = excluded.user_id, session_id = excluded.session_id,
  expires_at = excluded.expires_at
returning s.id",
);

const LOCK: Sql = Sql::new(
    "-- sockets.lock
select state from app.sockets where id = $1 for update",
);

const SAVE: Sql = Sql::new(
    "-- sockets.save
update app.sockets set state = $2, touched_at = $3 where id = $1",
);

const FORGET: Sql = Sql::new(
    "-- sockets.forget
with gone as (delete from subscriptions where socket_id = any($1))
delete from app.sockets where id = any($1)",
);

/// What other processes held, which have ended; what API Gateway holds stays.
const FORGET_OTHERS: Sql = Sql::new(
    "-- sockets.forget_others
with gone as (delete from app.sockets where instance <> $1 returning id)
delete from subscriptions s using gone where s.socket_id = gone.id",
);

const FORGET_OWN: Sql = Sql::new(
    "-- sockets.forget_own
with gone as (delete from app.sockets where instance = $1 returning id)
delete from subscriptions s using gone where s.socket_id = gone.id",
);

const OF_SESSION: Sql = Sql::new(
    "-- sockets.of_session
select id from app.sockets where session_id = $1 order by id",
);

const ENDED: Sql = Sql::new(
    "-- sockets.ended
select id from app.sockets where instance is null and expires_at <= $1 order by expires_at, id limit $2",
);

const IDLE: Sql = Sql::new(
    "-- sockets.idle
update app.sockets set touched_at = $2 where id in (
  select id from app.sockets where instance is null and user_id is not null and touched_at <= $1
  order by touched_at limit $3
) returning id",
);

/// What a sender had taken that came to no end.
const LEFT: Sql = Sql::new(
    "-- sockets.left
select s.request_id, k.state from subscriptions s join app.sockets k on k.id = s.socket_id
where s.sender is not null and s.sender_until <= $1 and k.state is not null
order by s.sender_until limit $2",
);

pub(crate) const STATEMENTS: &[Sql] =
    &[CONNECT, TAKE_TURN, JOIN, LOCK, SAVE, FORGET, FORGET_OTHERS, FORGET_OWN, OF_SESSION, ENDED, IDLE, LEFT];

/// Sockets that one look finds.
const FOUND_MAX: i64 = 500;

/// A socket that says whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Join<'a> {
    pub socket: &'a str,
    /// The process that holds it; `None` where API Gateway does.
    pub instance: Option<Uuid>,
    pub user: UserId,
    pub session: Option<Uuid>,
    pub until: Timestamp,
    /// Sockets that the user may have.
    pub max: i64,
    pub now: Timestamp,
}

/// A subscription whose sender came to no end, and the state of its socket.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub request: AnalysisRequestId,
    pub state: Value,
}

/// Notes a socket that API Gateway holds, until it says whose it is or `until` has come.
///
/// # Errors
/// When the database cannot answer.
pub async fn connect(
    store: &Store,
    socket: &str,
    state: &Value,
    now: Timestamp,
    until: Timestamp,
) -> Result<(), Error> {
    let mut tx = store.system_once().await?;
    tx.session.execute(CONNECT, &[&socket, &state, &now, &until]).await?;
    tx.commit().await
}

/// Counts the socket as the user's; says whether there was room for it.
///
/// # Errors
/// When the database cannot answer.
pub async fn join(store: &Store, join: Join<'_>) -> Result<bool, Error> {
    let mut tx = store.system_once().await?;
    tx.session.ahead(TAKE_TURN, vec![Box::new(join.user.uuid())]).await?;
    let joined = tx
        .session
        .query_opt(
            JOIN,
            &[
                &join.socket,
                &join.instance,
                &join.user.uuid(),
                &join.session,
                &join.until,
                &join.now,
                &join.max,
            ],
        )
        .await?;
    tx.commit().await?;
    Ok(joined.is_some())
}

/// Changes the socket's state by a pure function, one change after the other. `None` where there is no such socket.
///
/// # Errors
/// When the database cannot answer.
pub async fn change<T>(
    store: &Store,
    socket: &str,
    now: Timestamp,
    change: impl FnOnce(Value) -> Result<(Value, T), Error> + Send,
) -> Result<Option<T>, Error> {
    let mut tx = store.system().await?;
    let Some(row) = tx.session.query_opt(LOCK, &[&socket]).await? else { return Ok(None) };
    let (state, out) = change(get(&row, "state")?)?;
    tx.session.ahead(SAVE, vec![Box::new(socket.to_owned()), Box::new(state), Box::new(now)]).await?;
    tx.commit().await?;
    Ok(Some(out))
}

/// Removes sockets and what they were subscribed to; those already gone are no error.
///
/// # Errors
/// When the database cannot answer.
pub async fn forget(store: &Store, sockets: &[String]) -> Result<(), Error> {
    let mut tx = store.system_once().await?;
    tx.session.execute(FORGET, &[&sockets]).await?;
    tx.commit().await
}

/// Removes what processes left behind that have ended: for the boot of the only process on this database.
///
/// # Errors
/// When the database cannot answer.
pub async fn forget_others(store: &Store) -> Result<(), Error> {
    let mut tx = store.system_once().await?;
    tx.session.execute(FORGET_OTHERS, &[&store.instance()]).await?;
    tx.commit().await
}

/// Removes what this process leaves behind when it ends.
///
/// # Errors
/// When the database cannot answer.
pub async fn forget_own(store: &Store) -> Result<(), Error> {
    let mut tx = store.system_once().await?;
    tx.session.execute(FORGET_OWN, &[&store.instance()]).await?;
    tx.commit().await
}

/// The sockets that work in a session.
///
/// # Errors
/// When the database cannot answer.
pub async fn of_session(store: &Store, session: Uuid) -> Result<Vec<String>, Error> {
    let mut tx = store.system_once().await?;
    let rows = tx.session.query(OF_SESSION, &[&session]).await?;
    tx.commit().await?;
    ids(&rows)
}

/// Sockets of API Gateway whose time is over, longest first.
///
/// # Errors
/// When the database cannot answer.
pub async fn ended(store: &Store, now: Timestamp) -> Result<Vec<String>, Error> {
    let mut tx = store.system_once().await?;
    let rows = tx.session.query(ENDED, &[&now, &FOUND_MAX]).await?;
    tx.commit().await?;
    ids(&rows)
}

/// Sockets of API Gateway over which nothing went since `before`; they count as touched from now on.
///
/// # Errors
/// When the database cannot answer.
pub async fn idle(store: &Store, before: Timestamp, now: Timestamp) -> Result<Vec<String>, Error> {
    let mut tx = store.system_once().await?;
    let rows = tx.session.query(IDLE, &[&before, &now, &FOUND_MAX]).await?;
    tx.commit().await?;
    ids(&rows)
}

/// Subscriptions that a sender took and never let go.
///
/// # Errors
/// When the database cannot answer.
pub async fn left(store: &Store, now: Timestamp) -> Result<Vec<Left>, Error> {
    let mut tx = store.system_once().await?;
    let rows = tx.session.query(LEFT, &[&now, &FOUND_MAX]).await?;
    tx.commit().await?;
    rows.iter()
        .map(|row| {
            let request = AnalysisRequestId::from_uuid(get(row, "request_id")?);
            Ok(Left { request, state: get(row, "state")? })
        })
        .collect()
}

fn ids(rows: &[Row]) -> Result<Vec<String>, Error> {
    rows.iter().map(|row| get(row, "id")).collect()
}
