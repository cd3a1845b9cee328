//! A thousand merchants with a million questions, written by the database's owner.

use domain::ids::{AnalysisRequestId, SessionId, UserId};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::error::Error;

pub(super) const CUSTOMERS: u32 = 1_000;
pub(super) const QUESTIONS: u32 = 1_000_000;
/// Questions of the first merchant, whose list has a page 50,000 of two.
pub(super) const QUESTIONS_OF_FIRST: u32 = 100_010;
/// Questions of each merchant that are asked for by id.
const KNOWN: i64 = 20;

/// Rows as the product writes them, but for their number; triggers and foreign keys are left out for speed.
const FILL: &str = "
set session_replication_role = replica;
insert into users (id, email, password_hash, created_at, updated_at)
  select md5('user ' || n)::uuid, 'bench' || n || '@example.com', 'none', '2026-01-01Z', '2026-01-01Z'
  from generate_series(0, {CUSTOMERS} - 1) n;
insert into sessions (user_id, id, created_at)
  select id, md5('session ' || id)::uuid, '2026-01-01Z' from users where email like 'bench%';
insert into analysis_requests (user_id, id, prompt, status, version, progress, agent_state, created_at, updated_at,
    completed_at)
  select md5('user ' || case when n < {FIRST} then 0 else 1 + n % ({CUSTOMERS} - 1) end)::uuid,
    md5('request ' || n)::uuid, 'How did net sales develop in the last quarter, compared with the one before?',
    'completed', 4, 1, '{\"v\": 1}', at, at, at + interval '1 second'
  from generate_series(0, {QUESTIONS} - 1) n, lateral (select '2026-01-01Z'::timestamptz + n * interval '1 second' as at) t;
set session_replication_role = origin;
";
const KNOWN_REQUESTS: &str = "select u.id, (select s.id from sessions s where s.user_id = u.id), array(
    select r.id from analysis_requests r where r.user_id = u.id order by r.created_at desc limit $1)
  from users u where u.email like 'bench%' order by u.email = 'bench0@example.com' desc, u.id";

pub(super) struct Customer {
    pub(super) user_id: UserId,
    pub(super) session: SessionId,
    pub(super) requests: Vec<AnalysisRequestId>,
}

/// Writes them; the first is the one with the long list.
///
/// # Errors
/// [`Error::Database`].
pub(super) async fn settle(owner_url: &str) -> Result<Vec<Customer>, Error> {
    let (owner, connection) = tokio_postgres::connect(owner_url, NoTls).await.map_err(failed)?;
    // It ends with the client.
    tokio::spawn(connection);
    let fill = FILL
        .replace("{CUSTOMERS}", &CUSTOMERS.to_string())
        .replace("{QUESTIONS}", &QUESTIONS.to_string())
        .replace("{FIRST}", &QUESTIONS_OF_FIRST.to_string());
    owner.batch_execute(&fill).await.map_err(failed)?;
    owner.batch_execute("vacuum analyze").await.map_err(failed)?;
    known(&owner).await
}

async fn known(owner: &Client) -> Result<Vec<Customer>, Error> {
    let rows = owner.query(KNOWN_REQUESTS, &[&KNOWN]).await.map_err(failed)?;
    let customer = |row: &tokio_postgres::Row| Customer {
        user_id: UserId::from_uuid(row.get(0)),
        session: SessionId::from_uuid(row.get(1)),
        requests: row.get::<_, Vec<Uuid>>(2).into_iter().map(AnalysisRequestId::from_uuid).collect(),
    };
    Ok(rows.iter().map(customer).collect())
}

impl Customer {
    /// An access token of the merchant.
    ///
    /// # Errors
    /// [`Error::Merchant`].
    pub(super) fn token(&self, app: &runtime::app::App) -> Result<String, Error> {
        let issued = auth::token::issue(&app.keys, self.user_id, self.session, app.clock.now());
        let (token, _) = issued.map_err(|error| Error::Merchant(error.to_string()))?;
        Ok(token.expose().to_owned())
    }
}

fn failed(error: tokio_postgres::Error) -> Error {
    let said = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    Error::Database { doing: "the merchants of the bench could not be written", said }
}
