//! What departments handed in, read back.

use domain::department::Department;
use domain::ids::AgentTaskId;
use domain::refusal::AnalysisErrorCode;
use domain::status::AgentTaskStatus;
use flow::analysis::Outcome;
use flow::analysis::state::Failure;
use store::turns::TaskResult;

use crate::tools::Done;

/// How a task ended; `None` while it has not.
pub(super) fn outcome(task: &TaskResult) -> Option<Outcome> {
    match task.status {
        AgentTaskStatus::Completed => Some(match done(task) {
            Some(Done::Refreshed { .. } | Done::Tables { .. }) => Outcome::Completed,
            None => Outcome::Failed(Failure::internal("a result could not be read")),
        }),
        AgentTaskStatus::Failed => {
            let message = task.error_message.clone().unwrap_or_else(|| "A step failed.".to_owned());
            Some(Outcome::Failed(Failure { code: code(task.department), message }))
        }
        AgentTaskStatus::Pending
        | AgentTaskStatus::Running
        | AgentTaskStatus::Retrying
        | AgentTaskStatus::Cancelled => None,
    }
}

/// The result of a completed task.
pub(super) fn done(task: &TaskResult) -> Option<Done> {
    serde_json::from_slice(task.result.as_deref()?).ok()
}

pub(super) fn of(tasks: &[TaskResult], id: AgentTaskId) -> Option<Done> {
    done(tasks.iter().find(|task| task.id == id)?)
}

/// Only Data Retrieval works with somebody else's service.
const fn code(department: Department) -> AnalysisErrorCode {
    match department {
        Department::DataRetrieval => AnalysisErrorCode::ExternalServiceError,
        Department::QuantitativeAnalysis
        | Department::QualitativeAnalysis
        | Department::ComparativeAnalysis
        | Department::PredictiveAnalysis
        | Department::RecommendationGeneration => AnalysisErrorCode::AgentProcessingError,
    }
}
