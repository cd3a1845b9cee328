//! What can be done.

use async_graphql::{Context, Object, Result};

use crate::analysis_requests::submit::{self, SubmitAnalysisRequestInput, SubmitAnalysisRequestPayload};
use crate::sessions::{self, AuthPayload, LoginInput, RegisterInput};

/// What can be done.
pub(crate) struct Mutation;

/// What can be done.
#[Object]
impl Mutation {
    /// Opens an account and a session.
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> Result<AuthPayload> {
        sessions::register(ctx.data()?, input).await
    }

    /// Opens a session.
    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> Result<AuthPayload> {
        sessions::login(ctx.data()?, input).await
    }

    /// Asks a question about a store. The answer comes later: read the analysis request again.
    async fn submit_analysis_request(
        &self,
        ctx: &Context<'_>,
        input: SubmitAnalysisRequestInput,
    ) -> Result<SubmitAnalysisRequestPayload> {
        submit::submit(ctx, input).await
    }
}
