//! Refusals: part of an answer, never a fault.

use serde::{Deserialize, Serialize};

/// Why a mutation was refused (`UserErrorCode` in the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserErrorCode {
    AuthenticationRequired,
    PermissionDenied,
    NotFound,
    InvalidInput,
    RateLimitExceeded,
    ExternalServiceError,
    AgentProcessingError,
    TaskCancelled,
    Conflict,
    InternalServerError,
}

/// Why an analysis ended without an answer (`AnalysisErrorCode` in the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnalysisErrorCode {
    Unanswerable,
    NoData,
    NoStore,
    ClarificationExpired,
    BudgetExhausted,
    ExternalServiceError,
    AgentProcessingError,
    DeadlineExceeded,
}

impl AnalysisErrorCode {
    pub const ALL: [Self; 8] = [
        Self::Unanswerable,
        Self::NoData,
        Self::NoStore,
        Self::ClarificationExpired,
        Self::BudgetExhausted,
        Self::ExternalServiceError,
        Self::AgentProcessingError,
        Self::DeadlineExceeded,
    ];

    /// The word used in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unanswerable => "unanswerable",
            Self::NoData => "no_data",
            Self::NoStore => "no_store",
            Self::ClarificationExpired => "clarification_expired",
            Self::BudgetExhausted => "budget_exhausted",
            Self::ExternalServiceError => "external_service_error",
            Self::AgentProcessingError => "agent_processing_error",
            Self::DeadlineExceeded => "deadline_exceeded",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.name() == name)
    }
}
