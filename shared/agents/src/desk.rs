//! What a tool is given: the tenant's rows to read, and the account that the question is about. There is no writer on
//! the desk; the one tool that brings facts in has a desk of its own (`retrieval::Mirror`) with a reader of the shop.

use std::sync::Arc;

use auth::Tenant;
use domain::digest::Digest;
use metrics::snapshot::{ShopClock, Snapshot};
use store::TenantTx;
use store::turns::Account;

use crate::context::Agents;
use crate::tools::ToolError;

/// One tool's place of work, for one tenant and one account.
pub struct Desk<'a> {
    pub agents: &'a Agents,
    pub tenant: Tenant,
    pub account: Account,
}

impl Desk<'_> {
    /// A short transaction in which PostgreSQL itself refuses every write.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn read(&self) -> Result<TenantTx, ToolError> {
        Ok(self.agents.store.tenant_read_only(&self.tenant).await?)
    }

    /// A snapshot that this process has in memory, if it counts days and money as the shop does now.
    pub(crate) fn cached(&self, digest: Digest, clock: &ShopClock) -> Option<Arc<Snapshot>> {
        let snapshot = self.agents.snapshots.get(self.tenant.user_id(), digest)?;
        let zone = snapshot.zone().iana_name() == Some(clock.timezone.as_str());
        (zone && snapshot.currency() == clock.currency).then_some(snapshot)
    }

    pub(crate) fn keep(&self, snapshot: &Arc<Snapshot>, bytes: usize) {
        self.agents.snapshots.put(self.tenant.user_id(), snapshot, bytes);
    }
}
