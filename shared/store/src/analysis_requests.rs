//! One question and everything that became of it.

use domain::digest::Digest;
use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::TenantTx;
use crate::clarifications::{self, Clarification};
use crate::compression;
use crate::error::Error;
use crate::idempotency_keys::{Claim, earlier, input_digest, remembered, settled, verdict_of_key};
use crate::outbox::{self, NewMessage, insert_messages};
use crate::pages::{Position, Range, Size, between, newest_first};
use crate::session::Param;
use crate::sql::Sql;
use crate::values::{get, word};

/// The columns that [`request`] reads, of `r`, with its answer or whatever stands for it.
macro_rules! columns {
    () => {
        $crate::analysis_requests::columns!("r.result")
    };
    ($result:literal) => {
        concat!(
            "r.id, r.prompt, r.status, ",
            $result,
            " as result, r.error_code, r.error_message, r.linked_account_id,
  r.agent_state -> 'plan' as plan, r.clarification, r.progress, r.created_at, r.updated_at, r.completed_at, r.version"
        )
    };
}
pub(crate) use columns;

/// Submissions of one tenant take turns, so that key and rate are judged on what the one before left behind. A
/// statement of its own: the next one then sees that.
const TAKE_TURN: Sql = Sql::new(
    "-- analysis_requests.take_turn
select pg_advisory_xact_lock(hashtextextended('submit ' || app.tenant(), 0))",
);

const SUBMIT_REQUEST: Sql = Sql::new(concat!(
    "-- analysis_requests.submit
with ",
    earlier!("submit_analysis_request", "$4", "$5", "$7"),
    ", recent as (
  select count(*) as submitted, min(created_at) as oldest from analysis_requests
  where created_at > $7::timestamptz - interval '1 hour'
), verdict as (
  select case ",
    verdict_of_key!(),
    "
    when $2::uuid is not null and named.status is null then 'no_account'
    when named.status = 'unlinked' then 'account_unlinked'
    when recent.submitted >= $8 then 'too_many'
    else 'done' end as word, recent.oldest, earlier.object_id
  from recent left join earlier on true left join linked_accounts named on named.id = $2
), cause as (
  insert into analysis_requests (id, linked_account_id, prompt, created_at, updated_at)
  select $1, $2, $3, $7, $7 from verdict where word = 'done'
  returning *
), ",
    remembered!("submit_analysis_request", "$4", "$5", "$6", "$7"),
    ", noted as (
  insert into analysis_events (request_id, version, ordinal, kind, body, created_at)
  select id, 0, 1, 'asked', '{}', $7 from cause
), sent as (
  ",
    insert_messages!("$9", "$10", "$11", "$12", "$13", "$14", "$15"),
    "
)
select verdict.word, verdict.oldest, ",
    settled!("$4"),
    ", ",
    columns!(),
    "
from verdict left join (
  select * from cause
  union all
  select a.* from analysis_requests a
  where a.id = (select object_id from verdict where word = 'repeated')
) r on true"
));

/// `$2`: whether the answer is wanted. It may be large, and is stored apart from its row.
const LOAD: Sql = Sql::new(concat!(
    "-- analysis_requests.load
select ",
    columns!("case when $2 then r.result end"),
    "
from analysis_requests r where r.id = $1"
));

const LOAD_MANY: Sql = Sql::new(concat!(
    "-- analysis_requests.load_many
select ",
    columns!("null::bytea"),
    "
from analysis_requests r where r.id = any($1)"
));

const RESULTS: Sql = Sql::new(
    "-- analysis_requests.results
select id, result from analysis_requests where id = any($1) and result is not null",
);

macro_rules! page {
    ($name:literal, $order:literal) => {
        concat!(
            "-- analysis_requests.",
            $name,
            "
select ",
            columns!("case when $7 then r.result end"),
            "
from analysis_requests r
where ",
            between!("r"),
            "
  and (cardinality($6::text[]) = 0 or r.status = any($6))
order by ",
            $order,
            " limit $5"
        )
    };
}

const FIRST: Sql = Sql::new(page!("first", "r.created_at desc, r.id desc"));
const LAST: Sql = Sql::new(page!("last", "r.created_at, r.id"));

const COUNT: Sql = Sql::new(
    "-- analysis_requests.count
select count(*) as requests from analysis_requests where cardinality($1::text[]) = 0 or status = any($1)",
);

const COUNT_ASKED: Sql = Sql::new(
    "-- analysis_requests.count_asked
select count(*) as requests from analysis_requests where created_at >= $1 and created_at < $2",
);

pub(crate) const STATEMENTS: &[Sql] =
    &[TAKE_TURN, SUBMIT_REQUEST, LOAD, LOAD_MANY, RESULTS, FIRST, LAST, COUNT, COUNT_ASKED];

/// Where the orchestrator is asked.
pub const QUEUE: &str = "orchestrator";

#[derive(Clone, Debug, PartialEq)]
pub struct AnalysisRequest {
    pub id: AnalysisRequestId,
    pub prompt: String,
    pub status: AnalysisRequestStatus,
    /// The answer's JSON, as `turns::save` was given it.
    pub result: Option<Vec<u8>>,
    pub error_code: Option<AnalysisErrorCode>,
    pub error_message: Option<String>,
    pub linked_account_id: Option<LinkedAccountId>,
    /// The member `plan` of the checkpoint, `flow::plan::Plan` as JSON, once there is one.
    pub plan: Option<serde_json::Value>,
    /// The last question back, answered or not.
    pub clarification: Option<Clarification>,
    /// 0 to 1.
    pub progress: f64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub version: i32,
}

#[derive(Debug)]
pub struct Submit<'a> {
    pub id: AnalysisRequestId,
    /// `None` leaves the choice to the orchestrator.
    pub account: Option<LinkedAccountId>,
    pub prompt: &'a str,
    pub idempotency_key: Option<&'a str>,
    /// Submissions of this tenant in an hour; `None` where rates are off.
    pub per_hour_max: Option<i64>,
    pub message_id: MessageId,
    /// The sealed `Asked`, for the queue `orchestrator`.
    pub message: String,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    Created(AnalysisRequest),
    /// The same key with the same input: the first answer again.
    Repeated(AnalysisRequest),
    /// The same key with another input.
    KeyReused,
    /// The account is not there, or not the tenant's.
    NoAccount,
    /// The tenant has disconnected the account.
    AccountUnlinked,
    TooMany {
        retry_after: SignedDuration,
    },
}

/// Which requests a page holds, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// Only older than this one (exclusive).
    pub after: Option<Position>,
    /// Only newer than this one (exclusive).
    pub before: Option<Position>,
    /// Empty: all.
    pub status: &'a [AnalysisRequestStatus],
    pub size: Size,
    pub answers: Answers,
}

/// Whether answers are read with their requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    #[default]
    Read,
    /// `result` is then `None`, whatever is there.
    LeftOut,
}

/// Checks account, key and rate, and writes request, journal and message, or says why not.
///
/// # Errors
/// When the database cannot answer.
pub async fn submit(tx: &mut TenantTx, submit: Submit<'_>) -> Result<Submitted, Error> {
    let account = submit.account.map(LinkedAccountId::uuid);
    let input = submitted_digest(account, submit.prompt);
    let claim = Claim { key: submit.idempotency_key, input, now: submit.now };
    let sent_before = tx.sent.len();
    let message =
        NewMessage { id: submit.message_id, queue: QUEUE, body: submit.message, available_at: submit.now };
    let messages = outbox::params(tx, vec![message], submit.now);
    let mut params: Vec<Param> =
        vec![Box::new(submit.id.uuid()), Box::new(account), Box::new(submit.prompt.to_owned())];
    params.extend(claim.params());
    params.push(Box::new(submit.per_hour_max));
    params.extend(messages);
    tx.session.ahead(TAKE_TURN, Vec::new()).await?;
    let params: Vec<&(dyn ToSql + Sync)> =
        params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() }).collect();
    let row = tx.session.query_one(SUBMIT_REQUEST, &params).await?;
    let word: &str = get(&row, "word")?;
    if word != "done" {
        tx.sent.truncate(sent_before);
    }
    match word {
        "done" => Ok(Submitted::Created(request(&row)?)),
        "repeated" => Ok(Submitted::Repeated(request(&row)?)),
        "key_reused" => Ok(Submitted::KeyReused),
        "no_account" => Ok(Submitted::NoAccount),
        "account_unlinked" => Ok(Submitted::AccountUnlinked),
        _ => {
            let oldest: Timestamp = get(&row, "oldest")?;
            let waited = submit.now.duration_since(oldest);
            Ok(Submitted::TooMany { retry_after: SignedDuration::from_hours(1).saturating_sub(waited) })
        }
    }
}

/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(tx: &mut TenantTx, id: AnalysisRequestId) -> Result<Option<AnalysisRequest>, Error> {
    load_with(tx, id, Answers::Read).await
}

/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load_with(
    tx: &mut TenantTx,
    id: AnalysisRequestId,
    answers: Answers,
) -> Result<Option<AnalysisRequest>, Error> {
    let wanted = answers == Answers::Read;
    tx.session.query_opt(LOAD, &[&id.uuid(), &wanted]).await?.as_ref().map(request).transpose()
}

/// Those of the ids that are the tenant's, in no order and without their answers.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load_many(tx: &mut TenantTx, ids: &[AnalysisRequestId]) -> Result<Vec<AnalysisRequest>, Error> {
    tx.session.query(LOAD_MANY, &[&uuids(ids)]).await?.iter().map(request).collect()
}

/// The answers of those that have one, in no order.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn results(
    tx: &mut TenantTx,
    ids: &[AnalysisRequestId],
) -> Result<Vec<(AnalysisRequestId, Vec<u8>)>, Error> {
    let rows = tx.session.query(RESULTS, &[&uuids(ids)]).await?;
    let result = |row: &Row| {
        Ok((AnalysisRequestId::from_uuid(get(row, "id")?), compression::unpack(get(row, "result")?)?))
    };
    rows.iter().map(result).collect()
}

/// One page, newest first whichever end was asked for.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn page(tx: &mut TenantTx, page: Page<'_>) -> Result<Vec<AnalysisRequest>, Error> {
    let sql = match page.size {
        Size::First(_) => FIRST,
        Size::Last(_) => LAST,
    };
    let (words, wanted) = (words(page.status), page.answers == Answers::Read);
    let range = Range::new(page.after, page.before, page.size);
    let [after_at, after_id, before_at, before_id, rows] = range.params();
    let params = [after_at, after_id, before_at, before_id, rows, &words, &wanted];
    let rows = tx.session.query(sql, &params).await?;
    Ok(newest_first(rows.iter().map(request).collect::<Result<_, _>>()?, page.size))
}

/// How many there are with one of the statuses (empty: in all).
///
/// # Errors
/// When the database cannot answer.
pub async fn count(tx: &mut TenantTx, status: &[AnalysisRequestStatus]) -> Result<i64, Error> {
    get(&tx.session.query_one(COUNT, &[&words(status)]).await?, "requests")
}

/// How many were asked in `from <= t < to`.
///
/// # Errors
/// When the database cannot answer.
pub async fn count_asked(tx: &mut TenantTx, from: Timestamp, to: Timestamp) -> Result<i64, Error> {
    get(&tx.session.query_one(COUNT_ASKED, &[&from, &to]).await?, "requests")
}

fn uuids(ids: &[AnalysisRequestId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}

fn words(status: &[AnalysisRequestStatus]) -> Vec<&'static str> {
    status.iter().map(|status| status.name()).collect()
}

fn submitted_digest(account: Option<Uuid>, prompt: &str) -> Digest {
    let account = account.map(Uuid::into_bytes);
    input_digest(&[account.as_ref().map_or(&[], |bytes| bytes.as_slice()), prompt.as_bytes()])
}

/// From the columns of `columns!`.
pub(crate) fn request(row: &Row) -> Result<AnalysisRequest, Error> {
    let result: Option<Vec<u8>> = get(row, "result")?;
    let code: Option<&str> = get(row, "error_code")?;
    let parse = |code: &str| AnalysisErrorCode::parse(code).ok_or(Error::Unreadable("error_code"));
    Ok(AnalysisRequest {
        id: AnalysisRequestId::from_uuid(get(row, "id")?),
        prompt: get(row, "prompt")?,
        status: word(row, "status", AnalysisRequestStatus::parse)?,
        result: result.map(compression::unpack).transpose()?,
        error_code: code.map(parse).transpose()?,
        error_message: get(row, "error_message")?,
        linked_account_id: get::<Option<Uuid>>(row, "linked_account_id")?.map(LinkedAccountId::from_uuid),
        plan: get(row, "plan")?,
        clarification: clarifications::of(row)?,
        progress: get(row, "progress")?,
        created_at: get(row, "created_at")?,
        updated_at: get(row, "updated_at")?,
        completed_at: get(row, "completed_at")?,
        version: get(row, "version")?,
    })
}
