//! One turn of the orchestrator: everything it needs in one statement, everything it decided in another.

use domain::department::Department;
use domain::digest::Digest;
use domain::facts::Shop;
use domain::ids::{AgentTaskId, AnalysisRequestId, LinkedAccountId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::{AgentTaskStatus, AnalysisRequestStatus};
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::TenantTx;
use crate::compression;
use crate::error::Error;
use crate::linked_accounts::{self, Sync, shop_and_sync_columns};
use crate::outbox::{self, NewMessage, insert_messages};
use crate::session::Param;
use crate::sql::Sql;
use crate::subscriptions::{self, Change, told};
use crate::values::{get, word};

/// The columns that [`account`] reads, of `l`.
macro_rules! account_columns {
    () => {
        concat!("l.id as account_id, l.snapshot_digest, l.snapshot_taken_at, ", shop_and_sync_columns!())
    };
}
pub(crate) use account_columns;

/// Joins as `l` the account that a request `r` is about: the one it names, else the tenant's only active one.
macro_rules! join_account {
    () => {
        "left join lateral (
  select a.*, s.digest as snapshot_digest, s.taken_at as snapshot_taken_at
  from linked_accounts a
  left join lateral (
    select digest, taken_at from snapshots where account_id = a.id order by taken_at desc limit 1
  ) s on true
  where a.id = r.linked_account_id
    or (r.linked_account_id is null and a.status = 'active'
      and (select count(*) from linked_accounts where status = 'active') = 1)
) l on true"
    };
}
pub(crate) use join_account;

/// Locks the request: turns of one analysis come one after the other.
const LOAD: Sql = Sql::new(concat!(
    "-- turns.load
select r.prompt, r.status, r.agent_state, r.version, r.created_at,
  exists (select from analysis_events e where e.request_id = r.id and e.message_id = $2) as seen,
  t.ids, t.departments, t.statuses, t.results, t.errors, c.choices, c.shops, ",
    account_columns!(),
    "
from analysis_requests r
left join lateral (
  select array_agg(id order by created_at, id) as choices, array_agg(shop_domain order by created_at, id) as shops
  from linked_accounts where r.linked_account_id is null and status = 'active'
) c on true
left join lateral (
  select array_agg(id order by created_at, id) as ids, array_agg(department order by created_at, id) as departments,
    array_agg(status order by created_at, id) as statuses, array_agg(result order by created_at, id) as results,
    array_agg(error_message order by created_at, id) as errors
  from agent_tasks where request_id = r.id
) t on true
",
    join_account!(),
    "
where r.id = $1
for no key update of r"
));

/// An ended analysis leaves no open task. Another version is a conflict, and nothing is written. A second row says that
/// subscribers are to be told.
const SAVE: Sql = Sql::new(concat!(
    "-- turns.save
with cause as (
  update analysis_requests set version = version + 1, agent_state = $5, status = $4, progress = $6,
    result = coalesce($7, result), error_code = $8, error_message = $9,
    linked_account_id = coalesce($10, linked_account_id), updated_at = $11,
    completed_at = case when $12 then $11::timestamptz end
  where id = $1 and version = $2 and status = $3
  returning id, version
), noted as (
  insert into analysis_events (request_id, version, ordinal, kind, body, message_id, status, progress, created_at)
  select cause.id, cause.version, e.ordinal, e.kind, e.body, case when e.ordinal = 1 then $13::uuid end,
    case when e.ordinal = 1 then $4 end, case when e.ordinal = 1 then $6::double precision end, $11
  from cause, unnest($14::text[], $15::jsonb[]) with ordinality as e (kind, body, ordinal)
), given as (
  insert into agent_tasks (id, request_id, department, description, work, created_at, updated_at)
  select t.id, cause.id, t.department, t.description, t.work, $11, $11
  from cause, unnest($16::uuid[], $17::text[], $18::text[], $19::jsonb[]) as t (id, department, description, work)
), closed as (
  update agent_tasks set status = 'cancelled', updated_at = $11
  from cause where $12 and request_id = cause.id and status in ('pending', 'running', 'retrying')
), sent as (
  ",
    insert_messages!("$20", "$21", "$22", "$23", "$24", "$25", "$26"),
    "
), ",
    told!("$27", "$28", "$24", "$25", "$26"),
    "
select case when exists (select from cause) then 0 else app.conflict() end
union all
select 1 from told"
));

pub(crate) const STATEMENTS: &[Sql] = &[LOAD, SAVE];

#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub prompt: String,
    pub status: AnalysisRequestStatus,
    /// The checkpoint; `None` before the first turn.
    pub agent_state: Option<Value>,
    pub version: i32,
    pub created_at: Timestamp,
    /// The account the question is about: the one it names, else the tenant's only active one.
    pub account: Option<Account>,
    /// The active accounts with their shop domains, where the question names none.
    pub choices: Vec<(LinkedAccountId, String)>,
    /// Whether this message is in the journal already: then there is nothing to do.
    pub seen: bool,
    /// In the order of their creation.
    pub tasks: Vec<TaskResult>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub id: LinkedAccountId,
    /// Once the shop has been asked.
    pub shop: Option<Shop>,
    pub sync: Sync,
    /// The latest snapshot of its mirror and when that was taken.
    pub snapshot: Option<(Digest, Timestamp)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskResult {
    pub id: AgentTaskId,
    pub department: Department,
    pub status: AgentTaskStatus,
    /// As `agent_tasks::finish` was given it.
    pub result: Option<Vec<u8>>,
    pub error_message: Option<String>,
}

/// A past fact for the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `planned`, `reported`...
    pub kind: &'static str,
    pub body: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    pub id: AgentTaskId,
    pub department: Department,
    pub description: String,
    pub work: Value,
}

#[derive(Debug)]
pub struct Save<'a> {
    pub request: AnalysisRequestId,
    /// As loaded; another one meanwhile is a [`Error::Conflict`].
    pub version: i32,
    /// The message that this turn handled.
    pub message_id: MessageId,
    /// At least one: the first carries the message's id.
    pub events: Vec<Event>,
    pub agent_state: Value,
    /// From and to; equal where the status stays.
    pub status: (AnalysisRequestStatus, AnalysisRequestStatus),
    /// 0 to 1.
    pub progress: f64,
    /// The answer as JSON; kept compressed.
    pub result: Option<&'a [u8]>,
    pub error: Option<(AnalysisErrorCode, String)>,
    /// The account chosen for a request that named none.
    pub account: Option<LinkedAccountId>,
    pub tasks: Vec<NewTask>,
    pub messages: Vec<NewMessage>,
    /// For those who are subscribed to the request, where there are any.
    pub change: Change,
    pub now: Timestamp,
}

/// Loads and locks a request for one turn; `None` when it is not there or not the tenant's.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(
    tx: &mut TenantTx,
    request: AnalysisRequestId,
    message_id: MessageId,
) -> Result<Option<Loaded>, Error> {
    let Some(row) = tx.session.query_opt(LOAD, &[&request.uuid(), &message_id.uuid()]).await? else {
        return Ok(None);
    };
    Ok(Some(Loaded {
        prompt: get(&row, "prompt")?,
        status: word(&row, "status", AnalysisRequestStatus::parse)?,
        agent_state: get(&row, "agent_state")?,
        version: get(&row, "version")?,
        created_at: get(&row, "created_at")?,
        account: account(&row)?,
        choices: choices(&row)?,
        seen: get(&row, "seen")?,
        tasks: tasks(&row)?,
    }))
}

/// Saves a turn. The statement travels with the commit: a conflict shows there, and nothing is written.
///
/// # Errors
/// When an earlier statement failed. [`TenantTx::commit`] gives [`Error::Conflict`] when the version has moved on, or
/// when the message is in the journal already.
pub async fn save(tx: &mut TenantTx, save: Save<'_>) -> Result<(), Error> {
    let (from, to) = save.status;
    let (code, message) = save.error.map_or((None, None), |(code, text)| (Some(code.name()), Some(text)));
    let (kinds, bodies): (Vec<&'static str>, Vec<Value>) =
        save.events.into_iter().map(|event| (event.kind, event.body)).unzip();
    let mut params: Vec<Param> = vec![
        Box::new(save.request.uuid()),
        Box::new(save.version),
        Box::new(from.name()),
        Box::new(to.name()),
        Box::new(save.agent_state),
        Box::new(save.progress),
        Box::new(save.result.map(compression::pack)),
        Box::new(code),
        Box::new(message),
        Box::new(save.account.map(LinkedAccountId::uuid)),
        Box::new(save.now),
        Box::new(to.is_final()),
        Box::new(save.message_id.uuid()),
        Box::new(kinds),
        Box::new(bodies),
        Box::new(save.tasks.iter().map(|task| task.id.uuid()).collect::<Vec<_>>()),
        Box::new(save.tasks.iter().map(|task| task.department.name()).collect::<Vec<_>>()),
        Box::new(save.tasks.iter().map(|task| task.description.clone()).collect::<Vec<_>>()),
        Box::new(save.tasks.into_iter().map(|task| task.work).collect::<Vec<_>>()),
    ];
    params.extend(outbox::params(tx, save.messages, save.now));
    params.extend([Box::new(save.change.id.uuid()) as Param, Box::new(save.change.body.clone())]);
    tx.sent_if_rows(SAVE, 2, subscriptions::outgoing(save.change, save.now));
    tx.session.ahead(SAVE, params).await
}

/// From the columns of `account_columns!`.
pub(crate) fn account(row: &Row) -> Result<Option<Account>, Error> {
    let Some(id) = get::<Option<Uuid>>(row, "account_id")? else { return Ok(None) };
    let digest: Option<&[u8]> = get(row, "snapshot_digest")?;
    let read = |bytes: &[u8]| Digest::from_slice(bytes).ok_or(Error::Unreadable("snapshot_digest"));
    Ok(Some(Account {
        id: LinkedAccountId::from_uuid(id),
        shop: linked_accounts::shop(row)?,
        sync: linked_accounts::sync(row)?,
        snapshot: digest.map(read).transpose()?.zip(get(row, "snapshot_taken_at")?),
    }))
}

fn choices(row: &Row) -> Result<Vec<(LinkedAccountId, String)>, Error> {
    let ids: Option<Vec<Uuid>> = get(row, "choices")?;
    let shops: Option<Vec<String>> = get(row, "shops")?;
    let ids = ids.unwrap_or_default().into_iter().map(LinkedAccountId::from_uuid);
    Ok(ids.zip(shops.unwrap_or_default()).collect())
}

fn tasks(row: &Row) -> Result<Vec<TaskResult>, Error> {
    let Some(ids) = get::<Option<Vec<Uuid>>>(row, "ids")? else { return Ok(Vec::new()) };
    let mut departments = get::<Vec<&str>>(row, "departments")?.into_iter();
    let mut statuses = get::<Vec<&str>>(row, "statuses")?.into_iter();
    let mut results = get::<Vec<Option<Vec<u8>>>>(row, "results")?.into_iter();
    let mut errors = get::<Vec<Option<String>>>(row, "errors")?.into_iter();
    let mut tasks = Vec::with_capacity(ids.len());
    for id in ids {
        tasks.push(TaskResult {
            id: AgentTaskId::from_uuid(id),
            department: departments
                .next()
                .and_then(Department::parse)
                .ok_or(Error::Unreadable("department"))?,
            status: statuses.next().and_then(AgentTaskStatus::parse).ok_or(Error::Unreadable("status"))?,
            result: results.next().flatten().map(compression::unpack).transpose()?,
            error_message: errors.next().flatten(),
        });
    }
    Ok(tasks)
}
