//! One transaction on one connection, in as few round trips as it can be: `begin`, the tenant's setting with the check of
//! their session, and the first statement leave together, what needs no answer leaves with the next statement or with the commit, and where one
//! statement is all there is, the commit leaves with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use auth::Tenant;
use deadpool_postgres::Object;
use futures_util::FutureExt;
use futures_util::future::{join_all, join4};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream, Statement};

use crate::error::Error;
use crate::sql::Sql;

pub(crate) type Param = Box<dyn ToSql + Sync + Send>;

const SET_TENANT: Sql = Sql::new(
    "-- session.set_tenant
select set_config('app.current_user_id', $1, true)",
);

/// The same, and fails where the session has ended. In one statement, because it runs in front of every request: the
/// branches of a `case` are tried in order, so that row security finds its tenant set, and the look-up is by the key.
const SET_TENANT_IN_SESSION: Sql = Sql::new(
    "-- session.set_tenant_in_session
select case
  when set_config('app.current_user_id', $1, true) is null then 0
  when exists (select from sessions where id = $2 and ended_at is null) then 0
  else app.session_ended()
end",
);

pub(crate) const STATEMENTS: &[Sql] = &[SET_TENANT, SET_TENANT_IN_SESSION];

/// `join_all` polls in order only up to 30 futures, and order is what makes a pipeline.
const AHEAD_MAX: usize = 16;

pub(crate) struct Session {
    client: Object,
    begin: &'static str,
    length: Length,
    state: State,
    ahead: Vec<Ahead>,
    /// The rows of what went ahead.
    went_ahead: Vec<(Sql, u64)>,
    round_trips: u32,
    /// Those of all sessions of a store.
    of_store: Arc<AtomicU64>,
}

/// How many statements a transaction is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Open,
    /// One, and what goes ahead of it: the commit travels with it.
    One,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent.
    Fresh,
    Open,
    /// PostgreSQL refuses everything but a rollback.
    Failed,
    Done,
}

/// A statement whose answer nobody waits for.
struct Ahead {
    sql: Sql,
    params: Vec<Param>,
}

impl Session {
    pub(crate) fn new(client: Object, begin: &'static str, tenant: Option<&Tenant>) -> Self {
        let ahead = tenant.map(set_tenant).into_iter().collect();
        Self {
            client,
            begin,
            length: Length::Open,
            state: State::Fresh,
            ahead,
            went_ahead: Vec::new(),
            round_trips: 0,
            of_store: Arc::default(),
        }
    }

    /// The same, and its waits are counted there too.
    pub(crate) fn counted(mut self, of_store: &Arc<AtomicU64>) -> Self {
        self.of_store = Arc::clone(of_store);
        self
    }

    /// The same for so many statements.
    pub(crate) fn of_length(mut self, length: Length) -> Self {
        self.length = length;
        self
    }

    /// Waits for the server so far, without those for preparing statements, which a connection does once.
    pub(crate) const fn round_trips(&self) -> u32 {
        self.round_trips
    }

    /// Sends the statement with the next one, or with the commit; where it fails, they fail.
    pub(crate) async fn ahead(&mut self, sql: Sql, params: Vec<Param>) -> Result<(), Error> {
        self.ahead.push(Ahead { sql, params });
        if self.ahead.len() < AHEAD_MAX { Ok(()) } else { self.flush().await }
    }

    pub(crate) async fn query(
        &mut self,
        sql: Sql,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let last = self.prepare(sql).await?;
        let ahead = self.prepare_ahead().await?;
        let ends = self.set_out();
        let rows = pipeline(&self.client, ends, &ahead, sql.name(), self.client.query(&last, params)).await;
        self.arrive(rows)
    }

    pub(crate) async fn query_opt(
        &mut self,
        sql: Sql,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        Ok(self.query(sql, params).await?.pop())
    }

    /// The one row that the statement gives wherever there is something to give it about.
    pub(crate) async fn query_one(&mut self, sql: Sql, params: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
        self.query_opt(sql, params).await?.ok_or_else(|| Error::NotFound(sql.name()))
    }

    /// How many rows the statement touched.
    pub(crate) async fn execute(&mut self, sql: Sql, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
        let last = self.prepare(sql).await?;
        let ahead = self.prepare_ahead().await?;
        let ends = self.set_out();
        let done = pipeline(&self.client, ends, &ahead, sql.name(), self.client.execute(&last, params)).await;
        self.arrive(done)
    }

    /// The rows as they come, for what may be many.
    pub(crate) async fn stream(
        &mut self,
        sql: Sql,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<RowStream, Error> {
        let last = self.prepare(sql).await?;
        let ahead = self.prepare_ahead().await?;
        // The rows are still to come when the answer begins: the commit follows them.
        self.length = Length::Open;
        let ends = self.set_out();
        let rows = self.client.query_raw(&last, params.iter().copied());
        let rows = pipeline(&self.client, ends, &ahead, sql.name(), rows).await;
        self.arrive(rows)
    }

    /// Nothing was asked: nothing to commit. Says how many rows the statements gave that went ahead.
    pub(crate) async fn commit(mut self) -> Result<Vec<(Sql, u64)>, Error> {
        match self.state {
            State::Failed => return Err(Error::Aborted),
            State::Done => return Ok(std::mem::take(&mut self.went_ahead)),
            State::Fresh if self.ahead.iter().all(|ahead| STATEMENTS.contains(&ahead.sql)) => {
                return Ok(Vec::new());
            }
            State::Fresh | State::Open => {}
        }
        let ahead = self.prepare_ahead().await?;
        self.length = Length::Open;
        let ends = self.set_out();
        let done = pipeline(&self.client, ends, &ahead, "commit", self.client.batch_execute("commit")).await;
        // Committed, rolled back or lost: nothing is left to roll back either way.
        self.state = State::Done;
        self.note(done)?;
        Ok(std::mem::take(&mut self.went_ahead))
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let ahead = self.prepare_ahead().await?;
        let ends = Ends { commits: false, ..self.set_out() };
        let done = pipeline(&self.client, ends, &ahead, "flush", std::future::ready(Ok(()))).await;
        if done.is_err() {
            self.state = State::Failed;
        }
        self.note(done)
    }

    fn note<T>(&mut self, done: Result<(T, Vec<(Sql, u64)>), Error>) -> Result<T, Error> {
        let (last, went_ahead) = done?;
        self.went_ahead.extend(went_ahead);
        Ok(last)
    }

    async fn prepare(&mut self, sql: Sql) -> Result<Statement, Error> {
        if matches!(self.state, State::Failed | State::Done) {
            return Err(Error::Aborted);
        }
        let prepared = self.client.prepare_cached(sql.text()).await;
        if prepared.is_err() && self.state == State::Open {
            self.state = State::Failed;
        }
        prepared.map_err(|error| Error::of(sql.name(), &error))
    }

    async fn prepare_ahead(&mut self) -> Result<Vec<(Statement, Ahead)>, Error> {
        let mut prepared = Vec::with_capacity(self.ahead.len());
        for ahead in std::mem::take(&mut self.ahead) {
            prepared.push((self.prepare(ahead.sql).await?, ahead));
        }
        Ok(prepared)
    }

    /// Before anything is sent, so that a caller who goes away in between leaves a session that knows to roll back.
    fn set_out(&mut self) -> Ends {
        self.round_trips += 1;
        self.of_store.fetch_add(1, Ordering::Relaxed);
        let fresh = self.state == State::Fresh;
        self.state = State::Open;
        Ends { begin: fresh.then_some(self.begin), commits: self.length == Length::One }
    }

    fn arrive<T>(&mut self, outcome: Result<(T, Vec<(Sql, u64)>), Error>) -> Result<T, Error> {
        if self.length == Length::One {
            // PostgreSQL answers the commit of a failed transaction by rolling it back.
            self.state = State::Done;
        } else if outcome.is_err() {
            self.state = State::Failed;
        }
        self.note(outcome)
    }
}

fn set_tenant(tenant: &Tenant) -> Ahead {
    let user = Box::new(tenant.user_id().to_string());
    match tenant.session() {
        None => Ahead { sql: SET_TENANT, params: vec![user] },
        Some(session) => Ahead { sql: SET_TENANT_IN_SESSION, params: vec![user, Box::new(session.uuid())] },
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if matches!(self.state, State::Open | State::Failed) {
            // Polled once, it is on its way before the next user of the connection can send anything.
            let _ = self.client.batch_execute("rollback").now_or_never();
        }
    }
}

/// What a round trip opens and closes.
#[derive(Clone, Copy)]
struct Ends {
    begin: Option<&'static str>,
    commits: bool,
}

/// Sends everything at once, in order, and gives the first failure; beside the last answer, how many rows each statement
/// before it gave.
async fn pipeline<T>(
    client: &Object,
    ends: Ends,
    ahead: &[(Statement, Ahead)],
    name: &'static str,
    last: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<(T, Vec<(Sql, u64)>), Error> {
    let plainly = async |text: Option<&str>| match text {
        Some(text) => client.batch_execute(text).await,
        None => Ok(()),
    };
    let begin = plainly(ends.begin);
    let commit = plainly(ends.commits.then_some("commit"));
    let ahead_of_it = join_all(ahead.iter().map(|(statement, ahead)| {
        let params = ahead.params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() });
        client.execute_raw(statement, params.collect::<Vec<_>>())
    }));
    let (begun, went_ahead, last, committed) = join4(begin, ahead_of_it, last, commit).await;
    begun.map_err(|error| Error::of("begin", &error))?;
    let mut rows = Vec::with_capacity(ahead.len());
    for (outcome, (_, ahead)) in went_ahead.into_iter().zip(ahead) {
        let count = outcome.map_err(|error| Error::of(ahead.sql.name(), &error))?;
        rows.push((ahead.sql, count));
    }
    let last = last.map_err(|error| Error::of(name, &error))?;
    committed.map_err(|error| Error::of("commit", &error))?;
    Ok((last, rows))
}
