//! Sums into rows: paired, ordered, cut, named.

use std::cmp::Ordering;

use super::groups::{Axes, Groups, Sums};
use crate::catalogue::{CustomerType, Dimension, Metric, UNKNOWN};
use crate::query::{Direction, MetricQuery, Order};
use crate::snapshot::Snapshot;
use crate::table::{Cell, Key, Row};

/// A group's place and its sums in the period and in the one beside it.
pub(super) type Pair = (u64, Sums, Option<Sums>);

/// All groups in the order of their keys; with a comparison those of both sides, zero where one has none.
pub(super) fn pair(groups: &Groups, other: Option<&Groups>) -> Vec<Pair> {
    let sorted = |groups: &Groups| {
        let mut pairs: Vec<(u64, Sums)> =
            groups.places.iter().copied().zip(groups.sums.iter().copied()).collect();
        pairs.sort_unstable_by_key(|(place, _)| *place);
        pairs
    };
    let ours = sorted(groups);
    let Some(other) = other else {
        return ours.into_iter().map(|(place, sums)| (place, sums, None)).collect();
    };
    let mut pairs = Vec::with_capacity(ours.len());
    let mut theirs = sorted(other).into_iter().peekable();
    for (place, sums) in ours {
        while let Some((missing, other)) = theirs.next_if(|(theirs, _)| *theirs < place) {
            pairs.push((missing, Sums::default(), Some(other)));
        }
        let same = theirs.next_if(|(theirs, _)| *theirs == place);
        pairs.push((place, sums, Some(same.map(|(_, other)| other).unwrap_or_default())));
    }
    pairs.extend(theirs.map(|(missing, other)| (missing, Sums::default(), Some(other))));
    pairs
}

/// Orders, cuts, and writes out what is left.
pub(super) fn rows(snapshot: &Snapshot, query: &MetricQuery, axes: &Axes, mut pairs: Vec<Pair>) -> Vec<Row> {
    if let Some(order) = query.order {
        pairs.sort_by(|one, other| by_metric(order, &one.1, &other.1));
    }
    if let Some(limit) = query.limit {
        pairs.truncate(limit as usize);
    }
    let row = |(place, sums, other): Pair| Row {
        keys: axes.codes(place).map(|(dimension, code)| key(snapshot, axes, dimension, code)).collect(),
        cells: cells(&query.metrics, &sums),
        compare: other.map(|other| cells(&query.metrics, &other)),
    };
    pairs.into_iter().map(row).collect()
}

pub(super) fn cells(metrics: &[Metric], sums: &Sums) -> Vec<Cell> {
    metrics.iter().map(|metric| cell(*metric, sums)).collect()
}

pub(super) const fn cell(metric: Metric, sums: &Sums) -> Cell {
    match metric {
        Metric::GrossSales => Cell::Money(sums.gross),
        Metric::Discounts => Cell::Money(sums.discounts),
        Metric::Returns => Cell::Money(sums.returns),
        Metric::NetSales => Cell::Money(sums.gross - sums.discounts - sums.returns),
        Metric::Orders => Cell::Count(sums.orders),
        Metric::Units => Cell::Count(sums.units),
        Metric::Aov => ratio(sums.gross - sums.discounts, sums.orders),
        Metric::UnitsPerOrder => ratio(sums.units, sums.orders),
        Metric::Customers => Cell::Count(sums.customers),
        Metric::NewCustomers => Cell::Count(sums.new_customers),
        Metric::ReturningCustomers => Cell::Count(sums.customers - sums.new_customers),
        Metric::RepeatPurchaseRate => ratio(sums.repeaters, sums.customers),
    }
}

const fn ratio(numerator: i64, denominator: i64) -> Cell {
    if denominator == 0 { Cell::None } else { Cell::Ratio { numerator, denominator } }
}

/// Undefined cells stand last in both directions; equals stay in the order of their keys, for the sort is stable.
fn by_metric(order: Order, one: &Sums, other: &Sums) -> Ordering {
    let key = |sums| match cell(order.metric, sums) {
        Cell::Count(value) | Cell::Money(value) => Some((value, 1)),
        Cell::Ratio { numerator, denominator } => Some((numerator, denominator)),
        Cell::None => None,
    };
    match (key(one), key(other)) {
        (Some((n, d)), Some((m, e))) => {
            let ascending = (i128::from(n) * i128::from(e)).cmp(&(i128::from(m) * i128::from(d)));
            match order.direction {
                Direction::Ascending => ascending,
                Direction::Descending => ascending.reverse(),
            }
        }
        (one, other) => one.is_none().cmp(&other.is_none()),
    }
}

fn key(snapshot: &Snapshot, axes: &Axes, dimension: Dimension, code: usize) -> Key {
    let (value, label) = match dimension {
        Dimension::Day | Dimension::Week | Dimension::Month => {
            (axes.start(code).map(|day| day.to_string()), None)
        }
        Dimension::Product => match snapshot.product(code) {
            Some((id, title)) => (Some(id.to_string()), title.map(str::to_owned)),
            None => (None, None),
        },
        Dimension::Country => (snapshot.country(code), None),
        Dimension::CustomerType => (CustomerType::ALL.get(code).map(|kind| kind.name().to_owned()), None),
    };
    let value = value.unwrap_or_else(|| UNKNOWN.to_owned());
    Key { label: label.unwrap_or_else(|| value.clone()), value }
}
