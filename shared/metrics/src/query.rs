//! Typed queries, checked against the catalogue before anything runs.

use domain::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::catalogue::{CustomerType, Dimension, Metric, UNKNOWN};
use crate::period::{self, Period};

/// The longest name of a query, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Values in one filter.
pub const FILTER_VALUES_MAX: usize = 1_000;
/// Groups of one table before `limit` cuts them.
pub const GROUPS_MAX: usize = 200_000;
/// Dimensions of one query.
pub const DIMENSIONS_MAX: usize = 2;

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

/// Keeps rows whose dimension has one of the values: product ids, country codes, `new`, `returning`, or `unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub dimension: Dimension,
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// One of the query's metrics. Rows in which it is not defined come last, ties stand in the order of their keys.
    pub metric: Metric,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Ascending,
    Descending,
}

/// Why a query cannot be answered: the asker's mistake, so asking again the same way fails again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a query's name is 1 to {NAME_BYTES_MAX} lower-case letters, digits and underscores, not {0:?}")]
    Name(String),
    #[error("a query needs at least one metric, out of: {}", metric_names())]
    NoMetrics,
    #[error("{} is asked for twice", .0.name())]
    DuplicateMetric(Metric),
    #[error("rows are cut by {} twice", .0.name())]
    DuplicateDimension(Dimension),
    #[error("rows can be cut by at most {DIMENSIONS_MAX} dimensions, not {0}")]
    TooManyDimensions(usize),
    #[error("rows can be cut by one time dimension, not by both {} and {}", .0.name(), .1.name())]
    TwoTimeDimensions(Dimension, Dimension),
    #[error("{} cannot be grouped or filtered by {}; it allows: {}", .metric.name(), .dimension.name(), allowed(*.metric))]
    DimensionNotAllowed { metric: Metric, dimension: Dimension },
    #[error("rows cannot be filtered by {}: give a period instead", .0.name())]
    TimeFilter(Dimension),
    #[error("there are two filters by {}: give all values in one", .0.name())]
    DuplicateFilter(Dimension),
    #[error("a filter by {} needs 1 to {FILTER_VALUES_MAX} values, not {found}", .dimension.name())]
    FilterValues { dimension: Dimension, found: usize },
    #[error("{value:?} is not a value of {}; it takes {}", .dimension.name(), takes(*.dimension))]
    FilterValue { dimension: Dimension, value: String },
    #[error(transparent)]
    Period(#[from] period::Error),
    #[error("a comparison cannot be cut by {}: the two periods have no day in common", .0.name())]
    CompareOverTime(Dimension),
    #[error("rows cannot be ordered by {}, which is not among the query's metrics", .0.name())]
    OrderNotAsked(Metric),
    #[error("a limit is at least 1")]
    LimitZero,
    #[error(
        "this makes {found} groups of at most {GROUPS_MAX}: ask for a shorter period or fewer dimensions"
    )]
    TooManyGroups { found: usize },
    #[error("a row could not be written as JSON")]
    Json,
}

impl MetricQuery {
    /// Says what is wrong and what is allowed, or that the kernels will take it.
    pub fn check(&self) -> Result<(), Error> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=NAME_BYTES_MAX).contains(&self.name.len()) || !self.name.bytes().all(word) {
            return Err(Error::Name(self.name.chars().take(NAME_BYTES_MAX).collect()));
        }
        if self.metrics.is_empty() {
            return Err(Error::NoMetrics);
        }
        if let Some(twice) = repeated(&self.metrics) {
            return Err(Error::DuplicateMetric(twice));
        }
        self.check_dimensions()?;
        self.check_filters()?;
        self.period.check()?;
        if let Some(other) = &self.compare_to {
            other.check()?;
            if let Some(time) = self.time() {
                return Err(Error::CompareOverTime(time));
            }
        }
        match self.order {
            Some(order) if !self.metrics.contains(&order.metric) => Err(Error::OrderNotAsked(order.metric)),
            Some(_) | None if self.limit == Some(0) => Err(Error::LimitZero),
            Some(_) | None => Ok(()),
        }
    }

    /// The dimension that cuts time, if one does.
    pub fn time(&self) -> Option<Dimension> {
        self.by.iter().copied().find(|dimension| dimension.is_time())
    }

    /// SHA-256 of the query as JSON, fields in the order of the type.
    pub fn digest(&self) -> Result<Digest, Error> {
        Ok(Digest::of(&serde_json::to_vec(self).map_err(|_| Error::Json)?))
    }

    fn check_dimensions(&self) -> Result<(), Error> {
        if let Some(twice) = repeated(&self.by) {
            return Err(Error::DuplicateDimension(twice));
        }
        let times: Vec<Dimension> = self.by.iter().copied().filter(|it| it.is_time()).collect();
        if let [one, other, ..] = times.as_slice() {
            return Err(Error::TwoTimeDimensions(*one, *other));
        }
        if self.by.len() > DIMENSIONS_MAX {
            return Err(Error::TooManyDimensions(self.by.len()));
        }
        self.by.iter().try_for_each(|dimension| self.check_allowed(*dimension))
    }

    fn check_filters(&self) -> Result<(), Error> {
        let dimensions: Vec<Dimension> = self.filters.iter().map(|filter| filter.dimension).collect();
        if let Some(twice) = repeated(&dimensions) {
            return Err(Error::DuplicateFilter(twice));
        }
        for Filter { dimension, values } in &self.filters {
            if dimension.is_time() {
                return Err(Error::TimeFilter(*dimension));
            }
            self.check_allowed(*dimension)?;
            if !(1..=FILTER_VALUES_MAX).contains(&values.len()) {
                return Err(Error::FilterValues { dimension: *dimension, found: values.len() });
            }
            if let Some(value) = values.iter().find(|value| !is_value(*dimension, value)) {
                let value = value.chars().take(NAME_BYTES_MAX).collect();
                return Err(Error::FilterValue { dimension: *dimension, value });
            }
        }
        Ok(())
    }

    fn check_allowed(&self, dimension: Dimension) -> Result<(), Error> {
        match self.metrics.iter().find(|metric| !metric.allows(dimension)) {
            Some(metric) => Err(Error::DimensionNotAllowed { metric: *metric, dimension }),
            None => Ok(()),
        }
    }
}

fn is_value(dimension: Dimension, value: &str) -> bool {
    match dimension {
        Dimension::Product => {
            value == UNKNOWN || value.parse::<i64>().is_ok_and(|id| id > 0 && id.to_string() == value)
        }
        Dimension::Country => {
            value == UNKNOWN || (value.len() == 2 && value.bytes().all(|it| it.is_ascii_uppercase()))
        }
        Dimension::CustomerType => CustomerType::parse(value).is_some(),
        Dimension::Day | Dimension::Week | Dimension::Month => false,
    }
}

fn takes(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Product => "a product's number or unknown",
        Dimension::Country => "two capital letters or unknown",
        Dimension::CustomerType => "new, returning or unknown",
        Dimension::Day | Dimension::Week | Dimension::Month => "no values",
    }
}

fn repeated<T: Copy + PartialEq>(items: &[T]) -> Option<T> {
    let mut seen = Vec::with_capacity(items.len().min(Metric::ALL.len() + 1));
    for item in items {
        if seen.contains(item) {
            return Some(*item);
        }
        seen.push(*item);
    }
    None
}

fn metric_names() -> String {
    Metric::ALL.map(Metric::name).join(", ")
}

fn allowed(metric: Metric) -> String {
    let names: Vec<_> =
        Dimension::ALL.into_iter().filter(|it| metric.allows(*it)).map(Dimension::name).collect();
    names.join(", ")
}
