//! Questions back to the merchant: asked in a turn of the orchestrator, answered through the API in a turn of two round
//! trips, because what an answer decides stands in the checkpoint.

use domain::digest::Digest;
use domain::ids::{AnalysisRequestId, LinkedAccountId};
use domain::status::AnalysisRequestStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::TenantTx;
use crate::analysis_requests::{self, AnalysisRequest, columns};
use crate::error::Error;
use crate::idempotency_keys::{Claim, earlier, input_digest, remembered, settled, verdict_of_key};
use crate::outbox::{self, NewMessage, insert_messages};
use crate::session::Param;
use crate::sql::Sql;
use crate::subscriptions::{self, Change, told};
use crate::turns::Event;
use crate::values::get;

/// Before the turn's save, which makes one move only: from `processing` to `awaiting_clarification`.
const ASK: Sql = Sql::new(
    "-- clarifications.ask
update analysis_requests set status = 'processing', clarification = $2
where id = $1 and status in ('pending', 'processing')",
);

/// One row always.
const LOAD: Sql = Sql::new(concat!(
    "-- clarifications.load
with ",
    earlier!("answer_clarification", "$2", "$3", "$4"),
    "
select earlier.same, r.agent_state,
  array(select id from linked_accounts where status <> 'unlinked') as linked, ",
    columns!(),
    "
from (select 1) one
left join earlier on true
left join analysis_requests r on r.id = $1"
));

/// A chosen store that was unlinked meanwhile is no longer chosen. A second row says that subscribers are to be told.
const ANSWER: Sql = Sql::new(concat!(
    "-- clarifications.answer
with ",
    earlier!("answer_clarification", "$2", "$3", "$5"),
    ", verdict as (
  select case ",
    verdict_of_key!(),
    " else 'done' end as word from (select 1) one left join earlier on true
), cause as (
  update analysis_requests q set status = $7, version = q.version + 1, agent_state = $8, clarification = $9,
    progress = $10, updated_at = $5, linked_account_id = coalesce(
      (select a.id from linked_accounts a where a.id = $11 and a.status <> 'unlinked'), q.linked_account_id)
  from verdict
  where q.id = $1 and q.version = $6 and q.status = 'awaiting_clarification' and verdict.word = 'done'
  returning q.id, q.version
), ",
    remembered!("answer_clarification", "$2", "$3", "$4", "$5"),
    ", noted as (
  insert into analysis_events (request_id, version, ordinal, kind, body, status, progress, created_at)
  select id, version, 1, $12, $13, $7, $10, $5 from cause
), sent as (
  ",
    insert_messages!("$14", "$15", "$16", "$17", "$18", "$19", "$20"),
    "
), ",
    told!("$21", "$22", "$18", "$19", "$20"),
    "
select case when verdict.word <> 'done' then app.conflict() end as first, ",
    settled!("$2"),
    "
from verdict
union all
select null, null from told"
));

pub(crate) const STATEMENTS: &[Sql] = &[ASK, LOAD, ANSWER];

/// A question back as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clarification {
    pub question: String,
    pub options: Vec<String>,
    pub answer: Option<String>,
    pub expires_at: Timestamp,
}

/// What the merchant says to which request.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub request: AnalysisRequestId,
    pub answer: &'a str,
    pub idempotency_key: Option<&'a str>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// Locked until the end of the transaction, with its checkpoint where it has one.
    Found {
        request: Box<AnalysisRequest>,
        agent_state: Option<Value>,
        /// The stores that are still connected.
        linked: Vec<LinkedAccountId>,
    },
    /// The same key with the same input: the analysis as it is now.
    Repeated(Box<AnalysisRequest>),
    /// The same key with another input.
    KeyReused,
    /// The request is not there, or not the tenant's.
    NotThere,
}

/// The turn that an answer is.
#[derive(Debug)]
pub struct Answer {
    pub event: Event,
    pub agent_state: Value,
    pub status: AnalysisRequestStatus,
    /// 0 to 1.
    pub progress: f64,
    pub clarification: Clarification,
    /// The store that the answer chooses.
    pub account: Option<LinkedAccountId>,
    pub messages: Vec<NewMessage>,
    /// What subscribers are told by, where there are any.
    pub change: Change,
}

/// Writes a question back into a request, which is then `processing`; `turns::save` lets it wait. Travels with the commit.
///
/// # Errors
/// When an earlier statement failed.
pub async fn ask(
    tx: &mut TenantTx,
    request: AnalysisRequestId,
    clarification: &Clarification,
) -> Result<(), Error> {
    let shown = serde_json::to_value(clarification).map_err(|_| Error::Unreadable("clarification"))?;
    tx.session.ahead(ASK, vec![Box::new(request.uuid()), Box::new(shown)]).await
}

/// Loads and locks a request for an answer.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(tx: &mut TenantTx, input: Input<'_>) -> Result<Loaded, Error> {
    let id = input.request.uuid();
    subscriptions::hold(tx, input.request).await?;
    let (key, digest) = (input.idempotency_key, digest(&input));
    let row = tx.session.query_one(LOAD, &[&id, &key, &digest.as_bytes().as_slice(), &input.now]).await?;
    match (get::<Option<bool>>(&row, "same")?, get::<Option<Uuid>>(&row, "id")?) {
        (Some(false), _) => Ok(Loaded::KeyReused),
        (Some(true) | None, None) => Ok(Loaded::NotThere),
        (Some(true), Some(_)) => Ok(Loaded::Repeated(Box::new(analysis_requests::request(&row)?))),
        (None, Some(_)) => Ok(Loaded::Found {
            request: Box::new(analysis_requests::request(&row)?),
            agent_state: get(&row, "agent_state")?,
            linked: get::<Vec<Uuid>>(&row, "linked")?.into_iter().map(LinkedAccountId::from_uuid).collect(),
        }),
    }
}

/// Writes an answer and gives the request as it is then. The statement travels with the commit: a request that is no
/// longer as it was loaded, and a key that was used at the same moment, show there as [`Error::Conflict`].
///
/// # Errors
/// When an earlier statement failed.
pub async fn answer(
    tx: &mut TenantTx,
    input: Input<'_>,
    before: AnalysisRequest,
    answer: Answer,
) -> Result<AnalysisRequest, Error> {
    let claim = Claim { key: input.idempotency_key, input: digest(&input), now: input.now };
    let shown =
        serde_json::to_value(&answer.clarification).map_err(|_| Error::Unreadable("clarification"))?;
    let mut params: Vec<Param> = vec![Box::new(input.request.uuid())];
    params.extend(claim.params());
    params.extend([
        Box::new(before.version) as Param,
        Box::new(answer.status.name()),
        Box::new(answer.agent_state),
        Box::new(shown),
        Box::new(answer.progress),
        Box::new(answer.account.map(LinkedAccountId::uuid)),
        Box::new(answer.event.kind),
        Box::new(answer.event.body),
    ]);
    params.extend(outbox::params(tx, answer.messages, input.now));
    params.extend([Box::new(answer.change.id.uuid()) as Param, Box::new(answer.change.body.clone())]);
    tx.sent_if_rows(ANSWER, 2, subscriptions::outgoing(answer.change, input.now));
    tx.session.ahead(ANSWER, params).await?;
    Ok(AnalysisRequest {
        status: answer.status,
        clarification: Some(answer.clarification),
        progress: answer.progress,
        linked_account_id: answer.account.or(before.linked_account_id),
        updated_at: input.now,
        version: before.version.saturating_add(1),
        ..before
    })
}

/// From the column `clarification`.
pub(crate) fn of(row: &Row) -> Result<Option<Clarification>, Error> {
    let shown: Option<Value> = get(row, "clarification")?;
    shown
        .map(|shown| serde_json::from_value(shown).map_err(|_| Error::Unreadable("clarification")))
        .transpose()
}

fn digest(input: &Input<'_>) -> Digest {
    input_digest(&[input.request.uuid().as_bytes(), input.answer.as_bytes()])
}
