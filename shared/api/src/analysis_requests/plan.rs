//! The plan of an analysis, read from its checkpoint.

use async_graphql::{ID, SimpleObject};
use domain::department;
use domain::ids::AgentTaskId;
use serde::Deserialize;
use serde::de::Error;
use serde_json::Value;

use crate::agent_tasks::Department;

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct PlanStep {
    /// The id of the task that carries this step out.
    pub(crate) id: ID,
    /// Who does it.
    pub(crate) department: Department,
    /// What is to be done.
    pub(crate) description: String,
    /// The steps that must be done before.
    pub(crate) depends_on: Vec<ID>,
}

/// The members of `flow::plan::Plan` that are shown.
#[derive(Deserialize)]
struct Stored {
    steps: Vec<StoredStep>,
}

#[derive(Deserialize)]
struct StoredStep {
    id: AgentTaskId,
    description: String,
    work: Value,
    depends_on: Vec<AgentTaskId>,
}

impl PlanStep {
    /// # Errors
    /// When the JSON is not a plan.
    pub(crate) fn read(plan: &Value) -> serde_json::Result<Vec<Self>> {
        let stored = Stored::deserialize(plan)?;
        stored.steps.into_iter().map(Self::of).collect()
    }

    fn of(step: StoredStep) -> serde_json::Result<Self> {
        let department = department(&step.work).ok_or_else(|| serde_json::Error::custom("unknown work"))?;
        Ok(Self {
            id: step.id.opaque().into(),
            department: department.into(),
            description: step.description,
            depends_on: step.depends_on.into_iter().map(|id| id.opaque().into()).collect(),
        })
    }
}

/// Work is stored as its kind's name, or as an object with that one member.
fn department(work: &Value) -> Option<department::Department> {
    let kind = work.as_str().or_else(|| work.as_object()?.keys().next().map(String::as_str))?;
    match kind {
        "refresh_mirror" => Some(department::Department::DataRetrieval),
        "query_metrics" => Some(department::Department::QuantitativeAnalysis),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::AgentTaskId;
    use flow::plan::{Family, Plan, Step, Work};

    use super::{Department, PlanStep};

    #[test]
    fn every_kind_of_work_is_shown_with_its_department() {
        let works = [Work::RefreshMirror, Work::QueryMetrics { queries: Vec::new() }];
        let first = AgentTaskId::new();
        let step = |work: Work| Step {
            id: AgentTaskId::new(),
            description: "Do it.".to_owned(),
            work,
            depends_on: vec![first],
            essential: true,
        };
        let steps: Vec<_> = works.into_iter().map(step).collect();
        let expected: Vec<_> = steps
            .iter()
            .map(|step| PlanStep {
                id: step.id.opaque().into(),
                department: Department::from(step.work.department()),
                description: "Do it.".to_owned(),
                depends_on: vec![first.opaque().into()],
            })
            .collect();
        let plan =
            Plan { planned_by: "rules".to_owned(), family: Family::Review, steps, assumptions: Vec::new() };
        assert_eq!(PlanStep::read(&serde_json::to_value(&plan).unwrap()).unwrap(), expected);
    }
}
