//! Changing what a merchant prefers.

use async_graphql::{Context, InputObject, MaybeUndefined, Result, SimpleObject};
use auth::Tenant;
use domain::limits::{BUDGET_CENTS_MAX, PREFERRED_LLM_CHARS_MAX};
use store::error::Error;
use store::user_preferences::{self as rows, Change, Changed, Preferences};

use crate::errors::UserError;
use crate::idempotency;
use crate::identity::tenant;
use crate::users::UserPreferences;

/// What is to be different: a field that is absent stays as it is, null goes back to what everybody begins with.
#[derive(InputObject)]
pub(crate) struct UpdatePreferencesInput {
    /// The model to plan with, at most 100 characters; null leaves the choice to us.
    pub(crate) preferred_llm: MaybeUndefined<String>,
    /// Whether to be told when an analysis ends.
    pub(crate) notifications_enabled: MaybeUndefined<bool>,
    /// The most that one analysis may spend on models, in US cents: 0 to 10,000.
    pub(crate) budget_cents_per_analysis: MaybeUndefined<i32>,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// The preferences after a change.
#[derive(SimpleObject)]
pub(crate) struct UpdatePreferencesPayload {
    /// As they are now.
    pub(crate) preferences: Option<UserPreferences>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

pub(crate) async fn update(
    ctx: &Context<'_>,
    input: UpdatePreferencesInput,
) -> Result<UpdatePreferencesPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let errors = broken_rules(&input);
    if !errors.is_empty() {
        return Ok(UpdatePreferencesPayload { preferences: None, user_errors: errors });
    }
    let changed = idempotency::settle(|| write(services, tenant, &input)).await?;
    Ok(match changed {
        Changed::Done(row) => {
            UpdatePreferencesPayload { preferences: Some(row.into()), user_errors: Vec::new() }
        }
        Changed::KeyReused => {
            UpdatePreferencesPayload { preferences: None, user_errors: vec![idempotency::reused()] }
        }
    })
}

async fn write(
    services: &crate::Context,
    tenant: Tenant,
    input: &UpdatePreferencesInput,
) -> Result<Changed, Error> {
    let defaults = Preferences::default();
    let preferred_llm = match &input.preferred_llm {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(name) => Some(Some(name.as_str())),
    };
    let change = Change {
        preferred_llm,
        notifications_enabled: or_default(&input.notifications_enabled, defaults.notifications_enabled),
        budget_cents_per_analysis: or_default(
            &input.budget_cents_per_analysis,
            defaults.budget_cents_per_analysis,
        ),
        idempotency_key: input.idempotency_key.as_deref(),
        now: services.clock.now(),
    };
    let mut tx = services.store.tenant_once(&tenant).await?;
    let changed = rows::change(&mut tx, change).await?;
    tx.commit().await?;
    Ok(changed)
}

fn or_default<T: Copy>(given: &MaybeUndefined<T>, default: T) -> Option<T> {
    match given {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(default),
        MaybeUndefined::Value(value) => Some(*value),
    }
}

fn broken_rules(input: &UpdatePreferencesInput) -> Vec<UserError> {
    let llm = input.preferred_llm.value().and_then(|name| llm_rule(name));
    let llm = llm.map(|message| UserError::invalid("preferredLlm", message));
    let budget =
        input.budget_cents_per_analysis.value().filter(|cents| !(0..=BUDGET_CENTS_MAX).contains(*cents));
    let budget = budget.map(|cents| {
        let message = format!("The budget is {cents} cents; it must be from 0 to {BUDGET_CENTS_MAX}.");
        UserError::invalid("budgetCentsPerAnalysis", message)
    });
    let key = idempotency::broken_rule(input.idempotency_key.as_deref());
    llm.into_iter().chain(budget).chain(key).collect()
}

fn llm_rule(name: &str) -> Option<String> {
    let chars = name.chars().count();
    if name.trim().is_empty() {
        Some("The model's name is empty; null leaves the choice to us.".to_owned())
    } else if chars > PREFERRED_LLM_CHARS_MAX {
        Some(format!(
            "The model's name has {chars} characters; at most {PREFERRED_LLM_CHARS_MAX} are allowed."
        ))
    } else if name.chars().any(char::is_control) {
        Some("The model's name cannot contain control characters.".to_owned())
    } else {
        None
    }
}
