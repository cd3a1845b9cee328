//! What can be read.

use async_graphql::{Context, ID, Interface, Object, Result};
use domain::ids::{AgentTaskId, AnalysisRequestId, LinkedAccountId, ProposedActionId, UserId};
use domain::limits::PAGE_SIZE_MAX;

use crate::agent_tasks::AgentTask;
use crate::analysis_requests::pages::AnalysisRequestConnection;
use crate::analysis_requests::{AnalysisRequest, AnalysisRequestStatus, wanted};
use crate::catalogue::MetricDefinition;
use crate::errors::{Code, TOKEN_REFUSED};
use crate::identity::{self, Identity, tenant};
use crate::linked_accounts::LinkedAccount;
use crate::pagination::Arguments;
use crate::proposed_actions::pages::{Filter, OfRequest, ProposedActionConnection};
use crate::proposed_actions::{ProposedAction, ProposedActionStatus};
use crate::users::User;

/// What can be read.
pub(crate) struct Query;

/// Anything that has an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque."))]
pub(crate) enum Node {
    User(User),
    LinkedAccount(LinkedAccount),
    AnalysisRequest(AnalysisRequest),
    AgentTask(AgentTask),
    ProposedAction(ProposedAction),
}

/// What can be read.
#[Object]
impl Query {
    /// Who the token speaks for; null without one.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(tenant) = ctx.data::<Identity>()?.tenant() else { return Ok(None) };
        let user = User::load(ctx.data()?, tenant).await?;
        // A token outlives an account that was removed.
        user.map(Some).ok_or_else(|| Code::Unauthenticated.raise(TOKEN_REFUSED))
    }

    /// Anything by its id; null when it is not there or not yours.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of any kind.")] id: ID,
    ) -> Result<Option<Node>> {
        let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
        if UserId::from_opaque(&id) == Some(tenant.user_id()) {
            return Ok(User::load(services, tenant).await?.map(Node::User));
        }
        if let Some(id) = LinkedAccountId::from_opaque(&id) {
            return Ok(LinkedAccount::load(services, tenant, id).await?.map(Node::LinkedAccount));
        }
        if let Some(id) = AnalysisRequestId::from_opaque(&id) {
            let answers = wanted(&ctx.look_ahead());
            let request = AnalysisRequest::load(services, tenant, id, answers).await?;
            return Ok(request.map(Node::AnalysisRequest));
        }
        if let Some(id) = AgentTaskId::from_opaque(&id) {
            return Ok(AgentTask::load(services, tenant, id).await?.map(Node::AgentTask));
        }
        if let Some(id) = ProposedActionId::from_opaque(&id) {
            return Ok(ProposedAction::load(services, tenant, id).await?.map(Node::ProposedAction));
        }
        identity::require(ctx).await?;
        Ok(None)
    }

    /// One question and what became of it; null when it is not there or not yours.
    async fn analysis_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of the question.")] id: ID,
    ) -> Result<Option<AnalysisRequest>> {
        let tenant = tenant(ctx)?;
        match AnalysisRequestId::from_opaque(&id) {
            Some(id) => Ok(AnalysisRequest::load(ctx.data()?, tenant, id, wanted(&ctx.look_ahead())).await?),
            None => {
                identity::require(ctx).await?;
                Ok(None)
            }
        }
    }

    /// The merchant's questions, newest first.
    async fn list_analysis_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 20 unless said otherwise, 100 at most.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
        #[graphql(desc = "Only these; all when empty or absent.")] status: Option<Vec<AnalysisRequestStatus>>,
    ) -> Result<AnalysisRequestConnection> {
        let tenant = tenant(ctx)?;
        let status = bounded(status)?;
        let arguments = Arguments { first, after, last, before };
        let answers = wanted(&ctx.look_ahead().field("edges").field("node"));
        AnalysisRequestConnection::load(ctx.data()?, tenant, &arguments, status, answers).await
    }

    /// The changes that were proposed, newest first.
    #[expect(clippy::too_many_arguments, reason = "the contract's")]
    async fn list_proposed_actions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "So many from the start, 20 unless said otherwise, 100 at most.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end; not together with `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
        #[graphql(desc = "Only these; all when empty or absent.")] status: Option<Vec<ProposedActionStatus>>,
        #[graphql(desc = "Only what this question has led to.")] analysis_request_id: Option<ID>,
    ) -> Result<ProposedActionConnection> {
        let tenant = tenant(ctx)?;
        let status = bounded(status)?.into_iter().map(Into::into).collect();
        let request = OfRequest::read(analysis_request_id.as_ref().map(|id| id.as_str()));
        let arguments = Arguments { first, after, last, before };
        ProposedActionConnection::load(ctx.data()?, tenant, &arguments, Filter { status, request }).await
    }

    /// Every metric that can be asked for.
    async fn metrics(&self, ctx: &Context<'_>) -> Result<Vec<MetricDefinition>> {
        identity::require(ctx).await?;
        Ok(MetricDefinition::all())
    }
}

fn bounded<T>(status: Option<Vec<T>>) -> Result<Vec<T>> {
    let status = status.unwrap_or_default();
    if status.len() > PAGE_SIZE_MAX {
        return Err(Code::BadUserInput.raise(format!("\"status\" has more than {PAGE_SIZE_MAX} values.")));
    }
    Ok(status)
}
