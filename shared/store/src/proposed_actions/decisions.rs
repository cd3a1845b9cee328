//! What a merchant decides about an action.

use domain::ids::ProposedActionId;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{ProposedAction, action, columns};
use crate::TenantTx;
use crate::audit_log::subject;
use crate::error::Error;
use crate::idempotency_keys::{Claim, earlier, input_digest, remembered, settled, verdict_of_key};
use crate::sql::Sql;
use crate::values::get;

const REJECT: Sql = Sql::new(concat!(
    "-- proposed_actions.reject
with ",
    earlier!("user_rejects_action", "$2", "$3", "$5"),
    ", verdict as (
  select case ",
    verdict_of_key!(),
    "
    when current.id is null then 'not_found'
    when current.status <> 'proposed' then 'not_proposed'
    else 'done' end as word
  from (select) one left join proposed_actions current on current.id = $1 left join earlier on true
), cause as (
  update proposed_actions p set status = 'rejected', updated_at = $5
  from verdict where verdict.word = 'done' and p.id = $1 and p.status = 'proposed'
  returning p.*
), ",
    remembered!("user_rejects_action", "$2", "$3", "$4", "$5"),
    ", noted as (
  insert into audit_log (id, event, subject, detail, created_at)
  select $6, 'action_rejected', $7, jsonb_strip_nulls(jsonb_build_object('reason', $8::text)), $5 from cause
)
select verdict.word, ",
    settled!("$2"),
    ", ",
    columns!(),
    "
from verdict left join (
  select * from cause
  union all
  select p.* from proposed_actions p, verdict where p.id = $1 and verdict.word in ('repeated', 'not_proposed')
) a on true"
));

/// A proposal whose time is over is moved, and nothing else happens.
const CONSIDER: Sql = Sql::new(concat!(
    "-- proposed_actions.consider
with lapsed as (
  update proposed_actions set status = 'expired', updated_at = $2
  where id = $1 and status = 'proposed' and expires_at <= $2
  returning id
), noted as (
  insert into audit_log (id, event, subject, detail, created_at)
  select $3, 'action_expired', $4, '{}', $2 from lapsed
)
select a.status = 'proposed' and a.expires_at <= $2 as lapsed, ",
    columns!(),
    "
from proposed_actions a where a.id = $1"
));

pub(super) const STATEMENTS: &[Sql] = &[REJECT, CONSIDER];

#[derive(Debug)]
pub struct Reject<'a> {
    pub id: ProposedActionId,
    pub reason: Option<&'a str>,
    pub idempotency_key: Option<&'a str>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Rejected {
    /// It is rejected now, or was by the same call before.
    Done(ProposedAction),
    /// The same key with another input.
    KeyReused,
    /// It is not there, or not the tenant's.
    NotFound,
    /// It was decided before.
    NotProposed(ProposedAction),
}

/// An action that somebody is about to decide on.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    /// As it was found.
    pub action: ProposedAction,
    /// Its time was over, and it has expired by now: through this call or another at the same moment.
    pub lapsed: bool,
}

/// Rejects a proposed action and says why in the audit log.
///
/// # Errors
/// [`Error::Conflict`] where somebody else was faster; otherwise when the database cannot answer.
pub async fn reject(tx: &mut TenantTx, reject: Reject<'_>) -> Result<Rejected, Error> {
    let reason = reject.reason.map(|reason| [b"=", reason.as_bytes()].concat());
    let input = input_digest(&[reject.id.uuid().as_bytes(), &reason.unwrap_or_default()]);
    let [key, digest, until, now] = Claim { key: reject.idempotency_key, input, now: reject.now }.params();
    let (id, entry, subject) =
        (reject.id.uuid(), Uuid::now_v7(), subject(reject.id.uuid(), ProposedActionId::KIND));
    let params: [&(dyn ToSql + Sync); 8] =
        [&id, key.as_ref(), digest.as_ref(), until.as_ref(), now.as_ref(), &entry, &subject, &reject.reason];
    let row = tx.session.query_one(REJECT, &params).await?;
    Ok(match get::<&str>(&row, "word")? {
        "done" | "repeated" => Rejected::Done(action(&row)?),
        "key_reused" => Rejected::KeyReused,
        "not_found" => Rejected::NotFound,
        _ => Rejected::NotProposed(action(&row)?),
    })
}

/// Loads an action for a decision; where its time is over, it expires.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn consider(
    tx: &mut TenantTx,
    id: ProposedActionId,
    now: Timestamp,
) -> Result<Option<Considered>, Error> {
    let subject = subject(id.uuid(), ProposedActionId::KIND);
    let row = tx.session.query_opt(CONSIDER, &[&id.uuid(), &now, &Uuid::now_v7(), &subject]).await?;
    let considered = |row| Ok(Considered { lapsed: get(row, "lapsed")?, action: action(row)? });
    row.as_ref().map(considered).transpose()
}
