//! What belongs to requests that were loaded together is loaded together: one statement for a page, whoever of it asks
//! first, and none that nobody asks for.

use std::collections::HashMap;
use std::sync::Arc;

use auth::Tenant;
use domain::ids::{AnalysisRequestId, LinkedAccountId};
use domain::status::AnalysisRequestStatus;
use store::agent_tasks::AgentTask;
use store::analysis_requests::{self as rows, Answers};
use store::linked_accounts::LinkedAccount;
use store::pages::Position;
use store::proposed_actions;
use tokio::sync::OnceCell;

use crate::errors::Fault;
use crate::pagination::List;
use crate::proposed_actions::ProposedAction;
use crate::proposed_actions::together::Together;
use crate::{pagination, users};

/// Loaded at most once, a failure too: a database that is away is not asked again for each row.
type Once<T> = OnceCell<Result<T, Fault>>;

type Actions = (HashMap<AnalysisRequestId, Vec<proposed_actions::ProposedAction>>, Arc<Together>);

pub(crate) struct Batch {
    services: crate::Context,
    tenant: Tenant,
    requests: Vec<AnalysisRequestId>,
    accounts: Vec<LinkedAccountId>,
    answers: Answers,
    results: Once<HashMap<AnalysisRequestId, Vec<u8>>>,
    actions: Once<Actions>,
    tasks: Once<HashMap<AnalysisRequestId, Vec<AgentTask>>>,
    linked: Once<HashMap<LinkedAccountId, LinkedAccount>>,
    ceiling_cents: Once<i32>,
}

impl Batch {
    pub(crate) fn new(
        services: &crate::Context,
        tenant: Tenant,
        rows: &[rows::AnalysisRequest],
        answers: Answers,
    ) -> Self {
        let mut accounts: Vec<_> = rows.iter().filter_map(|row| row.linked_account_id).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Self {
            services: services.clone(),
            tenant,
            requests: rows.iter().map(|row| row.id).collect(),
            accounts,
            answers,
            results: OnceCell::new(),
            actions: OnceCell::new(),
            tasks: OnceCell::new(),
            linked: OnceCell::new(),
            ceiling_cents: OnceCell::new(),
        }
    }

    /// The request's answer: from its row, or for all of them where rows were read without.
    pub(crate) async fn result(&self, row: &rows::AnalysisRequest) -> Result<Option<Vec<u8>>, Fault> {
        match self.answers {
            Answers::Read => Ok(row.result.clone()),
            Answers::LeftOut => {
                let results = self.results.get_or_init(|| self.load_results()).await;
                Ok(results.as_ref().map_err(|fault| *fault)?.get(&row.id).cloned())
            }
        }
    }

    pub(crate) async fn actions(&self, request: AnalysisRequestId) -> Result<Vec<ProposedAction>, Fault> {
        let actions = self.actions.get_or_init(|| self.load_actions()).await;
        let (by_request, together) = actions.as_ref().map_err(|fault| *fault)?;
        let rows = by_request.get(&request).cloned().unwrap_or_default();
        Ok(rows.into_iter().map(|row| ProposedAction::of_many(row, together)).collect())
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

    pub(crate) fn cursor(&self, position: Position) -> String {
        pagination::cursor(&self.services.keys, &self.tenant, List::AnalysisRequests, position)
    }

    async fn load_results(&self) -> Result<HashMap<AnalysisRequestId, Vec<u8>>, Fault> {
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let results = rows::results(&mut tx, &self.requests).await?;
        tx.commit().await?;
        Ok(results.into_iter().collect())
    }

    async fn load_actions(&self) -> Result<Actions, Fault> {
        let mut tx = self.services.store.tenant_read_only_once(&self.tenant).await?;
        let actions = proposed_actions::list_of_requests(&mut tx, &self.requests).await?;
        tx.commit().await?;
        let together = Arc::new(Together::new(&self.services, self.tenant, &actions));
        let mut by_request: HashMap<_, Vec<_>> = HashMap::new();
        for action in actions {
            by_request.entry(action.request).or_default().push(action);
        }
        Ok((by_request, together))
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
