//! A store small enough to count by hand.

use domain::money::Currency;
use jiff::civil::date;
use metrics::catalogue::{Dimension, Metric, definition};
use metrics::kernel::execute;
use metrics::period::Period;
use metrics::query::{Direction, Filter, MetricQuery, Order};
use metrics::table::{Check, Table};

use crate::stores::{self, Line, Return, Store};

pub(crate) fn query(metrics: &[Metric], by: &[Dimension], from: (i8, i8), to: (i8, i8)) -> MetricQuery {
    MetricQuery {
        name: "by_hand".to_owned(),
        metrics: metrics.to_vec(),
        by: by.to_vec(),
        filters: Vec::new(),
        period: Period::new(date(2011, from.0, from.1), date(2011, to.0, to.1)).unwrap(),
        compare_to: None,
        order: None,
        limit: None,
    }
}

fn line(product: i64, quantity: i32, gross: i64, discount: i64) -> Line {
    Line { product, quantity, gross, discount, gift_card: false }
}

fn order(id: i64, at: &str, customer: i64, country: &'static str, lines: Vec<Line>) -> stores::Order {
    let at = at.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    stores::Order { id, at, customer, country, lines }
}

pub(crate) fn store() -> Store {
    let orders = vec![
        // Half past midnight on 1 October in London.
        order(6, "2011-09-30T23:30:00Z", 3, "DE", vec![line(11, 1, 1_000, 0)]),
        // Half an hour before the clocks go back.
        order(1, "2011-10-30T00:30:00Z", 1, "GB", vec![line(11, 2, 2_000, 200)]),
        order(2, "2011-10-31T23:30:00Z", 0, "DE", vec![line(12, 3, 1_500, 0)]),
        order(3, "2011-11-01T00:00:00Z", 1, "GB", vec![Line { gift_card: true, ..line(99, 1, 5_000, 0) }]),
        order(4, "2011-11-15T12:00:00Z", 2, "", vec![line(11, 1, 1_000, 0), line(12, 1, 500, 50)]),
        order(5, "2011-11-15T12:00:00Z", 2, "GB", vec![line(13, 2, 600, 0)]),
    ];
    let returned = Return {
        at: orders[3].at + 86_400_000_000,
        order_id: 1,
        order_at: orders[1].at,
        customer: 1,
        country: "GB",
        product: 11,
        subtotal: 900,
        gift_card: false,
    };
    let gift_card = Return { product: 99, subtotal: 5_000, gift_card: true, ..returned.clone() };
    Store { zone: "Europe/London", orders, returns: vec![returned, gift_card] }
}

/// One line a row: keys, cells, and after a bar the other period's cells; the total last.
fn print(table: &Table) -> Vec<String> {
    let exponent = Currency::parse("GBP").unwrap().exponent();
    let cells = |cells: &[metrics::table::Cell]| {
        let texts = cells
            .iter()
            .zip(&table.metrics)
            .map(|(cell, metric)| cell.decimal(metric.unit(), exponent).unwrap_or_else(|| "-".to_owned()));
        texts.collect::<Vec<_>>().join(" ")
    };
    let row = |keys: String, ours: &[_], theirs: Option<&Vec<_>>| match theirs {
        Some(theirs) => format!("{keys}: {} | {}", cells(ours), cells(theirs)),
        None => format!("{keys}: {}", cells(ours)),
    };
    let mut rows: Vec<String> = table
        .rows
        .iter()
        .map(|it| {
            let keys: Vec<_> = it.keys.iter().map(|key| key.label.as_str()).collect();
            row(keys.join("/"), &it.cells, it.compare.as_ref())
        })
        .collect();
    rows.push(row("total".to_owned(), &table.total, table.compare_total.as_ref()));
    rows
}

fn answer(query: &MetricQuery) -> Vec<String> {
    let table = execute(&store().snapshot(), query).unwrap();
    assert!(table.checks.iter().all(Check::holds), "{:?}", table.checks);
    print(&table)
}

#[test]
fn months_follow_the_shops_clock_and_returns_their_own_day() {
    let metrics = [Metric::GrossSales, Metric::Discounts, Metric::Returns, Metric::NetSales, Metric::Units];
    let expected = [
        "2011-10-01: 45.00 2.00 0.00 43.00 6",
        "2011-11-01: 21.00 0.50 9.00 11.50 4",
        "total: 66.00 2.50 9.00 54.50 10",
    ];
    assert_eq!(answer(&query(&metrics, &[Dimension::Month], (10, 1), (12, 1))), expected);
}

#[test]
fn customers_are_counted_once_and_guests_not_at_all() {
    let metrics = [
        Metric::Orders,
        Metric::Aov,
        Metric::UnitsPerOrder,
        Metric::Customers,
        Metric::NewCustomers,
        Metric::ReturningCustomers,
        Metric::RepeatPurchaseRate,
    ];
    let expected = [
        "2011-10-01: 3 14.33 2.00 2 2 0 0.0",
        "2011-11-01: 3 6.83 1.33 2 1 1 100.0",
        "total: 6 10.58 1.67 3 3 0 66.7",
    ];
    assert_eq!(answer(&query(&metrics, &[Dimension::Month], (10, 1), (12, 1))), expected);
}

#[test]
fn weeks_begin_on_monday_and_none_is_left_out() {
    let expected = ["2011-10-31: -9.00 1", "2011-11-07: 0.00 0", "2011-11-14: 20.50 2", "total: 11.50 3"];
    assert_eq!(
        answer(&query(&[Metric::NetSales, Metric::Orders], &[Dimension::Week], (11, 1), (11, 16))),
        expected
    );
}

#[test]
fn an_order_is_new_once_and_a_return_is_of_its_orders_type() {
    let metrics = [Metric::NetSales, Metric::Returns, Metric::Orders, Metric::Customers];
    let october = query(&metrics, &[Dimension::CustomerType], (10, 1), (11, 1));
    assert_eq!(answer(&october), ["new: 28.00 0.00 2 2", "unknown: 15.00 0.00 1 0", "total: 43.00 0.00 3 2"]);
    let november = query(&metrics, &[Dimension::CustomerType], (11, 1), (12, 1));
    assert_eq!(
        answer(&november),
        ["new: 5.50 9.00 1 1", "returning: 6.00 0.00 2 2", "total: 11.50 9.00 3 2"]
    );
}

#[test]
fn a_comparison_keeps_products_of_either_side_and_cuts_after_ordering() {
    let mut ranking = query(&[Metric::NetSales, Metric::Orders], &[Dimension::Product], (11, 1), (12, 1));
    ranking.compare_to = Some(Period::month(2011, 10).unwrap());
    ranking.order = Some(Order { metric: Metric::NetSales, direction: Direction::Descending });
    ranking.limit = Some(2);
    assert_eq!(
        answer(&ranking),
        ["Mug: 6.00 1 | 0.00 0", "Mug: 4.50 1 | 15.00 1", "total: 11.50 3 | 43.00 3"]
    );
    let table = execute(&store().snapshot(), &ranking).unwrap();
    let keys: Vec<_> = table.rows.iter().map(|row| row.keys[0].value.as_str()).collect();
    assert_eq!((table.groups, keys), (3, vec!["13", "12"]));
}

#[test]
fn filters_keep_the_lines_they_name() {
    let mut lamps = query(&[Metric::NetSales, Metric::Orders], &[Dimension::Country], (10, 1), (12, 1));
    lamps.filters = vec![Filter { dimension: Dimension::Product, values: vec!["11".to_owned()] }];
    assert_eq!(answer(&lamps), ["DE: 10.00 1", "GB: 9.00 1", "unknown: 10.00 1", "total: 29.00 3"]);
    lamps.filters.push(Filter { dimension: Dimension::Country, values: vec!["FR".to_owned()] });
    assert_eq!(answer(&lamps), ["total: 0.00 0"]);
}

#[test]
fn a_quotient_by_zero_is_not_defined_and_stands_last() {
    let mut days = query(&[Metric::Aov], &[Dimension::Day], (11, 13), (11, 16));
    days.order = Some(Order { metric: Metric::Aov, direction: Direction::Ascending });
    assert_eq!(answer(&days), ["2011-11-15: 10.25", "2011-11-13: -", "2011-11-14: -", "total: 10.25"]);
}

#[test]
fn a_lying_order_fails_its_check_and_nothing_else() {
    use metrics::columns::Columns;
    use std::sync::Arc;
    let mut segments = store().segments();
    for (_, columns) in &mut segments {
        if let Columns::Orders(orders) = Arc::make_mut(columns) {
            orders.subtotal.iter_mut().for_each(|subtotal| *subtotal += 1);
        }
    }
    let digest = domain::digest::Digest::of(b"lie");
    let snapshot = metrics::snapshot::Snapshot::new(store().clock(), digest, segments).unwrap();
    let table =
        execute(&snapshot, &query(&[Metric::NetSales], &[Dimension::Product], (11, 1), (12, 1))).unwrap();
    let failed: Vec<_> = table.checks.into_iter().filter(|check| !check.holds()).collect();
    let lie = Check { name: "lines_match_orders.subtotal".to_owned(), expected: 7_053, found: 7_050 };
    assert_eq!(failed, [lie]);
}

#[test]
fn tables_keep_their_form_on_the_wire() {
    let mut mix =
        query(&[Metric::NetSales, Metric::RepeatPurchaseRate], &[Dimension::Country], (11, 1), (12, 1));
    mix.compare_to = Some(Period::month(2011, 10).unwrap());
    let table = execute(&store().snapshot(), &mix).unwrap();
    insta::assert_snapshot!("table", serde_json::to_string_pretty(&table).unwrap());
    insta::assert_snapshot!("query", serde_json::to_string_pretty(&mix).unwrap());
}

#[test]
fn the_catalogue_is_as_pinned() {
    let print = |it: metrics::catalogue::Definition| {
        let dimensions: Vec<_> = it.dimensions.iter().map(|dimension| dimension.name()).collect();
        format!(
            "{}@{} ({}), {:?}, adds up {:?}, by {}\n  = {}\n  {}\n  {}\n",
            it.name,
            it.version,
            it.label,
            it.unit,
            it.additivity,
            dimensions.join(" "),
            it.formula,
            it.definition,
            it.source
        )
    };
    let text: String = Metric::ALL.map(|metric| print(definition(metric))).concat();
    insta::assert_snapshot!("catalogue", text);
}
