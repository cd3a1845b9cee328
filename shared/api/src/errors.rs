//! The two ways to say no: a [`UserError`] is part of a mutation's answer, an error with a [`Code`] is not.

use async_graphql::{
    Enum, Error, ErrorExtensionValues, ErrorExtensions, Interface, ServerError, SimpleObject, Value,
};
use domain::refusal;

/// What stands in `extensions.code` of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A value breaks a rule.
    BadUserInput,
    /// There is no token, or it is not a valid one.
    Unauthenticated,
    /// Not there, or not yours, where null cannot say it.
    NotFound,
    /// Too often.
    RateLimited,
    /// Too deep, wide, large or costly.
    QueryTooComplex,
    /// Overloaded, or the database is away.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// One text for a token that is forged, has expired, or whose session has ended.
pub(crate) const TOKEN_REFUSED: &str = "The access token is not valid or has expired.";

/// Seconds after which a client may ask again when we were not there.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 1;

impl Code {
    pub(crate) const ALL: [Self; 9] = [
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::BadUserInput,
        Self::Unauthenticated,
        Self::NotFound,
        Self::RateLimited,
        Self::QueryTooComplex,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The word on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::NotFound => "NOT_FOUND",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }

    /// What it means to a client, for the documentation.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::ParseFailed => "The document is not GraphQL.",
            Self::ValidationFailed => "The document does not fit the schema.",
            Self::BadUserInput => "The request or a value in it breaks a rule.",
            Self::Unauthenticated => "There is no token, or it is forged, expired or revoked: log in again.",
            Self::NotFound => "What is to be watched is not there, or not yours.",
            Self::RateLimited => "Too often: try again after `retryAfter`.",
            Self::QueryTooComplex => "Too large, deep, wide or costly: ask for less.",
            Self::Unavailable => "Overloaded, or the database is away: try again after `retryAfter`.",
            Self::Internal => "A fault of ours.",
        }
    }

    /// The code that an error carries.
    pub(crate) fn of(error: &ServerError) -> Option<Self> {
        match error.extensions.as_ref()?.get("code")? {
            Value::String(name) => Self::ALL.into_iter().find(|code| code.name() == name),
            _ => None,
        }
    }

    /// An error outside any resolver.
    pub(crate) fn refuse(self, message: impl Into<String>) -> ServerError {
        let mut error = ServerError::new(message, None);
        self.mark(&mut error);
        error
    }

    /// An error of a resolver.
    pub(crate) fn raise(self, message: impl Into<String>) -> Error {
        Error::new(message).extend_with(|_, extensions| self.describe(extensions))
    }

    /// The refusal of what comes too often.
    pub(crate) fn too_often(retry_after_seconds: u64) -> ServerError {
        let message = format!("Too many requests. Try again in {retry_after_seconds} seconds.");
        let mut error = Self::RateLimited.refuse(message);
        error.extensions.get_or_insert_default().set("retryAfter", retry_after_seconds);
        error
    }

    pub(crate) fn mark(self, error: &mut ServerError) {
        self.describe(error.extensions.get_or_insert_default());
    }

    fn describe(self, extensions: &mut ErrorExtensionValues) {
        extensions.set("code", self.name());
        if self == Self::Unavailable {
            extensions.set("retryAfter", RETRY_AFTER_SECONDS);
        }
    }
}

/// Something of ours failed while a field was resolved: the cause goes to the log, the client gets a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Unavailable,
    /// The session has ended since its token was issued.
    SessionEnded,
    Internal,
}

impl Fault {
    /// Logs a fault that has no type of its own.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a field could not be resolved");
        Self::Internal
    }
}

impl From<store::error::Error> for Fault {
    fn from(cause: store::error::Error) -> Self {
        if matches!(cause, store::error::Error::SessionEnded) {
            Self::SessionEnded
        } else if cause.is_retry() {
            tracing::warn!(%cause, "the database did not answer");
            Self::Unavailable
        } else {
            Self::internal(&cause)
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable => Code::Unavailable.raise("The service is busy. Try again in a moment."),
            Fault::SessionEnded => Code::Unauthenticated.raise(TOKEN_REFUSED),
            // The envelope puts the request's id beside it.
            Fault::Internal => Code::Internal.raise("Something went wrong on our side."),
        }
    }
}

/// Why a mutation was refused.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct UserError {
    /// What a person reads.
    pub(crate) message: String,
    /// What a program branches on.
    pub(crate) code: UserErrorCode,
    /// The path of the input field that is at fault, where one is.
    pub(crate) field: Option<Vec<String>>,
}

impl UserError {
    pub(crate) fn new(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { message: message.into(), code, field: None }
    }

    /// What was done too often, and in how many seconds there is room again.
    pub(crate) fn too_often(what: &str, retry_after_seconds: i64) -> Self {
        let seconds = retry_after_seconds.max(1);
        Self::new(UserErrorCode::RateLimitExceeded, format!("{what} Try again in {seconds} seconds."))
    }

    /// A value that breaks a rule, in the input field of that name.
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: UserErrorCode::InvalidInput,
            field: Some(vec![field.to_owned()]),
        }
    }
}

/// The reasons for which a mutation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "refusal::UserErrorCode")]
pub(crate) enum UserErrorCode {
    /// The credentials are wrong.
    AuthenticationRequired,
    /// The store has not granted what this needs.
    PermissionDenied,
    /// There is no such thing, or it is not yours.
    NotFound,
    /// A value breaks a rule; `field` names it.
    InvalidInput,
    /// Too often; the message says when to try again.
    RateLimitExceeded,
    /// Shopify or a model failed for good.
    ExternalServiceError,
    /// An agent failed for good.
    AgentProcessingError,
    /// The work was cancelled.
    TaskCancelled,
    /// Not allowed in the present state.
    Conflict,
    /// A fault of ours.
    InternalServerError,
}

/// What every mutation answers with.
#[derive(Interface)]
#[graphql(field(
    name = "user_errors",
    ty = "&Vec<UserError>",
    desc = "Why nothing was done; empty when it was."
))]
pub(crate) enum MutationPayload {
    Auth(crate::sessions::AuthPayload),
    Logout(crate::sessions::refresh::LogoutPayload),
    DeleteAccount(crate::sessions::account::DeleteAccountPayload),
    SubmitAnalysisRequest(crate::analysis_requests::submit::SubmitAnalysisRequestPayload),
    CancelAnalysisRequest(crate::analysis_requests::cancel::CancelAnalysisRequestPayload),
    AnswerClarification(crate::analysis_requests::clarification::AnswerClarificationPayload),
    UpdatePreferences(crate::users::preferences::UpdatePreferencesPayload),
    ShopifyOAuthStart(crate::linked_accounts::oauth::ShopifyOAuthStartPayload),
    CompleteShopifyOAuth(crate::linked_accounts::oauth::CompleteShopifyOAuthPayload),
    UnlinkAccount(crate::linked_accounts::unlink::UnlinkAccountPayload),
    UserAction(crate::proposed_actions::decisions::UserActionPayload),
}
