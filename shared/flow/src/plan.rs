//! A typed plan: steps, each for one department, with what they depend on.

use domain::department::Department;
use domain::ids::AgentTaskId;
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
