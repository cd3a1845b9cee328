//! One transaction on one connection, in as few round trips as it can be: `begin`, the tenant's setting and the first
//! statement leave together, and what needs no answer leaves with the next statement or with the commit.

use deadpool_postgres::Object;
use domain::ids::UserId;
use futures_util::FutureExt;
use futures_util::future::{join_all, join3};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, RowStream, Statement};

use crate::error::Error;
use crate::sql::Sql;

pub(crate) type Param = Box<dyn ToSql + Sync + Send>;

const SET_TENANT: Sql = Sql::new(
    "-- session.set_tenant
select set_config('app.current_user_id', $1, true)",
);

pub(crate) const STATEMENTS: &[Sql] = &[SET_TENANT];

/// `join_all` polls in order only up to 30 futures, and order is what makes a pipeline.
const AHEAD_MAX: usize = 16;

pub(crate) struct Session {
    client: Object,
    begin: &'static str,
    state: State,
    ahead: Vec<Ahead>,
    round_trips: u32,
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
    pub(crate) fn new(client: Object, begin: &'static str, user: Option<UserId>) -> Self {
        let ahead = user.map(|user| Ahead { sql: SET_TENANT, params: vec![Box::new(user.to_string())] });
        Self { client, begin, state: State::Fresh, ahead: ahead.into_iter().collect(), round_trips: 0 }
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
        let begin = self.set_out();
        let rows = pipeline(&self.client, begin, &ahead, sql.name(), self.client.query(&last, params)).await;
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
        let begin = self.set_out();
        let done =
            pipeline(&self.client, begin, &ahead, sql.name(), self.client.execute(&last, params)).await;
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
        let begin = self.set_out();
        let rows = self.client.query_raw(&last, params.iter().copied());
        let rows = pipeline(&self.client, begin, &ahead, sql.name(), rows).await;
        self.arrive(rows)
    }

    /// Nothing was asked: nothing to commit.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        match self.state {
            State::Failed | State::Done => return Err(Error::Aborted),
            State::Fresh if self.ahead.iter().all(|ahead| ahead.sql == SET_TENANT) => return Ok(()),
            State::Fresh | State::Open => {}
        }
        let ahead = self.prepare_ahead().await?;
        let begin = self.set_out();
        let done = pipeline(&self.client, begin, &ahead, "commit", self.client.batch_execute("commit")).await;
        // Committed, rolled back or lost: nothing is left to roll back either way.
        self.state = State::Done;
        done
    }

    async fn flush(&mut self) -> Result<(), Error> {
        let ahead = self.prepare_ahead().await?;
        let begin = self.set_out();
        let done = pipeline(&self.client, begin, &ahead, "flush", std::future::ready(Ok(()))).await;
        self.arrive(done)
    }

    async fn prepare(&mut self, sql: Sql) -> Result<Statement, Error> {
        if self.state == State::Failed {
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
    fn set_out(&mut self) -> Option<&'static str> {
        self.round_trips += 1;
        let fresh = self.state == State::Fresh;
        self.state = State::Open;
        fresh.then_some(self.begin)
    }

    fn arrive<T>(&mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        if outcome.is_err() {
            self.state = State::Failed;
        }
        outcome
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

/// Sends everything at once, in order, and gives the first failure.
async fn pipeline<T>(
    client: &Object,
    begin: Option<&'static str>,
    ahead: &[(Statement, Ahead)],
    name: &'static str,
    last: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Error> {
    let begin = async {
        match begin {
            Some(text) => client.batch_execute(text).await,
            None => Ok(()),
        }
    };
    let ahead_of_it = join_all(ahead.iter().map(|(statement, ahead)| {
        let params = ahead.params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() });
        client.execute_raw(statement, params.collect::<Vec<_>>())
    }));
    let (begun, went_ahead, last) = join3(begin, ahead_of_it, last).await;
    begun.map_err(|error| Error::of("begin", &error))?;
    for (outcome, (_, ahead)) in went_ahead.into_iter().zip(ahead) {
        outcome.map_err(|error| Error::of(ahead.sql.name(), &error))?;
    }
    last.map_err(|error| Error::of(name, &error))
}
