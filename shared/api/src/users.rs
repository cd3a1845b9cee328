//! The merchant and what they prefer.

pub(crate) mod preferences;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use auth::Tenant;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::document::cost::LINKED_ACCOUNTS_MAX;
use crate::errors::{Code, Fault};
use crate::linked_accounts::LinkedAccount;
use crate::scalars::{DateTime, Decimal};

/// The merchant, who is the tenant.
#[derive(Clone, Debug)]
pub(crate) struct User {
    tenant: Tenant,
    row: store::users::User,
}

/// What a merchant prefers.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct UserPreferences {
    /// The model to plan with; null leaves the choice to us.
    pub(crate) preferred_llm: Option<String>,
    /// Whether to be told when an analysis ends.
    pub(crate) notifications_enabled: bool,
    /// The most that one analysis may spend on models, in US cents.
    pub(crate) budget_cents_per_analysis: i32,
}

impl From<store::user_preferences::Preferences> for UserPreferences {
    fn from(row: store::user_preferences::Preferences) -> Self {
        Self {
            preferred_llm: row.preferred_llm,
            notifications_enabled: row.notifications_enabled,
            budget_cents_per_analysis: row.budget_cents_per_analysis,
        }
    }
}

impl User {
    pub(crate) fn new(tenant: Tenant, row: store::users::User) -> Self {
        Self { tenant, row }
    }

    /// The tenant's own user; `None` when the account was removed since the token was issued.
    pub(crate) async fn load(services: &crate::Context, tenant: Tenant) -> Result<Option<Self>, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let row = match store::users::load(&mut tx).await {
            Err(store::error::Error::NotFound(_)) => return Ok(None),
            other => other?,
        };
        tx.commit().await?;
        Ok(Some(Self::new(tenant, row)))
    }
}

/// The merchant, who is the tenant.
#[Object]
impl User {
    /// Opaque.
    pub(crate) async fn id(&self) -> ID {
        self.row.id.opaque().into()
    }

    /// The address to log in with, in lower case.
    async fn email(&self) -> &str {
        &self.row.email
    }

    /// When the account was made.
    async fn created_at(&self) -> DateTime {
        DateTime::from(self.row.created_at)
    }

    /// What the merchant prefers.
    async fn preferences(&self, ctx: &Context<'_>) -> Result<UserPreferences> {
        Ok(preferences(ctx.data()?, self.tenant).await?.into())
    }

    /// The connected stores, oldest first.
    async fn linked_accounts(&self, ctx: &Context<'_>) -> Result<Vec<LinkedAccount>> {
        let mut accounts = LinkedAccount::list(ctx.data()?, self.tenant).await?;
        accounts.truncate(LINKED_ACCOUNTS_MAX);
        Ok(accounts)
    }

    /// What was used in a month.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A calendar month in UTC, `2026-11`; the present one when absent.")] month: Option<
            String,
        >,
    ) -> Result<Usage> {
        let services = ctx.data::<crate::Context>()?;
        let month = month.unwrap_or_else(|| services.clock.now().strftime("%Y-%m").to_string());
        let month = Month::read(&month)
            .ok_or_else(|| Code::BadUserInput.raise("\"month\" is not a month such as \"2026-11\"."))?;
        Ok(Usage::load(services, self.tenant, month).await?)
    }
}

/// What was used in one month.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct Usage {
    /// The calendar month in UTC: `2026-11`.
    pub(crate) month: String,
    /// Questions asked.
    pub(crate) analyses: i32,
    /// Calls of models.
    pub(crate) model_calls: i32,
    /// Tokens read and written by models.
    pub(crate) tokens: i32,
    /// In US cents, exact.
    pub(crate) cents: Decimal,
}

impl Usage {
    async fn load(services: &crate::Context, tenant: Tenant, month: Month) -> Result<Self, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let analyses = store::analysis_requests::count_asked(&mut tx, month.from, month.to).await?;
        tx.commit().await?;
        // Rules plan and render: no model is asked.
        Ok(Self {
            month: month.name,
            analyses: i32::try_from(analyses).unwrap_or(i32::MAX),
            model_calls: 0,
            tokens: 0,
            cents: Decimal("0".to_owned()),
        })
    }
}

/// A calendar month in UTC.
struct Month {
    name: String,
    from: Timestamp,
    to: Timestamp,
}

impl Month {
    /// `None` for what is not written `2026-11`, or is none of our calendar.
    fn read(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits =
            |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let first = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        let start = |day: Date| Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp());
        let next = first.checked_add(1.month()).ok()?;
        Some(Self { name: text.to_owned(), from: start(first)?, to: start(next)? })
    }
}

pub(crate) async fn preferences(
    services: &crate::Context,
    tenant: Tenant,
) -> Result<store::user_preferences::Preferences, Fault> {
    let mut tx = services.store.tenant_read_only_once(&tenant).await?;
    let preferences = store::user_preferences::load(&mut tx).await?;
    tx.commit().await?;
    Ok(preferences)
}

#[cfg(test)]
mod tests {
    use super::Month;

    #[test]
    fn a_month_is_half_open_and_anything_else_is_none() {
        let bounds = |text| Month::read(text).map(|month| format!("{} {}", month.from, month.to));
        assert_eq!(bounds("2026-12").as_deref(), Some("2026-12-01T00:00:00Z 2027-01-01T00:00:00Z"));
        for text in [
            "2026-13",
            "2026-00",
            "26-12",
            "2026-1",
            "2026-12-01",
            "+026-12",
            "",
            "9999-12",
            "2026-1\u{0661}",
        ] {
            assert_eq!(bounds(text), None, "{text}");
        }
    }
}
