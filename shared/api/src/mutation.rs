//! What can be done.

use async_graphql::{Context, Object, Result};

use crate::analysis_requests::cancel::{self, CancelAnalysisRequestInput, CancelAnalysisRequestPayload};
use crate::analysis_requests::clarification::{self, AnswerClarificationInput, AnswerClarificationPayload};
use crate::analysis_requests::submit::{self, SubmitAnalysisRequestInput, SubmitAnalysisRequestPayload};
use crate::linked_accounts::oauth::{
    self, CompleteShopifyOAuthInput, CompleteShopifyOAuthPayload, ShopifyOAuthStartPayload,
    StartShopifyOAuthInput,
};
use crate::linked_accounts::unlink::{self, UnlinkAccountInput, UnlinkAccountPayload};
use crate::proposed_actions::decisions::{
    self, UserActionPayload, UserApprovesActionInput, UserRejectsActionInput, UserUndoesActionInput,
};
use crate::sessions::account::{self, ChangePasswordInput, DeleteAccountInput, DeleteAccountPayload};
use crate::sessions::refresh::{self, LogoutInput, LogoutPayload, RefreshSessionInput};
use crate::sessions::{self, AuthPayload, LoginInput, RegisterInput};
use crate::users::preferences::{self, UpdatePreferencesInput, UpdatePreferencesPayload};

/// What can be done.
pub(crate) struct Mutation;

/// What can be done.
#[Object]
impl Mutation {
    /// Opens an account and a session. Says where an e-mail address is taken, so it is limited: 100 times in 15 minutes
    /// from one address.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who opens it.")] input: RegisterInput,
    ) -> Result<AuthPayload> {
        sessions::register(ctx, input).await
    }

    /// Opens a session. A wrong password and an unknown e-mail address get one answer. After 10 failures in 15 minutes an
    /// account is not tried any more, with the right password neither and whether it exists or not; after 100, nothing
    /// from that address.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who opens it.")] input: LoginInput,
    ) -> Result<AuthPayload> {
        sessions::login(ctx, input).await
    }

    /// Gives a session's next access token and next refresh token. Each refresh token is used once: whoever uses one
    /// again ends the session, because then somebody has a token who should not. Two that use one at the same moment are
    /// such a case, too: one gets an answer, and the session is over for both. So ask from one place at a time; where an
    /// answer was lost, log in again.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token that buys the next ones.")] input: RefreshSessionInput,
    ) -> Result<AuthPayload> {
        refresh::refresh_session(ctx, input).await
    }

    /// Ends a session of the merchant's: its tokens are good for nothing any more, and its sockets are closed.
    async fn logout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session to end.")] input: LogoutInput,
    ) -> Result<LogoutPayload> {
        refresh::logout(ctx, input).await
    }

    /// Changes the password. All sessions end, this one too; the answer holds a new one.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present and the new one.")] input: ChangePasswordInput,
    ) -> Result<AuthPayload> {
        account::change_password(ctx, input).await
    }

    /// Removes the account with everything in it: stores and their mirror, questions, answers, actions, preferences,
    /// sessions. It cannot be undone, and no token of the account is good for anything afterwards.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The proof that it is meant.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountPayload> {
        account::delete_account(ctx, input).await
    }

    /// Asks a question about a store. The answer comes later: read the analysis request again.
    async fn submit_analysis_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: SubmitAnalysisRequestInput,
    ) -> Result<SubmitAnalysisRequestPayload> {
        submit::submit(ctx, input).await
    }

    /// Ends a question that is not wanted any more. Work in flight ends without effect.
    async fn cancel_analysis_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: CancelAnalysisRequestInput,
    ) -> Result<CancelAnalysisRequestPayload> {
        cancel::cancel(ctx, input).await
    }

    /// Answers the question that an analysis waits with; it then goes on.
    async fn answer_clarification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and the answer.")] input: AnswerClarificationInput,
    ) -> Result<AnswerClarificationPayload> {
        clarification::answer(ctx, input).await
    }

    /// Changes what the merchant prefers.
    async fn update_preferences(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to change; what is absent stays.")] input: UpdatePreferencesInput,
    ) -> Result<UpdatePreferencesPayload> {
        preferences::update(ctx, input).await
    }

    /// Begins to connect a store: the merchant goes to Shopify's page and comes back with a query string.
    #[graphql(name = "startShopifyOAuth")]
    async fn start_shopify_oauth(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which store.")] input: StartShopifyOAuthInput,
    ) -> Result<ShopifyOAuthStartPayload> {
        oauth::start(ctx, input).await
    }

    /// Connects the store that Shopify's page has led back from.
    #[graphql(name = "completeShopifyOAuth")]
    async fn complete_shopify_oauth(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What Shopify sent back.")] input: CompleteShopifyOAuthInput,
    ) -> Result<CompleteShopifyOAuthPayload> {
        oauth::complete(ctx, input).await
    }

    /// Disconnects a store and forgets its token. Its analyses stay.
    async fn unlink_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which store.")] input: UnlinkAccountInput,
    ) -> Result<UnlinkAccountPayload> {
        unlink::unlink(ctx, input).await
    }

    /// Agrees to a proposed change, exactly as its preview shows it.
    async fn user_approves_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and the preview that was seen.")] input: UserApprovesActionInput,
    ) -> Result<UserActionPayload> {
        decisions::approve(ctx, input).await
    }

    /// Declines a proposed change.
    async fn user_rejects_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: UserRejectsActionInput,
    ) -> Result<UserActionPayload> {
        decisions::reject(ctx, input).await
    }

    /// Takes back a change that was carried out.
    async fn user_undoes_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: UserUndoesActionInput,
    ) -> Result<UserActionPayload> {
        decisions::undo(ctx, input).await
    }
}
