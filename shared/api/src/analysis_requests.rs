//! Questions and what became of them.

pub(crate) mod batch;
pub(crate) mod cancel;
pub(crate) mod clarification;
pub(crate) mod pages;
mod plan;
pub(crate) mod submit;

use std::sync::Arc;

use async_graphql::{Enum, Error, ID, Lookahead, Object, Result, SimpleObject};
use auth::Tenant;
use auth::envelope::{self, Message};
use domain::ids::{AnalysisRequestId, MessageId};
use domain::limits::PLAN_STEPS_MAX;
use domain::{refusal, status};
use store::analysis_requests::{self as rows, Answers};
use store::subscriptions::Change;

use crate::agent_tasks::AgentTask;
use crate::analysis_requests::batch::Batch;
use crate::analysis_requests::clarification::Clarification;
use crate::analysis_requests::plan::PlanStep;
use crate::errors::{Fault, UserError, UserErrorCode};
use crate::linked_accounts::LinkedAccount;
use crate::proposed_actions::ProposedAction;
use crate::results::AnalysisResult;
use crate::scalars::{DateTime, Decimal};

/// One question and everything that became of it.
pub(crate) struct AnalysisRequest {
    row: rows::AnalysisRequest,
    /// Those that were loaded together, whose tasks and stores are loaded together too.
    batch: Arc<Batch>,
}

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "status::AnalysisRequestStatus")]
pub(crate) enum AnalysisRequestStatus {
    /// Waits for its turn.
    Pending,
    /// Is being worked on.
    Processing,
    /// Waits for the merchant to answer a question.
    AwaitingClarification,
    /// Answered.
    Completed,
    /// Ended without an answer; the error says why.
    Failed,
    /// Not wanted any more.
    Cancelled,
}

/// Why a question ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "refusal::AnalysisErrorCode")]
pub(crate) enum AnalysisErrorCode {
    /// The question cannot be answered from a store's facts.
    Unanswerable,
    /// The facts it asks about are not there.
    NoData,
    /// No store is connected.
    NoStore,
    /// The merchant did not answer in time.
    ClarificationExpired,
    /// The ceiling was reached.
    BudgetExhausted,
    /// Shopify or a model failed for good.
    ExternalServiceError,
    /// An agent failed for good.
    AgentProcessingError,
    /// It took too long.
    DeadlineExceeded,
}

/// What an analysis cost.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct AnalysisCost {
    /// Calls of models.
    pub(crate) model_calls: i32,
    /// Tokens read and written by models.
    pub(crate) tokens: i32,
    /// In US cents, exact.
    pub(crate) cents: Decimal,
    /// The most that it may cost, in US cents.
    pub(crate) ceiling_cents: Decimal,
}

impl AnalysisRequest {
    /// One by itself.
    pub(crate) fn alone(services: &crate::Context, tenant: Tenant, row: rows::AnalysisRequest) -> Self {
        Self::with_answers(services, tenant, row, Answers::Read)
    }

    /// One by itself, whose answer was or was not read with it.
    fn with_answers(
        services: &crate::Context,
        tenant: Tenant,
        row: rows::AnalysisRequest,
        answers: Answers,
    ) -> Self {
        let batch = Arc::new(Batch::new(services, tenant, std::slice::from_ref(&row), answers));
        Self { row, batch }
    }

    /// One of a page.
    pub(crate) fn in_batch(row: rows::AnalysisRequest, batch: &Arc<Batch>) -> Self {
        Self { row, batch: Arc::clone(batch) }
    }

    pub(crate) async fn load(
        services: &crate::Context,
        tenant: Tenant,
        id: AnalysisRequestId,
        answers: Answers,
    ) -> Result<Option<Self>, Fault> {
        let mut tx = services.store.tenant_read_only_once(&tenant).await?;
        let row = rows::load_with(&mut tx, id, answers).await?;
        tx.commit().await?;
        Ok(row.map(|row| Self::with_answers(services, tenant, row, answers)))
    }
}

/// The same for an id that is nobody's, another tenant's or none at all.
fn no_request() -> UserError {
    let field = Some(vec!["analysisRequestId".to_owned()]);
    UserError { field, ..UserError::new(UserErrorCode::NotFound, "There is no such analysis.") }
}

/// What subscribers of the request are told by, where there are any.
fn change(services: &crate::Context, tenant: &Tenant, request: AnalysisRequestId) -> Change {
    let id = MessageId::new();
    Change { id, body: envelope::seal(&services.keys, tenant, id, &Message::Changed { request }) }
}

/// Whether a selection of requests wants their answers, which are large. What is left out and wanted after all is read
/// when it is asked for.
pub(crate) fn wanted(selection: &Lookahead<'_>) -> Answers {
    if selection.field("result").exists() { Answers::Read } else { Answers::LeftOut }
}

/// One question and everything that became of it.
#[Object]
impl AnalysisRequest {
    /// Opaque.
    pub(crate) async fn id(&self) -> ID {
        self.row.id.opaque().into()
    }

    /// The question, as it was asked.
    async fn prompt(&self) -> &str {
        &self.row.prompt
    }

    /// Where it stands.
    async fn status(&self) -> AnalysisRequestStatus {
        self.row.status.into()
    }

    /// The answer, once there is one.
    async fn result(&self) -> Result<Option<AnalysisResult>> {
        let result = self.batch.result(&self.row).await?;
        let read = result.as_deref().map(AnalysisResult::read).transpose();
        read.map_err(|error| Fault::internal(&error).into())
    }

    /// Why there is no answer.
    async fn error_code(&self) -> Option<AnalysisErrorCode> {
        self.row.error_code.map(Into::into)
    }

    /// The same for a person, with what is missing.
    async fn error_message(&self) -> Option<&str> {
        self.row.error_message.as_deref()
    }

    /// The store it is about; null until one is chosen.
    async fn linked_account(&self) -> Result<Option<LinkedAccount>> {
        match self.row.linked_account_id {
            None => Ok(None),
            Some(id) => Ok(self.batch.linked_account(id).await?.map(LinkedAccount::new)),
        }
    }

    /// What will be done, in steps; empty until it is planned.
    async fn plan(&self) -> Result<Vec<PlanStep>> {
        let steps = self.row.plan.as_ref().map(PlanStep::read).transpose();
        let mut steps = steps.map_err(|error| Error::from(Fault::internal(&error)))?.unwrap_or_default();
        steps.truncate(PLAN_STEPS_MAX);
        Ok(steps)
    }

    /// The work that was given out.
    async fn tasks(&self) -> Result<Vec<AgentTask>> {
        let mut tasks = self.batch.tasks(self.row.id).await?;
        tasks.truncate(PLAN_STEPS_MAX);
        Ok(tasks.into_iter().map(AgentTask::new).collect())
    }

    /// The last question back to the merchant, where there was one.
    async fn clarification(&self) -> Option<Clarification> {
        self.row.clarification.clone().map(Clarification::from)
    }

    /// The changes it proposes; nothing happens to the store before one is approved.
    async fn proposed_actions(&self) -> Result<Vec<ProposedAction>> {
        Ok(self.batch.actions(self.row.id).await?)
    }

    /// From 0 to 1.
    async fn progress(&self) -> f64 {
        self.row.progress
    }

    /// What it cost.
    async fn cost(&self) -> Result<AnalysisCost> {
        let ceiling = self.batch.ceiling_cents().await?;
        // Rules plan and render: no model is asked.
        let (cents, ceiling_cents) = (Decimal("0".to_owned()), Decimal(ceiling.to_string()));
        Ok(AnalysisCost { model_calls: 0, tokens: 0, cents, ceiling_cents })
    }

    /// When it was asked.
    async fn created_at(&self) -> DateTime {
        DateTime::from(self.row.created_at)
    }

    /// When anything about it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime::from(self.row.updated_at)
    }

    /// When it ended.
    async fn completed_at(&self) -> Option<DateTime> {
        self.row.completed_at.map(DateTime::from)
    }
}
