//! The checkpoint of an analysis: small, because it refers to results and does not hold them.

use domain::ids::LinkedAccountId;
use domain::limits::{ANALYSIS_SECONDS_MAX, TURNS_MAX};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::analysis::Event;
use crate::analysis::clarification::Clarification;
use crate::plan::Plan;

/// Raised when an older reader could not read what is written; every version ever written decodes for ever.
pub const SCHEMA_VERSION: u32 = 2;
/// What is written while it says everything, so that an older program goes on with it.
const WITHOUT_CLARIFICATIONS: u32 = 1;

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
    /// Questions back to the merchant, in their order; only the last one can be open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clarifications: Vec<Clarification>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    New,
    Planning,
    /// The last clarification is open; the clock of the analysis stands still.
    AwaitingClarification,
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
            v: WITHOUT_CLARIFICATIONS,
            phase: Phase::New,
            turns_left: TURNS_MAX,
            asked_at: None,
            plan: None,
            steps: Vec::new(),
            clarifications: Vec::new(),
        }
    }
}

impl State {
    /// Reads a checkpoint of any version.
    pub fn decode(value: Value) -> Result<Self, Unreadable> {
        let state: Self = serde_json::from_value(value).map_err(Unreadable::Malformed)?;
        if (1..=SCHEMA_VERSION).contains(&state.v) { Ok(state) } else { Err(Unreadable::Version(state.v)) }
    }

    /// When the analysis is given up: the time it waited for the merchant does not count. `None` before it began, and
    /// while it waits.
    pub fn deadline(&self) -> Option<Timestamp> {
        let waited = self.clarifications.iter().map(Clarification::waited);
        let waited = waited.sum::<Option<SignedDuration>>()?;
        let work = SignedDuration::from_secs(ANALYSIS_SECONDS_MAX);
        self.asked_at?.checked_add(waited.checked_add(work)?).ok()
    }

    /// What the clock alone says by now: that the analysis, or the question it waits with, has had its time.
    pub fn due(&self, now: Timestamp) -> Option<Event> {
        if self.is_done() {
            return None;
        }
        match self.open_clarification() {
            Some(open) => open.is_expired(now).then_some(Event::Expired),
            None => self.deadline().is_some_and(|deadline| deadline <= now).then_some(Event::TimedOut),
        }
    }

    /// The question that the analysis waits with.
    pub fn open_clarification(&self) -> Option<&Clarification> {
        match self.phase {
            Phase::AwaitingClarification => self.clarifications.last(),
            Phase::New
            | Phase::Planning
            | Phase::Settling
            | Phase::Working
            | Phase::Rendering
            | Phase::Done { .. } => None,
        }
    }

    /// The store that the merchant chose last, where they were asked.
    pub fn chosen_account(&self) -> Option<LinkedAccountId> {
        self.clarifications.iter().rev().find_map(Clarification::chosen_account)
    }

    pub const fn is_done(&self) -> bool {
        match self.phase {
            Phase::Done { .. } => true,
            Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Settling
            | Phase::Working
            | Phase::Rendering => false,
        }
    }

    /// What the merchant is shown.
    pub const fn status(&self) -> AnalysisRequestStatus {
        match &self.phase {
            Phase::New => AnalysisRequestStatus::Pending,
            Phase::Planning | Phase::Working | Phase::Settling | Phase::Rendering => {
                AnalysisRequestStatus::Processing
            }
            Phase::AwaitingClarification => AnalysisRequestStatus::AwaitingClarification,
            Phase::Done { ending: Ending::Completed } => AnalysisRequestStatus::Completed,
            Phase::Done { ending: Ending::Cancelled } => AnalysisRequestStatus::Cancelled,
            Phase::Done { ending: Ending::Failed { .. } } => AnalysisRequestStatus::Failed,
        }
    }

    /// Why it ended without an answer.
    pub const fn failure(&self) -> Option<&Failure> {
        match &self.phase {
            Phase::Done { ending: Ending::Failed { failure } } => Some(failure),
            Phase::Done { ending: Ending::Completed | Ending::Cancelled }
            | Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Working
            | Phase::Settling
            | Phase::Rendering => None,
        }
    }

    /// Adds a question; from now on older programs cannot read the checkpoint.
    pub(super) fn ask_back(&mut self, clarification: Clarification) {
        self.v = SCHEMA_VERSION;
        self.clarifications.push(clarification);
        self.phase = Phase::AwaitingClarification;
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
