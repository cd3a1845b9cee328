//! Work given to departments.

use async_graphql::{Enum, ID, Object};
use auth::Tenant;
use domain::department;
use domain::ids::AgentTaskId;
use domain::status;

use crate::errors::Fault;
use crate::scalars::DateTime;

/// One piece of work given to one department.
#[derive(Clone, Debug)]
pub(crate) struct AgentTask {
    row: store::agent_tasks::AgentTask,
}

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "department::Department")]
pub(crate) enum Department {
    /// Keeps our copy of the store's facts fresh.
    DataRetrieval,
    /// Computes metrics.
    QuantitativeAnalysis,
    /// Reads notes, reasons and texts.
    QualitativeAnalysis,
    /// Puts periods, segments and products side by side.
    ComparativeAnalysis,
    /// Forecasts.
    PredictiveAnalysis,
    /// Proposes what to do.
    RecommendationGeneration,
}

/// Where a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "status::AgentTaskStatus")]
pub(crate) enum AgentTaskStatus {
    /// Waits for its department.
    Pending,
    /// Is being done.
    Running,
    /// Failed for now and will be tried again.
    Retrying,
    /// Done.
    Completed,
    /// Failed for good.
    Failed,
    /// Not wanted any more.
    Cancelled,
}

impl AgentTask {
    pub(crate) fn new(row: store::agent_tasks::AgentTask) -> Self {
        Self { row }
    }

    pub(crate) async fn load(
        services: &crate::Context,
        tenant: Tenant,
        id: AgentTaskId,
    ) -> Result<Option<Self>, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let row = store::agent_tasks::load(&mut tx, id).await?;
        tx.commit().await?;
        Ok(row.map(Self::new))
    }
}

/// One piece of work given to one department.
#[Object]
impl AgentTask {
    /// Opaque.
    pub(crate) async fn id(&self) -> ID {
        self.row.id.opaque().into()
    }

    /// Who does the work.
    async fn department(&self) -> Department {
        self.row.department.into()
    }

    /// What is to be done.
    async fn description(&self) -> &str {
        &self.row.description
    }

    /// Where the work stands.
    async fn status(&self) -> AgentTaskStatus {
        self.row.status.into()
    }

    /// Attempts after the first.
    async fn retry_count(&self) -> i32 {
        self.row.retry_count
    }

    /// Why the last attempt failed.
    async fn error_message(&self) -> Option<&str> {
        self.row.error_message.as_deref()
    }

    /// When the first attempt began.
    async fn started_at(&self) -> Option<DateTime> {
        self.row.started_at.map(DateTime::from)
    }

    /// When the work ended.
    async fn completed_at(&self) -> Option<DateTime> {
        self.row.completed_at.map(DateTime::from)
    }
}
