//! The metrics, as the merchant sees them.

use async_graphql::SimpleObject;
use metrics::catalogue::{Dimension, Metric, Unit, definition};

/// One pinned definition of a metric.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct MetricDefinition {
    /// `net_sales`.
    pub(crate) name: String,
    /// Another meaning is another version.
    pub(crate) version: i32,
    /// What exactly is computed.
    pub(crate) definition: String,
    /// `money`, `count`, `ratio` or `percent`.
    pub(crate) unit: String,
    /// What it can be grouped and filtered by.
    pub(crate) dimensions: Vec<String>,
}

impl MetricDefinition {
    pub(crate) fn all() -> Vec<Self> {
        Metric::ALL.map(Self::of).into()
    }

    fn of(metric: Metric) -> Self {
        let defined = definition(metric);
        Self {
            name: defined.name.to_owned(),
            version: i32::try_from(defined.version).unwrap_or(i32::MAX),
            definition: defined.definition.to_owned(),
            unit: unit(defined.unit).to_owned(),
            dimensions: defined.dimensions.iter().copied().map(Dimension::name).map(str::to_owned).collect(),
        }
    }
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Money => "money",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::Percent => "percent",
    }
}
