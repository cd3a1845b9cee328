//! Connected stores.

pub(crate) mod oauth;
pub(crate) mod unlink;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use auth::Tenant;
use domain::ids::LinkedAccountId;
use domain::limits::MIRROR_FRESH_SECONDS;
use jiff::{SignedDuration, Timestamp};
use store::linked_accounts as rows;

use crate::errors::Fault;
use crate::scalars::DateTime;

/// One connected Shopify store.
#[derive(Clone, Debug)]
pub(crate) struct LinkedAccount {
    row: rows::LinkedAccount,
}

/// Whether a store can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rows::Status")]
pub(crate) enum LinkedAccountStatus {
    /// Connected.
    Active,
    /// Shopify refuses our token: connect the store again.
    ReconnectNeeded,
    /// The app was uninstalled in Shopify.
    Uninstalled,
    /// The merchant disconnected it here.
    Unlinked,
}

/// How far our copy of the store's facts is.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub(crate) struct SyncStatus {
    /// How the copy stands.
    pub(crate) state: SyncState,
    /// Of the load that runs or ran last: 0 to 1.
    pub(crate) progress: f64,
    /// Orders in the copy.
    pub(crate) orders: i32,
    /// When the first order in the copy was processed.
    pub(crate) covers_from: Option<DateTime>,
    /// When the last order in the copy was processed.
    pub(crate) covers_to: Option<DateTime>,
    /// When the copy last agreed with the store.
    pub(crate) synced_at: Option<DateTime>,
    /// Why the last load failed, if it did.
    pub(crate) error_message: Option<String>,
}

/// How the copy of a store stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum SyncState {
    /// Nothing was loaded yet.
    Never,
    /// A load is under way.
    Loading,
    /// Fresh enough to answer from.
    Ready,
    /// Older than an hour: the next question refreshes it.
    Stale,
    /// The last load failed.
    Failed,
}

impl LinkedAccount {
    pub(crate) fn new(row: rows::LinkedAccount) -> Self {
        Self { row }
    }

    pub(crate) async fn list(services: &crate::Context, tenant: Tenant) -> Result<Vec<Self>, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let rows = rows::list(&mut tx).await?;
        tx.commit().await?;
        Ok(rows.into_iter().map(Self::new).collect())
    }

    pub(crate) async fn load(
        services: &crate::Context,
        tenant: Tenant,
        id: LinkedAccountId,
    ) -> Result<Option<Self>, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let row = rows::load(&mut tx, id).await?;
        tx.commit().await?;
        Ok(row.map(Self::new))
    }
}

/// One connected Shopify store.
#[Object]
impl LinkedAccount {
    /// Opaque.
    pub(crate) async fn id(&self) -> ID {
        self.row.id.opaque().into()
    }

    /// `shopify`.
    async fn provider(&self) -> &str {
        &self.row.provider
    }

    /// The store's own address at the provider: `fruits.myshopify.com`.
    async fn account_identifier(&self) -> &str {
        &self.row.shop_domain
    }

    /// Whether the store can be asked.
    async fn status(&self) -> LinkedAccountStatus {
        self.row.status.into()
    }

    /// What the store has granted.
    async fn scopes(&self) -> &[String] {
        &self.row.scopes
    }

    /// How far our copy of the store's facts is.
    async fn sync(&self, ctx: &Context<'_>) -> Result<Option<SyncStatus>> {
        let now = ctx.data::<crate::Context>()?.clock.now();
        Ok(Some(sync_status(&self.row.sync, now)))
    }

    /// When the store was connected.
    async fn created_at(&self) -> DateTime {
        DateTime::from(self.row.created_at)
    }
}

fn sync_status(sync: &rows::Sync, now: Timestamp) -> SyncStatus {
    let fresh = SignedDuration::from_secs(MIRROR_FRESH_SECONDS);
    let is_stale = sync.synced_at.is_none_or(|at| now.duration_since(at) > fresh);
    SyncStatus {
        state: match sync.state {
            rows::SyncState::Never => SyncState::Never,
            rows::SyncState::Loading => SyncState::Loading,
            rows::SyncState::Ready if is_stale => SyncState::Stale,
            rows::SyncState::Ready => SyncState::Ready,
            rows::SyncState::Failed => SyncState::Failed,
        },
        progress: sync.progress,
        orders: i32::try_from(sync.orders).unwrap_or(i32::MAX),
        covers_from: sync.covers_from.map(DateTime::from),
        covers_to: sync.covers_to.map(DateTime::from),
        synced_at: sync.synced_at.map(DateTime::from),
        error_message: sync.error_message.clone(),
    }
}
