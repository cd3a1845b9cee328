//! The merchant and what they prefer.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use auth::Tenant;

use crate::errors::Fault;
use crate::linked_accounts::LinkedAccount;
use crate::scalars::DateTime;

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

impl User {
    pub(crate) fn new(tenant: Tenant, row: store::users::User) -> Self {
        Self { tenant, row }
    }

    /// The tenant's own user; `None` when the account was removed since the token was issued.
    pub(crate) async fn load(services: &crate::Context, tenant: Tenant) -> Result<Option<Self>, Fault> {
        let mut tx = services.store.tenant_read_only(&tenant).await?;
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
        let preferences = preferences(ctx.data()?, self.tenant).await?;
        Ok(UserPreferences {
            preferred_llm: preferences.preferred_llm,
            notifications_enabled: preferences.notifications_enabled,
            budget_cents_per_analysis: preferences.budget_cents_per_analysis,
        })
    }

    /// The connected stores, oldest first.
    async fn linked_accounts(&self, ctx: &Context<'_>) -> Result<Vec<LinkedAccount>> {
        Ok(LinkedAccount::list(ctx.data()?, self.tenant).await?)
    }
}

pub(crate) async fn preferences(
    services: &crate::Context,
    tenant: Tenant,
) -> Result<store::user_preferences::Preferences, Fault> {
    let mut tx = services.store.tenant_read_only(&tenant).await?;
    let preferences = store::user_preferences::load(&mut tx).await?;
    tx.commit().await?;
    Ok(preferences)
}
