//! The kernels: a checked query over a snapshot, by plain loops over sorted integer columns. No sum here can
//! overflow: `Snapshot::new` has seen to it that not even all amounts together do.

mod checks;
mod filters;
mod groups;
mod rows;
mod scan;

use crate::period::Period;
use crate::query::{Error, GROUPS_MAX, MetricQuery};
use crate::snapshot::Snapshot;
use crate::table::{Check, Table, rows_digest};

use filters::Filters;
use groups::{Axes, Groups, Sums};

/// Answers a query, checked first. The same snapshot and query give the same table, to the byte, on every machine.
///
/// A group has a row if it had an order in the period (or, where returns are asked for, a return); slices of time
/// have one in any case, zero where nothing happened, with every value of the other dimension that has a row.
/// Rows stand in the order of their keys unless the query orders them: time and numbers ascending, `new` before
/// `returning`, `unknown` last.
pub fn execute(snapshot: &Snapshot, query: &MetricQuery) -> Result<Table, Error> {
    query.check()?;
    let filters = Filters::new(snapshot, query);
    let side = Side::new(snapshot, query, &filters, &query.period)?;
    let other = match &query.compare_to {
        Some(period) => Some(Side::new(snapshot, query, &filters, period)?),
        None => None,
    };
    let pairs = rows::pair(&side.groups, other.as_ref().map(|other| &other.groups));
    if pairs.len() > GROUPS_MAX {
        return Err(Error::TooManyGroups { found: pairs.len() });
    }
    let groups = pairs.len() as u64;
    let rows = rows::rows(snapshot, query, &side.axes, pairs);
    let total = rows::cells(&query.metrics, &side.total);
    let compare_total = other.as_ref().map(|other| rows::cells(&query.metrics, &other.total));
    let mut checks = side.checks;
    checks.extend(
        other
            .into_iter()
            .flat_map(|other| other.checks)
            .map(|check| Check { name: format!("compare.{}", check.name), ..check }),
    );
    Ok(Table {
        name: query.name.clone(),
        metrics: query.metrics.clone(),
        by: query.by.clone(),
        period: query.period,
        compare_to: query.compare_to,
        currency: snapshot.currency(),
        query_digest: query.digest()?,
        rows_digest: rows_digest(&rows, &total, compare_total.as_deref())?,
        snapshot: snapshot.digest(),
        rows,
        total,
        compare_total,
        groups,
        checks,
    })
}

/// One period's groups, its whole, and how the two agree.
struct Side {
    axes: Axes,
    groups: Groups,
    total: Sums,
    checks: Vec<Check>,
}

impl Side {
    fn new(
        snapshot: &Snapshot,
        query: &MetricQuery,
        filters: &Filters,
        period: &Period,
    ) -> Result<Self, Error> {
        let whole = scan::Window::new(snapshot, period, None)?;
        let total = scan::scan(snapshot, query, filters, &whole, &Axes::default()).whole();
        let window = scan::Window::new(snapshot, period, query.time())?;
        let axes = Axes::new(snapshot, &query.by, &window);
        let groups = if query.by.is_empty() {
            Groups::of_whole(total)
        } else {
            let mut groups = scan::scan(snapshot, query, filters, &window, &axes);
            groups.fill_time(&axes)?;
            groups
        };
        let mut checks = checks::control_totals(snapshot, filters, &whole);
        if !query.by.is_empty() {
            checks.extend(checks::parts_and_whole(query, &groups, &total));
        }
        Ok(Self { axes, groups, total, checks })
    }
}
