//! A typed plan: steps, each for one department, with what they depend on.

use std::collections::BTreeSet;

use domain::department::Department;
use domain::ids::AgentTaskId;
use domain::limits::{PLAN_STEPS_MAX, STEP_QUERIES_MAX};
use metrics::query::MetricQuery;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// "rules", or the model's id.
    pub planned_by: String,
    pub family: Family,
    pub steps: Vec<Step>,
    /// What the planner assumed and the merchant should know.
    pub assumptions: Vec<String>,
}

/// The question families that rules can plan; the renderer chooses its words by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    SalesOverTime,
    ProductRanking,
    CustomerMix,
    Comparison,
    Review,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The id of the task that carries this step out.
    pub id: AgentTaskId,
    pub description: String,
    pub work: Work,
    pub depends_on: Vec<AgentTaskId>,
    /// A failed essential step fails the analysis; any other becomes a caveat.
    pub essential: bool,
}

/// What a step asks of its department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Data Retrieval: see that the mirror is fresh, and pin a snapshot.
    RefreshMirror,
    /// Quantitative Analysis: run the queries over the pinned snapshot.
    QueryMetrics { queries: Vec<MetricQuery> },
}

impl Work {
    pub const fn department(&self) -> Department {
        match self {
            Self::RefreshMirror => Department::DataRetrieval,
            Self::QueryMetrics { .. } => Department::QuantitativeAnalysis,
        }
    }
}

/// Why a plan cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Empty,
    TooManySteps,
    TooManyQueries,
    RepeatedStep,
    /// A step depends on one that does not stand before it, so the order of the steps is an order of work.
    UnmetDependency,
    NothingEssential,
    /// An analysis reads one snapshot.
    TwoRefreshes,
}

impl Fault {
    /// What is wrong, in words for a log.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Empty => "the plan has no steps",
            Self::TooManySteps => "the plan has too many steps",
            Self::TooManyQueries => "a step has too many queries",
            Self::RepeatedStep => "two steps share an id",
            Self::UnmetDependency => "a step depends on one that does not stand before it",
            Self::NothingEssential => "no step is essential",
            Self::TwoRefreshes => "the mirror is refreshed twice",
        }
    }
}

impl Plan {
    /// Whether this is the other plan with nothing changed but words and the details of work.
    pub fn keeps_steps_of(&self, other: &Self) -> bool {
        let same = |a: &Step, b: &Step| {
            a.id == b.id
                && a.work.department() == b.work.department()
                && a.depends_on == b.depends_on
                && a.essential == b.essential
        };
        self.steps.len() == other.steps.len() && self.steps.iter().zip(&other.steps).all(|(a, b)| same(a, b))
    }

    /// Whether the plan keeps its bounds and can be worked through in its own order.
    pub fn check(&self) -> Result<(), Fault> {
        if self.steps.is_empty() {
            return Err(Fault::Empty);
        }
        if self.steps.len() > PLAN_STEPS_MAX {
            return Err(Fault::TooManySteps);
        }
        let mut before = BTreeSet::new();
        for step in &self.steps {
            let queries = match &step.work {
                Work::RefreshMirror => 0,
                Work::QueryMetrics { queries } => queries.len(),
            };
            if queries > STEP_QUERIES_MAX {
                return Err(Fault::TooManyQueries);
            }
            if !step.depends_on.iter().all(|id| before.contains(id)) {
                return Err(Fault::UnmetDependency);
            }
            if !before.insert(step.id) {
                return Err(Fault::RepeatedStep);
            }
        }
        if self.steps.iter().filter(|step| step.work == Work::RefreshMirror).count() > 1 {
            return Err(Fault::TwoRefreshes);
        }
        if self.steps.iter().any(|step| step.essential) { Ok(()) } else { Err(Fault::NothingEssential) }
    }
}
