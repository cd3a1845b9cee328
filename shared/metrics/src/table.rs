//! What a query gives back.

use domain::digest::Digest;
use domain::money::{Currency, format_minor};
use serde::{Deserialize, Serialize};

use crate::catalogue::{Dimension, Metric, Unit};
use crate::period::Period;
use crate::query::Error;
use crate::rounding::quotient;

/// Places that a plain quotient is printed with.
pub const RATIO_PLACES: u32 = 2;
/// Places that a percentage is printed with.
pub const PERCENT_PLACES: u32 = 1;

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
    /// `MetricQuery::digest` of the question.
    pub query_digest: Digest,
    /// `rows_digest` of `rows`, `total` and `compare_total`.
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
    /// A date (`2011-11-01`: first day of the whole week or month, also where the period cuts it short), a product
    /// id, a country code, `new`, `returning`, or `unknown`.
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
    /// An exact quotient; money ratios have minor units in the numerator. The denominator is positive.
    /// Rounded only when printed.
    Ratio {
        numerator: i64,
        denominator: i64,
    },
    /// Not defined here (a quotient by zero).
    None,
}

impl Cell {
    /// The value as a decimal text, rounded half to even where it is a quotient: money with all places of the
    /// currency (`exponent` as in `Currency::exponent`), plain quotients with `RATIO_PLACES`, shares as percentages
    /// with `PERCENT_PLACES` (1/8 is "12.5"). `None` for `Cell::None`.
    pub fn decimal(self, unit: Unit, exponent: u32) -> Option<String> {
        match self {
            Self::Count(count) => Some(count.to_string()),
            Self::Money(minor) => Some(format_minor(minor.into(), exponent)),
            Self::Ratio { numerator, denominator } => {
                let (n, d) = (i128::from(numerator), i128::from(denominator));
                match unit {
                    Unit::Money => Some(format_minor(quotient(n, d, 0)?, exponent)),
                    Unit::Count | Unit::Ratio => {
                        Some(format_minor(quotient(n, d, RATIO_PLACES)?, RATIO_PLACES))
                    }
                    Unit::Percent => {
                        Some(format_minor(quotient(n * 100, d, PERCENT_PLACES)?, PERCENT_PLACES))
                    }
                }
            }
            Self::None => None,
        }
    }
}

/// One conservation check and how it came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `parts_sum_to_whole.net_sales`, `lines_match_orders`... With a comparison, the other period's checks begin
    /// with `compare.`.
    pub name: String,
    pub expected: i64,
    pub found: i64,
}

impl Check {
    pub const fn holds(&self) -> bool {
        self.expected == self.found
    }
}

/// SHA-256 of the JSON array `[rows, total, compare_total]`, fields in the order of the types.
pub fn rows_digest(rows: &[Row], total: &[Cell], compare_total: Option<&[Cell]>) -> Result<Digest, Error> {
    Ok(Digest::of(&serde_json::to_vec(&(rows, total, compare_total)).map_err(|_| Error::Json)?))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Unit};

    #[test]
    fn cells_print_exactly_and_round_half_to_even() {
        let ratio = |numerator, denominator| Cell::Ratio { numerator, denominator };
        let cases = [
            (Cell::Count(12), Unit::Count, 2, Some("12")),
            (Cell::Money(-105), Unit::Money, 2, Some("-1.05")),
            (Cell::Money(105), Unit::Money, 0, Some("105")),
            (ratio(1001, 2), Unit::Money, 2, Some("5.00")),
            (ratio(1003, 2), Unit::Money, 2, Some("5.02")),
            (ratio(2, 3), Unit::Ratio, 2, Some("0.67")),
            (ratio(1, 8), Unit::Percent, 2, Some("12.5")),
            (ratio(1, 3), Unit::Percent, 2, Some("33.3")),
            (ratio(i64::MAX, 1), Unit::Percent, 2, Some("922337203685477580700.0")),
            (Cell::None, Unit::Percent, 2, None),
        ];
        for (cell, unit, exponent, expected) in cases {
            assert_eq!(cell.decimal(unit, exponent).as_deref(), expected, "{cell:?}");
        }
    }
}
