//! What a user prefers; whoever never said has the defaults.

use domain::digest::Digest;
use domain::limits::BUDGET_CENTS_DEFAULT;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::TenantTx;
use crate::error::Error;
use crate::idempotency_keys::{Claim, earlier, input_digest, remembered, settled, verdict_of_key};
use crate::sql::Sql;
use crate::values::get;

const LOAD: Sql = Sql::new(
    "-- user_preferences.load
select preferred_llm, notifications_enabled, budget_cents_per_analysis from user_preferences",
);

const SAVE: Sql = Sql::new(
    "-- user_preferences.save
insert into user_preferences (preferred_llm, notifications_enabled, budget_cents_per_analysis, updated_at)
values ($1, $2, $3, $4)
on conflict (user_id) do update set preferred_llm = excluded.preferred_llm,
  notifications_enabled = excluded.notifications_enabled,
  budget_cents_per_analysis = excluded.budget_cents_per_analysis, updated_at = excluded.updated_at",
);

/// What is null in the parameters stays as it is; `$7` says whether the model's name is set at all.
const CHANGE: Sql = Sql::new(concat!(
    "-- user_preferences.change
with ",
    earlier!("update_preferences", "$1", "$2", "$4"),
    ", verdict as (
  select case ",
    verdict_of_key!(),
    " else 'done' end as word
  from (select) one left join earlier on true
), cause as (
  insert into user_preferences as p (preferred_llm, notifications_enabled, budget_cents_per_analysis, updated_at)
  select case when $7 then $8::text end, coalesce($5::boolean, $9), coalesce($6::integer, $10), $4 from verdict where word = 'done'
  on conflict (user_id) do update set preferred_llm = case when $7 then $8 else p.preferred_llm end,
    notifications_enabled = coalesce($5, p.notifications_enabled),
    budget_cents_per_analysis = coalesce($6, p.budget_cents_per_analysis), updated_at = $4
  returning p.*, p.user_id as id
), ",
    remembered!("update_preferences", "$1", "$2", "$3", "$4"),
    "
select verdict.word, ",
    settled!("$1"),
    ", p.preferred_llm, p.notifications_enabled, p.budget_cents_per_analysis
from verdict left join (
  select preferred_llm, notifications_enabled, budget_cents_per_analysis from cause
  union all
  select o.preferred_llm, o.notifications_enabled, o.budget_cents_per_analysis
  from user_preferences o, verdict where verdict.word = 'repeated'
) p on true"
));

pub(crate) const STATEMENTS: &[Sql] = &[LOAD, SAVE, CHANGE];

/// What is to be different from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// `None` keeps it; `Some(None)` leaves the choice to us.
    pub preferred_llm: Option<Option<&'a str>>,
    /// `None` keeps it.
    pub notifications_enabled: Option<bool>,
    /// `None` keeps it.
    pub budget_cents_per_analysis: Option<i32>,
    pub idempotency_key: Option<&'a str>,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// As they are now.
    Done(Preferences),
    /// The same key with another input.
    KeyReused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    pub preferred_llm: Option<String>,
    pub notifications_enabled: bool,
    pub budget_cents_per_analysis: i32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            preferred_llm: None,
            notifications_enabled: true,
            budget_cents_per_analysis: BUDGET_CENTS_DEFAULT,
        }
    }
}

/// # Errors
/// When the database cannot answer.
pub async fn load(tx: &mut TenantTx) -> Result<Preferences, Error> {
    let row = tx.session.query_opt(LOAD, &[]).await?;
    Ok(row.as_ref().map(preferences).transpose()?.unwrap_or_default())
}

/// Changes some of them and keeps the others.
///
/// # Errors
/// [`Error::Conflict`] where somebody else was faster; otherwise when the database cannot answer.
pub async fn change(tx: &mut TenantTx, change: Change<'_>) -> Result<Changed, Error> {
    let input = Claim { key: change.idempotency_key, input: digest(&change), now: change.now };
    let [key, digest, until, now] = input.params();
    let (is_set, preferred_llm) = (change.preferred_llm.is_some(), change.preferred_llm.flatten());
    let defaults = Preferences::default();
    let params: [&(dyn ToSql + Sync); 10] = [
        key.as_ref(),
        digest.as_ref(),
        until.as_ref(),
        now.as_ref(),
        &change.notifications_enabled,
        &change.budget_cents_per_analysis,
        &is_set,
        &preferred_llm,
        &defaults.notifications_enabled,
        &defaults.budget_cents_per_analysis,
    ];
    let row = tx.session.query_one(CHANGE, &params).await?;
    Ok(match get::<&str>(&row, "word")? {
        "key_reused" => Changed::KeyReused,
        _ => Changed::Done(preferences(&row)?),
    })
}

/// Kept, set to nothing and set to something are three inputs.
fn digest(change: &Change<'_>) -> Digest {
    let preferred_llm = match change.preferred_llm {
        None => Vec::new(),
        Some(None) => b"-".to_vec(),
        Some(Some(name)) => [b"=", name.as_bytes()].concat(),
    };
    let notifications = change.notifications_enabled.map_or(Vec::new(), |enabled| vec![u8::from(enabled)]);
    let budget = change.budget_cents_per_analysis.map_or(Vec::new(), |cents| cents.to_be_bytes().to_vec());
    input_digest(&[&preferred_llm, &notifications, &budget])
}

fn preferences(row: &Row) -> Result<Preferences, Error> {
    Ok(Preferences {
        preferred_llm: get(row, "preferred_llm")?,
        notifications_enabled: get(row, "notifications_enabled")?,
        budget_cents_per_analysis: get(row, "budget_cents_per_analysis")?,
    })
}

/// # Errors
/// When the database cannot answer.
pub async fn save(tx: &mut TenantTx, preferences: &Preferences, now: Timestamp) -> Result<(), Error> {
    let Preferences { preferred_llm, notifications_enabled, budget_cents_per_analysis } = preferences;
    let params =
        [&preferred_llm as &(dyn ToSql + Sync), notifications_enabled, budget_cents_per_analysis, &now];
    tx.session.execute(SAVE, &params).await.map(|_| ())
}
