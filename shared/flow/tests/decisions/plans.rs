//! The plan that the tests of decisions share: a refresh, a query that matters, and one that does not.

use domain::ids::AgentTaskId;
use domain::refusal::AnalysisErrorCode;
use flow::analysis::Outcome;
use flow::analysis::state::Failure;
use flow::plan::{Family, Plan, Step, Work};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub(crate) fn task(n: u128) -> AgentTaskId {
    AgentTaskId::from_uuid(Uuid::from_u128(n))
}

/// Seconds after the question.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

pub(crate) fn failed(code: AnalysisErrorCode) -> Outcome {
    Outcome::Failed(Failure { code, message: "it broke".to_owned() })
}

pub(crate) fn plan() -> Plan {
    let step = |n, work, depends_on, essential| Step {
        id: task(n),
        description: format!("step {n}"),
        work,
        depends_on,
        essential,
    };
    let query = || Work::QueryMetrics { queries: Vec::new() };
    Plan {
        planned_by: "rules".to_owned(),
        family: Family::Review,
        steps: vec![
            step(1, Work::RefreshMirror, vec![], true),
            step(2, query(), vec![task(1)], true),
            step(3, query(), vec![task(1)], false),
        ],
        assumptions: Vec::new(),
    }
}
