//! Analyses that the merchant does not want any more. One statement, whatever the analysis does at that moment: it waits
//! for the turn that runs, and the next turn and every task find an ended analysis.

use domain::ids::AnalysisRequestId;
use domain::status::AnalysisRequestStatus;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::types::ToSql;

use crate::TenantTx;
use crate::analysis_requests::{self, AnalysisRequest, columns};
use crate::error::Error;
use crate::idempotency_keys::{Claim, earlier, input_digest, remembered, settled, verdict_of_key};
use crate::outbox;
use crate::session::Param;
use crate::sql::Sql;
use crate::subscriptions::{self, Change, told};
use crate::values::{get, word};

const CANCEL: Sql = Sql::new(concat!(
    "-- analysis_requests.cancel
with ",
    earlier!("cancel_analysis_request", "$2", "$3", "$5"),
    ", verdict as (
  select case ",
    verdict_of_key!(),
    "
    when q.id is null then 'not_there'
    when q.status not in ('pending', 'processing', 'awaiting_clarification') then 'ended'
    else 'done' end as word, q.status as before
  from (select 1) one
  left join earlier on true
  left join analysis_requests q on q.id = $1
), cause as (
  update analysis_requests q set status = 'cancelled', version = q.version + 1, progress = $8,
    agent_state = coalesce(q.agent_state, $6) || $7, updated_at = $5, completed_at = $5
  from verdict
  where q.id = $1 and verdict.word = 'done' and q.status in ('pending', 'processing', 'awaiting_clarification')
  returning q.*
), ",
    remembered!("cancel_analysis_request", "$2", "$3", "$4", "$5"),
    ", noted as (
  insert into analysis_events (request_id, version, ordinal, kind, body, status, progress, created_at)
  select id, version, 1, 'cancelled', 'null', status, progress, $5 from cause
), closed as (
  update agent_tasks set status = 'cancelled', updated_at = $5
  from cause where request_id = cause.id and agent_tasks.status in ('pending', 'running', 'retrying')
), ",
    told!("$9", "$10", "$11", "$12", "$5"),
    "
select verdict.word, verdict.before, exists (select from told) as told, ",
    settled!("$2"),
    ", ",
    columns!(),
    "
from verdict left join (
  select * from cause
  union all
  select a.* from analysis_requests a, verdict where a.id = $1 and verdict.word = 'repeated'
) r on true"
));

pub(crate) const STATEMENTS: &[Sql] = &[CANCEL];

#[derive(Debug)]
pub struct Cancel<'a> {
    pub request: AnalysisRequestId,
    pub idempotency_key: Option<&'a str>,
    /// The checkpoint of an analysis that has none yet.
    pub fresh: Value,
    /// What a cancellation puts over the checkpoint, member by member.
    pub over: Value,
    /// How far the analysis is then, 0 to 1.
    pub progress: f64,
    /// What subscribers are told by, where there are any.
    pub change: Change,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Cancelled {
    Done(Box<AnalysisRequest>),
    /// The same key with the same input: the analysis as it is now.
    Repeated(Box<AnalysisRequest>),
    /// The same key with another input.
    KeyReused,
    /// The request is not there, or not the tenant's.
    NotThere,
    /// It had ended before, so.
    Ended(AnalysisRequestStatus),
}

/// Ends an analysis: its status, its journal, its checkpoint and its open tasks, or says why not.
///
/// # Errors
/// When the database cannot answer; [`Error::Conflict`] when the key was used at the same moment.
pub async fn cancel(tx: &mut TenantTx, cancel: Cancel<'_>) -> Result<Cancelled, Error> {
    let id = cancel.request.uuid();
    let claim = Claim {
        key: cancel.idempotency_key,
        input: input_digest(&[cancel.request.uuid().as_bytes()]),
        now: cancel.now,
    };
    let mut params: Vec<Param> = vec![Box::new(id)];
    params.extend(claim.params());
    params.extend([
        Box::new(cancel.fresh) as Param,
        Box::new(cancel.over),
        Box::new(cancel.progress),
        Box::new(cancel.change.id.uuid()),
        Box::new(cancel.change.body.clone()),
        Box::new(tx.instance),
        Box::new(outbox::lease_end(cancel.now)),
    ]);
    subscriptions::hold(tx, cancel.request).await?;
    let params: Vec<&(dyn ToSql + Sync)> =
        params.iter().map(|param| -> &(dyn ToSql + Sync) { param.as_ref() }).collect();
    let row = tx.session.query_one(CANCEL, &params).await?;
    if get(&row, "told")? {
        tx.sent.push(subscriptions::outgoing(cancel.change, cancel.now));
    }
    match get::<&str>(&row, "word")? {
        "done" => Ok(Cancelled::Done(Box::new(analysis_requests::request(&row)?))),
        "repeated" => Ok(Cancelled::Repeated(Box::new(analysis_requests::request(&row)?))),
        "key_reused" => Ok(Cancelled::KeyReused),
        "not_there" => Ok(Cancelled::NotThere),
        _ => Ok(Cancelled::Ended(word(&row, "before", AnalysisRequestStatus::parse)?)),
    }
}
