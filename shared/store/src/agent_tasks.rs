//! Work given to departments.

use domain::department::Department;
use domain::ids::{AgentTaskId, AnalysisRequestId};
use domain::status::AgentTaskStatus;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::TenantTx;
use crate::compression;
use crate::error::Error;
use crate::linked_accounts::shop_and_sync_columns;
use crate::outbox::{self, NewMessage, insert_messages};
use crate::session::Param;
use crate::sql::Sql;
use crate::turns::{self, Account, account_columns, join_account};
use crate::values::{get, word};

/// A delivery of a running task is another attempt: the one before it was lost. An ended analysis begins no work.
const BEGIN: Sql = Sql::new(concat!(
    "-- agent_tasks.begin
with begun as (
  update agent_tasks t set status = 'running', updated_at = $2, started_at = coalesce(t.started_at, $2),
    retry_count = case when t.status = 'pending' then 0 else t.retry_count + 1 end
  where t.id = $1 and t.status in ('pending', 'retrying', 'running') and exists (
    select from analysis_requests q
    where q.id = t.request_id and q.status not in ('completed', 'failed', 'cancelled'))
  returning t.request_id, t.department, t.work, t.retry_count
)
select begun.request_id, begun.department, begun.work, begun.retry_count, d.ids, d.results, ",
    account_columns!(),
    "
from begun
join analysis_requests r on r.id = begun.request_id
left join lateral (
  select array_agg(id order by created_at, id) as ids, array_agg(result order by created_at, id) as results
  from agent_tasks where request_id = r.id and status = 'completed' and result is not null
) d on true
",
    join_account!()
));

const FINISH: Sql = Sql::new(concat!(
    "-- agent_tasks.finish
with cause as (
  update agent_tasks set status = $2, result = $3, error_message = $4, updated_at = $5,
    completed_at = case when $6 then $5::timestamptz end
  where id = $1 and status = 'running'
  returning id
), sent as (
  ",
    insert_messages!("$7", "$8", "$9", "$10", "$11", "$12", "$13"),
    "
)
select case when exists (select from cause) then 0 else app.conflict() end"
));

const LOAD: Sql = Sql::new(
    "-- agent_tasks.load
select id, request_id, department, description, status, retry_count, error_message, started_at, completed_at
from agent_tasks where id = $1",
);

const OF_REQUESTS: Sql = Sql::new(
    "-- agent_tasks.of_requests
select id, request_id, department, description, status, retry_count, error_message, started_at, completed_at
from agent_tasks where request_id = any($1) order by created_at, id",
);

pub(crate) const STATEMENTS: &[Sql] = &[BEGIN, FINISH, LOAD, OF_REQUESTS];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentTask {
    pub id: AgentTaskId,
    pub request: AnalysisRequestId,
    pub department: Department,
    pub description: String,
    pub status: AgentTaskStatus,
    /// Attempts after the first.
    pub retry_count: i32,
    pub error_message: Option<String>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

/// A task that this call has set running.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    pub request: AnalysisRequestId,
    pub department: Department,
    pub work: Value,
    /// This attempt, from 1.
    pub attempt: i32,
    pub account: Option<Account>,
    /// Results of the request's completed tasks, as they were given, by task.
    pub results: Vec<(AgentTaskId, Vec<u8>)>,
}

#[derive(Debug)]
pub struct Finish<'a> {
    pub task: AgentTaskId,
    pub outcome: Outcome<'a>,
    /// The report to the orchestrator, or for [`Outcome::Retrying`] the task's next message.
    pub messages: Vec<NewMessage>,
    pub now: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// JSON; kept compressed.
    Completed {
        result: &'a [u8],
    },
    Failed {
        message: &'a str,
    },
    Retrying {
        message: &'a str,
    },
}

/// Sets a task running and counts the attempt. `None` when it has ended, is not there, or is not the tenant's.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn begin(tx: &mut TenantTx, task: AgentTaskId, now: Timestamp) -> Result<Option<Begun>, Error> {
    let Some(row) = tx.session.query_opt(BEGIN, &[&task.uuid(), &now]).await? else { return Ok(None) };
    let ids: Option<Vec<Uuid>> = get(&row, "ids")?;
    let results: Option<Vec<Vec<u8>>> = get(&row, "results")?;
    let results = ids.unwrap_or_default().into_iter().zip(results.unwrap_or_default());
    let result = |(id, bytes)| Ok((AgentTaskId::from_uuid(id), compression::unpack(bytes)?));
    Ok(Some(Begun {
        request: AnalysisRequestId::from_uuid(get(&row, "request_id")?),
        department: word(&row, "department", Department::parse)?,
        work: get(&row, "work")?,
        attempt: get::<i32>(&row, "retry_count")?.saturating_add(1),
        account: turns::account(&row)?,
        results: results.map(result).collect::<Result<_, Error>>()?,
    }))
}

/// Ends an attempt. The statement travels with the commit: a task that is no longer running shows there as
/// [`Error::Conflict`], and nothing is written.
///
/// # Errors
/// When an earlier statement failed.
pub async fn finish(tx: &mut TenantTx, finish: Finish<'_>) -> Result<(), Error> {
    let (status, result, message) = match finish.outcome {
        Outcome::Completed { result } => (AgentTaskStatus::Completed, Some(compression::pack(result)), None),
        Outcome::Failed { message } => (AgentTaskStatus::Failed, None, Some(message.to_owned())),
        Outcome::Retrying { message } => (AgentTaskStatus::Retrying, None, Some(message.to_owned())),
    };
    let mut params: Vec<Param> = vec![
        Box::new(finish.task.uuid()),
        Box::new(status.name()),
        Box::new(result),
        Box::new(message),
        Box::new(finish.now),
        Box::new(status.is_final()),
    ];
    params.extend(outbox::params(tx, finish.messages, finish.now));
    tx.session.ahead(FINISH, params).await
}

/// The tasks of some requests, in the order of their creation.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn of_requests(tx: &mut TenantTx, requests: &[AnalysisRequestId]) -> Result<Vec<AgentTask>, Error> {
    let ids: Vec<Uuid> = requests.iter().map(|id| id.uuid()).collect();
    tx.session.query(OF_REQUESTS, &[&ids]).await?.iter().map(task).collect()
}

/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(tx: &mut TenantTx, id: AgentTaskId) -> Result<Option<AgentTask>, Error> {
    tx.session.query_opt(LOAD, &[&id.uuid()]).await?.as_ref().map(task).transpose()
}

fn task(row: &Row) -> Result<AgentTask, Error> {
    Ok(AgentTask {
        id: AgentTaskId::from_uuid(get(row, "id")?),
        request: AnalysisRequestId::from_uuid(get(row, "request_id")?),
        department: word(row, "department", Department::parse)?,
        description: get(row, "description")?,
        status: word(row, "status", AgentTaskStatus::parse)?,
        retry_count: get(row, "retry_count")?,
        error_message: get(row, "error_message")?,
        started_at: get(row, "started_at")?,
        completed_at: get(row, "completed_at")?,
    })
}
