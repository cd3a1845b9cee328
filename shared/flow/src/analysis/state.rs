//! The checkpoint of an analysis: small, because it refers to results and does not hold them.

use domain::limits::{ANALYSIS_SECONDS_MAX, TURNS_MAX};
use domain::refusal::AnalysisErrorCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::Plan;

/// Raised when an older reader could not read what is written; every version ever written decodes for ever.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    v: u32,
    pub phase: Phase,
    /// Events that may still change something before the analysis is given up.
    pub turns_left: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// One for each step of the plan, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    New,
    Planning,
    Working,
    /// The mirror has been refreshed; the plan is looked at again.
    Settling,
    Rendering,
    Done {
        ending: Ending,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Waiting,
    Dispatched,
    Completed,
    Failed {
        failure: Failure,
    },
    /// What it needs has failed.
    Skipped {
        failure: Failure,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Completed,
    Failed { failure: Failure },
    Cancelled,
}

/// Why something ended without what was asked of it. The message is for the merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub code: AnalysisErrorCode,
    pub message: String,
}

/// A checkpoint that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    #[error("the checkpoint has version {0}, which is newer than this program")]
    Version(u32),
    #[error("the checkpoint is malformed")]
    Malformed(#[source] serde_json::Error),
}

impl StepStatus {
    pub const fn is_settled(&self) -> bool {
        match self {
            Self::Completed | Self::Failed { .. } | Self::Skipped { .. } => true,
            Self::Waiting | Self::Dispatched => false,
        }
    }

    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed { failure } | Self::Skipped { failure } => Some(failure),
            Self::Waiting | Self::Dispatched | Self::Completed => None,
        }
    }
}

impl Failure {
    /// A fault of ours: `cause` says which, without data.
    pub fn internal(cause: &str) -> Self {
        let message = format!("The analysis could not be completed: {cause}.");
        Self { code: AnalysisErrorCode::AgentProcessingError, message }
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            v: SCHEMA_VERSION,
            phase: Phase::New,
            turns_left: TURNS_MAX,
            asked_at: None,
            plan: None,
            steps: Vec::new(),
        }
    }
}

impl State {
    /// Reads a checkpoint of any version.
    pub fn decode(value: Value) -> Result<Self, Unreadable> {
        let state: Self = serde_json::from_value(value).map_err(Unreadable::Malformed)?;
        if state.v == SCHEMA_VERSION { Ok(state) } else { Err(Unreadable::Version(state.v)) }
    }

    /// When the analysis is given up; `None` before it began.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.asked_at?.checked_add(SignedDuration::from_secs(ANALYSIS_SECONDS_MAX)).ok()
    }

    /// Whether it has run longer than it may.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        !self.is_done() && self.deadline().is_some_and(|deadline| deadline <= now)
    }

    pub const fn is_done(&self) -> bool {
        match self.phase {
            Phase::Done { .. } => true,
            Phase::New | Phase::Planning | Phase::Settling | Phase::Working | Phase::Rendering => false,
        }
    }

    /// What the merchant must know about steps that failed without failing the analysis.
    pub fn caveats(&self) -> Vec<String> {
        let steps = self.plan.iter().flat_map(|plan| &plan.steps).zip(&self.steps);
        let failed = steps.filter_map(|(step, status)| Some((step, status.failure()?)));
        failed
            .map(|(step, failure)| format!("\"{}\" is missing: {}", step.description, failure.message))
            .collect()
    }
}
