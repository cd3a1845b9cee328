//! Changes to a store that wait for the merchant.

mod decisions;

use domain::actions::{ActionOutcome, ActionType, missing_scopes};
use domain::ids::{AnalysisRequestId, ProposedActionId};
use domain::limits::ACTIONS_MAX;
use domain::status::ProposedActionStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::Error;
use crate::pages::{Position, Range, Size, between, newest_first};
use crate::sql::Sql;
use crate::values::{get, word};

pub use decisions::{Considered, Reject, Rejected, consider, reject};

/// The columns of an action called `a`. What its store has granted is looked up for shown rows alone.
macro_rules! columns {
    () => {
        "a.id, a.request_id, a.action_type, a.description, a.parameters, a.preview, a.preview_hash, a.expected_effect,
  a.status, a.outcome, a.execution_result, a.error_message, a.expires_at, a.approved_at, a.executed_at, a.undone_at,
  a.created_at, (
    select l.scopes from analysis_requests r join linked_accounts l on l.id = r.linked_account_id
    where r.id = a.request_id
  ) as granted"
    };
}
pub(crate) use columns;

const INSERT: Sql = Sql::new(
    "-- proposed_actions.insert
insert into proposed_actions (id, request_id, action_type, description, parameters, preview, preview_hash,
  expected_effect, expires_at, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
);

const LOAD: Sql = Sql::new(concat!(
    "-- proposed_actions.load
select ",
    columns!(),
    "
from proposed_actions a where a.id = $1"
));

const LIST_OF_REQUESTS: Sql = Sql::new(concat!(
    "-- proposed_actions.list_of_requests
select ",
    columns!(),
    "
from unnest($1::uuid[]) as asked (id) cross join lateral (
  select * from proposed_actions where request_id = asked.id order by created_at, id limit $2
) a
order by a.created_at, a.id"
));

macro_rules! page {
    ($of_request:literal, $order:literal) => {
        concat!(
            "select ",
            columns!(),
            "
from proposed_actions a
where ",
            between!("a"),
            "
  and (cardinality($6::text[]) = 0 or a.status = any($6))",
            $of_request,
            "
order by ",
            $order,
            " limit $5"
        )
    };
}

const FIRST: Sql = Sql::new(concat!(
    "-- proposed_actions.first
",
    page!("", "a.created_at desc, a.id desc")
));

const LAST: Sql = Sql::new(concat!(
    "-- proposed_actions.last
",
    page!("", "a.created_at, a.id")
));

const FIRST_OF_REQUEST: Sql = Sql::new(concat!(
    "-- proposed_actions.first_of_request
",
    page!(" and a.request_id = $7", "a.created_at desc, a.id desc")
));

const LAST_OF_REQUEST: Sql = Sql::new(concat!(
    "-- proposed_actions.last_of_request
",
    page!(" and a.request_id = $7", "a.created_at, a.id")
));

const COUNT: Sql = Sql::new(
    "-- proposed_actions.count
select count(*) as actions from proposed_actions
where (cardinality($1::text[]) = 0 or status = any($1)) and ($2::uuid is null or request_id = $2)",
);

pub(crate) const STATEMENTS: &[Sql] =
    &[INSERT, LOAD, LIST_OF_REQUESTS, FIRST, LAST, FIRST_OF_REQUEST, LAST_OF_REQUEST, COUNT];
pub(crate) const DECISIONS: &[Sql] = decisions::STATEMENTS;

#[derive(Debug)]
pub struct New<'a> {
    pub id: ProposedActionId,
    pub request: AnalysisRequestId,
    pub action_type: ActionType,
    pub description: &'a str,
    pub parameters: &'a Value,
    pub preview: &'a Preview,
    /// What an approval must name, so that it approves exactly this preview.
    pub preview_hash: &'a [u8],
    /// An array of claims as they stand in an answer.
    pub expected_effect: &'a Value,
    pub expires_at: Timestamp,
    pub now: Timestamp,
}

/// What an action would change, and what it needs for that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Preview {
    /// At most [`domain::limits::ACTION_CHANGES_MAX`].
    pub rows: Vec<Change>,
    pub required_scopes: Vec<String>,
    /// Whether it can be undone.
    pub reversible: bool,
}

/// One value that would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub object: String,
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProposedAction {
    pub id: ProposedActionId,
    pub request: AnalysisRequestId,
    pub action_type: ActionType,
    pub description: String,
    pub parameters: Value,
    pub preview: Preview,
    pub preview_hash: Vec<u8>,
    /// An array of claims.
    pub expected_effect: Value,
    pub status: ProposedActionStatus,
    pub outcome: ActionOutcome,
    pub execution_result: Option<Value>,
    pub error_message: Option<String>,
    pub expires_at: Timestamp,
    pub approved_at: Option<Timestamp>,
    pub executed_at: Option<Timestamp>,
    pub undone_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// What the store has granted; nothing where none is connected.
    pub granted_scopes: Vec<String>,
}

impl ProposedAction {
    /// What the store would have to grant first.
    pub fn missing_scopes(&self) -> Vec<String> {
        missing_scopes(&self.preview.required_scopes, &self.granted_scopes)
    }
}

/// Which actions a page holds, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// Only older than this one (exclusive).
    pub after: Option<Position>,
    /// Only newer than this one (exclusive).
    pub before: Option<Position>,
    pub size: Size,
    pub chosen: Chosen<'a>,
}

/// Which actions are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// Empty: all.
    pub status: &'a [ProposedActionStatus],
    /// Only this request's.
    pub request: Option<AnalysisRequestId>,
}

/// # Errors
/// When the request is not the tenant's or the database cannot answer.
pub async fn insert(tx: &mut TenantTx, new: New<'_>) -> Result<(), Error> {
    let (id, request) = (new.id.uuid(), new.request.uuid());
    let preview = serde_json::to_value(new.preview).map_err(|_| Error::Unreadable("preview"))?;
    let params: [&(dyn ToSql + Sync); 10] = [
        &id,
        &request,
        &new.action_type.name(),
        &new.description,
        new.parameters,
        &preview,
        &new.preview_hash,
        new.expected_effect,
        &new.expires_at,
        &new.now,
    ];
    tx.session.execute(INSERT, &params).await.map(|_| ())
}

/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(tx: &mut TenantTx, id: ProposedActionId) -> Result<Option<ProposedAction>, Error> {
    tx.session.query_opt(LOAD, &[&id.uuid()]).await?.as_ref().map(action).transpose()
}

/// The actions of some requests, in the order of their creation, [`ACTIONS_MAX`] of each.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn list_of_requests(
    tx: &mut TenantTx,
    requests: &[AnalysisRequestId],
) -> Result<Vec<ProposedAction>, Error> {
    let ids: Vec<Uuid> = requests.iter().map(|id| id.uuid()).collect();
    let of_each = i64::try_from(ACTIONS_MAX).unwrap_or(i64::MAX);
    tx.session.query(LIST_OF_REQUESTS, &[&ids, &of_each]).await?.iter().map(action).collect()
}

/// One page, newest first whichever end was asked for.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn page(tx: &mut TenantTx, page: Page<'_>) -> Result<Vec<ProposedAction>, Error> {
    let words = words(page.chosen.status);
    let range = Range::new(page.after, page.before, page.size);
    let mut params: Vec<&(dyn ToSql + Sync)> = range.params().into();
    params.push(&words);
    let request = page.chosen.request.map(AnalysisRequestId::uuid);
    let sql = match (page.size, &request) {
        (Size::First(_), None) => FIRST,
        (Size::Last(_), None) => LAST,
        (Size::First(_), Some(_)) => FIRST_OF_REQUEST,
        (Size::Last(_), Some(_)) => LAST_OF_REQUEST,
    };
    params.extend(request.iter().map(|id| -> &(dyn ToSql + Sync) { id }));
    let rows = tx.session.query(sql, &params).await?;
    Ok(newest_first(rows.iter().map(action).collect::<Result<_, _>>()?, page.size))
}

/// How many there are.
///
/// # Errors
/// When the database cannot answer.
pub async fn count(tx: &mut TenantTx, chosen: Chosen<'_>) -> Result<i64, Error> {
    let request = chosen.request.map(AnalysisRequestId::uuid);
    get(&tx.session.query_one(COUNT, &[&words(chosen.status), &request]).await?, "actions")
}

fn words(status: &[ProposedActionStatus]) -> Vec<&'static str> {
    status.iter().map(|status| status.name()).collect()
}

fn action(row: &Row) -> Result<ProposedAction, Error> {
    let preview = Preview::deserialize(&get::<Value>(row, "preview")?);
    Ok(ProposedAction {
        id: ProposedActionId::from_uuid(get(row, "id")?),
        request: AnalysisRequestId::from_uuid(get(row, "request_id")?),
        action_type: word(row, "action_type", ActionType::parse)?,
        description: get(row, "description")?,
        parameters: get(row, "parameters")?,
        preview: preview.map_err(|_| Error::Unreadable("preview"))?,
        preview_hash: get(row, "preview_hash")?,
        expected_effect: get(row, "expected_effect")?,
        status: word(row, "status", ProposedActionStatus::parse)?,
        outcome: word(row, "outcome", ActionOutcome::parse)?,
        execution_result: get(row, "execution_result")?,
        error_message: get(row, "error_message")?,
        expires_at: get(row, "expires_at")?,
        approved_at: get(row, "approved_at")?,
        executed_at: get(row, "executed_at")?,
        undone_at: get(row, "undone_at")?,
        created_at: get(row, "created_at")?,
        granted_scopes: get::<Option<Vec<String>>>(row, "granted")?.unwrap_or_default(),
    })
}
