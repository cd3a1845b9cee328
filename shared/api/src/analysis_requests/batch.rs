//! What belongs to requests that were loaded together is loaded together: one statement for a page, whoever of it asks
//! first, and none that nobody asks for.

use std::collections::HashMap;

use auth::Tenant;
use domain::ids::{AnalysisRequestId, LinkedAccountId};
use domain::status::AnalysisRequestStatus;
use store::agent_tasks::AgentTask;
use store::analysis_requests as rows;
use store::linked_accounts::LinkedAccount;
use tokio::sync::OnceCell;

use crate::errors::Fault;
use crate::{pagination, users};

/// Loaded at most once, a failure too: a database that is away is not asked again for each row.
type Once<T> = OnceCell<Result<T, Fault>>;

pub(crate) struct Batch {
    services: crate::Context,
    tenant: Tenant,
    requests: Vec<AnalysisRequestId>,
    accounts: Vec<LinkedAccountId>,
    tasks: Once<HashMap<AnalysisRequestId, Vec<AgentTask>>>,
    linked: Once<HashMap<LinkedAccountId, LinkedAccount>>,
    ceiling_cents: Once<i32>,
}

impl Batch {
    pub(crate) fn new(services: &crate::Context, tenant: Tenant, rows: &[rows::AnalysisRequest]) -> Self {
        let mut accounts: Vec<_> = rows.iter().filter_map(|row| row.linked_account_id).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Self {
            services: services.clone(),
            tenant,
            requests: rows.iter().map(|row| row.id).collect(),
            accounts,
            tasks: OnceCell::new(),
            linked: OnceCell::new(),
            ceiling_cents: OnceCell::new(),
        }
    }

    pub(crate) async fn tasks(&self, request: AnalysisRequestId) -> Result<Vec<AgentTask>, Fault> {
        let tasks = self.tasks.get_or_init(|| self.load_tasks()).await;
        let tasks = tasks.as_ref().map_err(|fault| *fault)?;
        Ok(tasks.get(&request).cloned().unwrap_or_default())
    }

    pub(crate) async fn linked_account(&self, id: LinkedAccountId) -> Result<Option<LinkedAccount>, Fault> {
        let linked = self.linked.get_or_init(|| self.load_linked()).await;
        Ok(linked.as_ref().map_err(|fault| *fault)?.get(&id).cloned())
    }

    /// What the merchant lets one analysis spend.
    pub(crate) async fn ceiling_cents(&self) -> Result<i32, Fault> {
        let load = || async {
            let preferences = users::preferences(&self.services, self.tenant).await?;
            Ok(preferences.budget_cents_per_analysis)
        };
        *self.ceiling_cents.get_or_init(load).await
    }

    /// How many requests there are in all with one of the statuses (empty: with any).
    pub(crate) async fn count(&self, status: &[AnalysisRequestStatus]) -> Result<i32, Fault> {
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let count = rows::count(&mut tx, status).await?;
        tx.commit().await?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    pub(crate) fn cursor(&self, position: rows::Position) -> String {
        pagination::cursor(&self.services.keys, &self.tenant, position)
    }

    async fn load_tasks(&self) -> Result<HashMap<AnalysisRequestId, Vec<AgentTask>>, Fault> {
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let tasks = store::agent_tasks::of_requests(&mut tx, &self.requests).await?;
        tx.commit().await?;
        let mut by_request: HashMap<_, Vec<_>> = HashMap::new();
        for task in tasks {
            by_request.entry(task.request).or_default().push(task);
        }
        Ok(by_request)
    }

    async fn load_linked(&self) -> Result<HashMap<LinkedAccountId, LinkedAccount>, Fault> {
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let accounts = store::linked_accounts::load_many(&mut tx, &self.accounts).await?;
        tx.commit().await?;
        Ok(accounts.into_iter().map(|account| (account.id, account)).collect())
    }
}
