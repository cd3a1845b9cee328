//! The second implementation: rows, hash maps, and dates of each row by itself. Slow, and written from the
//! definitions' words, not from the kernels.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use metrics::catalogue::{Dimension, Metric};
use metrics::period::Period;
use metrics::query::{Direction, MetricQuery};
use metrics::table::{Cell, Key, Row};

use crate::stores::{Order, Return, Store, TITLES};

/// Rows, total, the other period's total, and the number of groups.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    pub(crate) total: Vec<Cell>,
    pub(crate) compare_total: Option<Vec<Cell>>,
    pub(crate) groups: u64,
}

/// Sorts like the kernels promise: numbers by value, `new` before `returning`, unknown last.
type SortKey = Vec<(u8, i64, String)>;

#[derive(Clone, Default)]
struct Group {
    gross: i64,
    discounts: i64,
    returns: i64,
    units: i64,
    orders: BTreeSet<i64>,
    /// The first day after the group's time.
    until: Option<Date>,
}

pub(crate) fn answer(store: &Store, query: &MetricQuery) -> Answer {
    let ours = groups(store, query, &query.by, &query.period);
    let theirs = query.compare_to.map(|period| groups(store, query, &query.by, &period));
    let nothing = Group { until: Some(query.period.to), ..Group::default() };
    let places: BTreeSet<&SortKey> = ours.keys().chain(theirs.iter().flat_map(BTreeMap::keys)).collect();
    let mut rows: Vec<Row> = places
        .iter()
        .map(|place| Row {
            keys: place.iter().map(key).collect(),
            cells: cells(store, query, ours.get(*place).unwrap_or(&nothing)),
            compare: theirs
                .as_ref()
                .map(|theirs| cells(store, query, theirs.get(*place).unwrap_or(&nothing))),
        })
        .collect();
    if let Some(order) = query.order {
        let column = query.metrics.iter().position(|metric| *metric == order.metric).unwrap();
        rows.sort_by(|one, other| match compare(one.cells[column], other.cells[column]) {
            (false, ordering) => ordering,
            (true, ordering) if order.direction == Direction::Ascending => ordering,
            (true, ordering) => ordering.reverse(),
        });
    }
    let groups_before_limit = rows.len() as u64;
    rows.truncate(query.limit.unwrap_or(u32::MAX) as usize);
    let total = |period: &Period| {
        let whole = groups(store, query, &[], period);
        cells(store, query, whole.values().next().unwrap())
    };
    Answer {
        rows,
        total: total(&query.period),
        compare_total: query.compare_to.as_ref().map(total),
        groups: groups_before_limit,
    }
}

/// Whether both are defined, and how they compare.
fn compare(one: Cell, other: Cell) -> (bool, Ordering) {
    let fraction = |cell| match cell {
        Cell::Count(value) | Cell::Money(value) => Some((i128::from(value), 1)),
        Cell::Ratio { numerator, denominator } => Some((i128::from(numerator), i128::from(denominator))),
        Cell::None => None,
    };
    match (fraction(one), fraction(other)) {
        (Some((a, b)), Some((c, d))) => (true, (a * d).cmp(&(c * b))),
        (Some(_), None) => (false, Ordering::Less),
        (None, Some(_)) => (false, Ordering::Greater),
        (None, None) => (false, Ordering::Equal),
    }
}

fn groups(store: &Store, query: &MetricQuery, by: &[Dimension], period: &Period) -> BTreeMap<SortKey, Group> {
    let mut groups: BTreeMap<SortKey, Group> = BTreeMap::new();
    let by_product =
        by.contains(&Dimension::Product) || query.filters.iter().any(|it| it.dimension == Dimension::Product);
    for order in store.orders.iter().filter(|order| period.contains(day(store, order.at))) {
        let kind = kind(store, order.customer, order.at, order.id);
        let place = |product| place(store, by, order.at, product, order.country, kind);
        let keeps = |product| keeps(query, product, order.country, kind);
        if !by_product && keeps(0) {
            groups.entry(place(0)).or_default().orders.insert(order.id);
        }
        for line in order.lines.iter().filter(|line| !line.gift_card && keeps(line.product)) {
            let group = groups.entry(place(line.product)).or_default();
            group.gross += line.gross;
            group.discounts += line.discount;
            group.units += i64::from(line.quantity);
            group.orders.insert(order.id);
        }
    }
    if query.metrics.iter().any(|metric| matches!(metric, Metric::Returns | Metric::NetSales)) {
        for it in store.returns.iter().filter(|it| !it.gift_card && period.contains(day(store, it.at))) {
            let Return { at, order_id, order_at, customer, country, product, .. } = *it;
            let kind = kind(store, customer, order_at, order_id);
            if keeps(query, product, country, kind) {
                groups.entry(place(store, by, at, product, country, kind)).or_default().returns +=
                    it.subtotal;
            }
        }
    }
    fill(&mut groups, by, period);
    groups
}

/// Every slice of time of the period, for every other key that occurs.
fn fill(groups: &mut BTreeMap<SortKey, Group>, by: &[Dimension], period: &Period) {
    if by.is_empty() {
        groups.entry(Vec::new()).or_default();
    }
    if let Some(column) = by.iter().position(|dimension| dimension.is_time()) {
        let mut others: BTreeSet<SortKey> = groups.keys().cloned().collect();
        if by.len() == 1 {
            others.insert(vec![(0, 0, String::new())]);
        }
        let days = period.from.series(1.day()).take_while(|day| *day < period.to);
        for day in days {
            for other in &others {
                let mut place = other.clone();
                place[column] = time(by[column], day);
                groups.entry(place).or_default().until = Some(day.tomorrow().unwrap());
            }
        }
    }
    for group in groups.values_mut() {
        group.until.get_or_insert(period.to);
    }
}

fn place(store: &Store, by: &[Dimension], at: i64, product: i64, country: &str, kind: &str) -> SortKey {
    let part = |dimension: &Dimension| match dimension {
        Dimension::Product if product == 0 => (1, 0, "unknown".to_owned()),
        Dimension::Product => (0, product, product.to_string()),
        Dimension::Country if country.is_empty() => (1, 0, "unknown".to_owned()),
        Dimension::Country => (0, 0, country.to_owned()),
        // "new" < "returning" < "unknown".
        Dimension::CustomerType => (0, 0, kind.to_owned()),
        Dimension::Day | Dimension::Week | Dimension::Month => time(*dimension, day(store, at)),
    };
    by.iter().map(part).collect()
}

fn time(dimension: Dimension, day: Date) -> (u8, i64, String) {
    let start = match dimension {
        Dimension::Week => day.tomorrow().unwrap().nth_weekday(-1, jiff::civil::Weekday::Monday).unwrap(),
        Dimension::Month => day.first_of_month(),
        _ => day,
    };
    (0, 0, start.to_string())
}

fn key((_, _, value): &(u8, i64, String)) -> Key {
    let title = TITLES.iter().find(|(id, _)| id.to_string() == *value).map(|(_, title)| (*title).to_owned());
    Key { value: value.clone(), label: title.unwrap_or_else(|| value.clone()) }
}

fn keeps(query: &MetricQuery, product: i64, country: &str, kind: &str) -> bool {
    query.filters.iter().all(|filter| {
        let value = match filter.dimension {
            Dimension::Product if product == 0 => "unknown".to_owned(),
            Dimension::Product => product.to_string(),
            Dimension::Country if country.is_empty() => "unknown".to_owned(),
            Dimension::Country => country.to_owned(),
            _ => kind.to_owned(),
        };
        filter.values.contains(&value)
    })
}

fn kind(store: &Store, customer: i64, at: i64, id: i64) -> &'static str {
    let earlier = |order: &Order| order.customer == customer && (order.at, order.id) < (at, id);
    match customer {
        0 => "unknown",
        _ if store.orders.iter().any(earlier) => "returning",
        _ => "new",
    }
}

fn day(store: &Store, at: i64) -> Date {
    Timestamp::from_microsecond(at).unwrap().to_zoned(store.zone()).date()
}

fn cells(store: &Store, query: &MetricQuery, group: &Group) -> Vec<Cell> {
    let counted: Vec<&Order> = store.orders.iter().filter(|order| group.orders.contains(&order.id)).collect();
    let customers: BTreeSet<i64> = counted.iter().map(|order| order.customer).filter(|it| *it != 0).collect();
    let first = |customer: &i64| {
        store.orders.iter().filter(|it| it.customer == *customer).min_by_key(|it| (it.at, it.id)).unwrap().id
    };
    let new = customers.iter().filter(|customer| group.orders.contains(&first(customer))).count() as i64;
    let until = group.until.unwrap();
    let had = |customer: &i64| {
        store.orders.iter().filter(|it| it.customer == *customer && day(store, it.at) < until).count()
    };
    let repeaters = customers.iter().filter(|customer| had(customer) >= 2).count() as i64;
    let (orders, customers) = (counted.len() as i64, customers.len() as i64);
    let ratio = |numerator, denominator| match denominator {
        0 => Cell::None,
        _ => Cell::Ratio { numerator, denominator },
    };
    let cell = |metric: &Metric| match metric {
        Metric::GrossSales => Cell::Money(group.gross),
        Metric::Discounts => Cell::Money(group.discounts),
        Metric::Returns => Cell::Money(group.returns),
        Metric::NetSales => Cell::Money(group.gross - group.discounts - group.returns),
        Metric::Orders => Cell::Count(orders),
        Metric::Units => Cell::Count(group.units),
        Metric::Aov => ratio(group.gross - group.discounts, orders),
        Metric::UnitsPerOrder => ratio(group.units, orders),
        Metric::Customers => Cell::Count(customers),
        Metric::NewCustomers => Cell::Count(new),
        Metric::ReturningCustomers => Cell::Count(customers - new),
        Metric::RepeatPurchaseRate => ratio(repeaters, customers),
    };
    query.metrics.iter().map(cell).collect()
}
