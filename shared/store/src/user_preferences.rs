//! What a user prefers; whoever never said has the defaults.

use domain::limits::BUDGET_CENTS_DEFAULT;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;
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

pub(crate) const STATEMENTS: &[Sql] = &[LOAD, SAVE];

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
    let Some(row) = tx.session.query_opt(LOAD, &[]).await? else { return Ok(Preferences::default()) };
    Ok(Preferences {
        preferred_llm: get(&row, "preferred_llm")?,
        notifications_enabled: get(&row, "notifications_enabled")?,
        budget_cents_per_analysis: get(&row, "budget_cents_per_analysis")?,
    })
}

/// # Errors
/// When the database cannot answer.
pub async fn save(tx: &mut TenantTx, preferences: &Preferences, now: Timestamp) -> Result<(), Error> {
    let Preferences { preferred_llm, notifications_enabled, budget_cents_per_analysis } = preferences;
    let params = [
        &preferred_llm as &(dyn tokio_postgres::types::ToSql + Sync),
        notifications_enabled,
        budget_cents_per_analysis,
        &now,
    ];
    tx.session.execute(SAVE, &params).await.map(|_| ())
}
