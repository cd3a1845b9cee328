//! What a query gives back.

use domain::digest::Digest;
use domain::money::Currency;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Dimension, Metric};
use crate::period::Period;

/// The rows of one query. Every row has one key for each dimension and one cell for each metric (two with
/// `compare_to`: this period's, then the other's).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub metrics: Vec<Metric>,
    pub by: Vec<Dimension>,
    pub period: Period,
    pub compare_to: Option<Period>,
    pub currency: Currency,
    pub rows: Vec<Row>,
    /// The same metrics over the whole period without dimensions: parts sum to it where the metric is additive.
    pub total: Vec<Cell>,
    pub compare_total: Option<Vec<Cell>>,
    /// How many groups there were before `limit` cut them.
    pub groups: u64,
    pub query_digest: Digest,
    pub rows_digest: Digest,
    /// Digest of the snapshot's segment list.
    pub snapshot: Digest,
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub keys: Vec<Key>,
    pub cells: Vec<Cell>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Vec<Cell>>,
}

/// A group's key in one dimension.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// A date (`2011-11-01`: first day of the week or month), a product id, a country code, `new`...
    pub value: String,
    /// What a person reads: the product's title. Equal to `value` where there is nothing better.
    pub label: String,
}

/// One exact value: a count, an amount of minor units, or a ratio of two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    Count(i64),
    /// Minor units of the shop's currency.
    Money(i64),
    /// An exact quotient; money ratios have minor units in the numerator. Rounded only when printed.
    Ratio { numerator: i64, denominator: i64 },
    /// Not defined here (a quotient by zero).
    None,
}

/// One conservation check and how it came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `parts_sum_to_whole`, `lines_match_orders`...
    pub name: String,
    pub expected: i64,
    pub found: i64,
}

impl Check {
    pub const fn holds(&self) -> bool {
        self.expected == self.found
    }
}
