//! Typed queries, checked against the catalogue before anything runs.

use serde::{Deserialize, Serialize};

use crate::catalogue::{Dimension, Metric};
use crate::period::Period;

/// One question to the kernels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricQuery {
    /// The table's name in the answer, unique in its plan: `sales_by_month`.
    pub name: String,
    pub metrics: Vec<Metric>,
    /// At most one time dimension and at most two dimensions in all.
    pub by: Vec<Dimension>,
    pub filters: Vec<Filter>,
    pub period: Period,
    /// The period to put beside `period`; not together with a time dimension.
    pub compare_to: Option<Period>,
    pub order: Option<Order>,
    pub limit: Option<u32>,
}

/// Keeps rows whose dimension has one of the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub dimension: Dimension,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub metric: Metric,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Ascending,
    Descending,
}
