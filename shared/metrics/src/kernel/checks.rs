//! Conservation: what must agree whatever the store holds.

use super::filters::Filters;
use super::groups::{Groups, Sums};
use super::rows::cell;
use super::scan::Window;
use crate::catalogue::Metric;
use crate::query::MetricQuery;
use crate::snapshot::Snapshot;
use crate::table::{Cell, Check};

/// What the orders of the period say of themselves against what their lines come to, gift cards included.
pub(super) fn control_totals(snapshot: &Snapshot, filters: &Filters, window: &Window) -> Vec<Check> {
    let orders = &snapshot.orders;
    let kept = |column: &[i64]| -> i64 {
        let kept =
            window.orders().filter(|order| filters.keeps_order(orders.kind[*order], orders.country[*order]));
        kept.map(|order| column[order]).sum()
    };
    vec![
        check("lines_match_orders.subtotal", kept(&orders.subtotal), kept(&orders.subtotal_of_lines)),
        check("lines_match_orders.discounts", kept(&orders.discounts), kept(&orders.discounts_of_lines)),
    ]
}

/// The groups, before any limit, against the whole that was computed without them.
pub(super) fn parts_and_whole(query: &MetricQuery, groups: &Groups, total: &Sums) -> Vec<Check> {
    let sum = |part: fn(&Sums) -> i64| groups.sums.iter().map(part).sum();
    // By product, and there alone, the whole is computed from orders and the groups from lines.
    let mut checks = vec![
        check("lines_counted_once", total.lines, sum(|it| it.lines)),
        check("returned_lines_counted_once", total.returned_lines, sum(|it| it.returned_lines)),
    ];
    for metric in query.metrics.iter().filter(|metric| metric.adds_up_over(&query.by)) {
        let name = format!("parts_sum_to_whole.{}", metric.name());
        let found = groups.sums.iter().map(|part| amount(*metric, part)).sum();
        checks.push(check(&name, amount(*metric, total), found));
    }
    if query.metrics.contains(&Metric::NetSales) {
        let parts = total.gross - total.discounts - total.returns;
        checks.push(check(
            "net_is_gross_less_discounts_and_returns",
            parts,
            sum(|it| amount(Metric::NetSales, it)),
        ));
    }
    checks
}

const fn amount(metric: Metric, sums: &Sums) -> i64 {
    match cell(metric, sums) {
        Cell::Count(value) | Cell::Money(value) => value,
        // No quotient adds up over anything, so that none is asked for here.
        Cell::Ratio { .. } | Cell::None => 0,
    }
}

fn check(name: &str, expected: i64, found: i64) -> Check {
    Check { name: name.to_owned(), expected, found }
}
