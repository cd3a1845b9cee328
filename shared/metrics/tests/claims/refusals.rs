//! Queries that cannot be answered say what was wrong and what is allowed.

use jiff::civil::date;
use metrics::catalogue::{Dimension, Metric};
use metrics::kernel::execute;
use metrics::period::{self, Period};
use metrics::query::{Direction, Error, FILTER_VALUES_MAX, Filter, MetricQuery, Order};

use crate::cases::{query, store};

/// A mistake, made in a query that is otherwise good.
type Spoil = fn(&mut MetricQuery);

fn filter(dimension: Dimension, values: &[&str]) -> Filter {
    Filter { dimension, values: values.iter().map(|value| (*value).to_owned()).collect() }
}

#[test]
fn each_mistake_has_its_error() {
    let day = date(2011, 1, 1);
    let cases: Vec<(Spoil, Error)> = vec![
        (|it| it.name = String::new(), Error::Name(String::new())),
        (|it| it.name = "Sales!".to_owned(), Error::Name("Sales!".to_owned())),
        (|it| it.metrics.clear(), Error::NoMetrics),
        (|it| it.metrics.push(Metric::NetSales), Error::DuplicateMetric(Metric::NetSales)),
        (|it| it.by = vec![Dimension::Day, Dimension::Day], Error::DuplicateDimension(Dimension::Day)),
        (
            |it| it.by = vec![Dimension::Product, Dimension::Country, Dimension::CustomerType],
            Error::TooManyDimensions(3),
        ),
        (
            |it| it.by = vec![Dimension::Day, Dimension::Month],
            Error::TwoTimeDimensions(Dimension::Day, Dimension::Month),
        ),
        (
            |it| (it.metrics, it.by) = (vec![Metric::NetSales, Metric::Aov], vec![Dimension::Product]),
            Error::DimensionNotAllowed { metric: Metric::Aov, dimension: Dimension::Product },
        ),
        (
            |it| (it.metrics, it.filters) = (vec![Metric::Aov], vec![filter(Dimension::Product, &["11"])]),
            Error::DimensionNotAllowed { metric: Metric::Aov, dimension: Dimension::Product },
        ),
        (
            |it| it.period = Period { from: date(2011, 1, 1), to: date(2011, 1, 1) },
            Error::Period(period::Error::Empty { from: day, to: day }),
        ),
        (
            |it| it.compare_to = Some(Period { from: date(2011, 1, 1), to: date(2161, 1, 1) }),
            Error::Period(period::Error::TooLong { from: day, to: date(2161, 1, 1) }),
        ),
        (
            |it| (it.by, it.compare_to) = (vec![Dimension::Month], Some(it.period)),
            Error::CompareOverTime(Dimension::Month),
        ),
        (
            |it| it.order = Some(Order { metric: Metric::Units, direction: Direction::Ascending }),
            Error::OrderNotAsked(Metric::Units),
        ),
        (|it| it.limit = Some(0), Error::LimitZero),
    ];
    refused(cases);
}

#[test]
fn each_wrong_filter_has_its_error() {
    let cases: Vec<(Spoil, Error)> = vec![
        (
            |it| it.filters = vec![filter(Dimension::Week, &["2011-01-03"])],
            Error::TimeFilter(Dimension::Week),
        ),
        (
            |it| it.filters = vec![filter(Dimension::Country, &["DE"]), filter(Dimension::Country, &["GB"])],
            Error::DuplicateFilter(Dimension::Country),
        ),
        (
            |it| it.filters = vec![filter(Dimension::Country, &[])],
            Error::FilterValues { dimension: Dimension::Country, found: 0 },
        ),
        (
            |it| it.filters = vec![filter(Dimension::Country, &["DE"; FILTER_VALUES_MAX + 1])],
            Error::FilterValues { dimension: Dimension::Country, found: FILTER_VALUES_MAX + 1 },
        ),
        (
            |it| it.filters = vec![filter(Dimension::Country, &["DE", "de"])],
            Error::FilterValue { dimension: Dimension::Country, value: "de".to_owned() },
        ),
        (
            |it| it.filters = vec![filter(Dimension::Product, &["+11"])],
            Error::FilterValue { dimension: Dimension::Product, value: "+11".to_owned() },
        ),
        (
            |it| it.filters = vec![filter(Dimension::CustomerType, &["old"])],
            Error::FilterValue { dimension: Dimension::CustomerType, value: "old".to_owned() },
        ),
    ];
    refused(cases);
}

/// Each mistake is named by `check` and stops `execute`.
fn refused(cases: Vec<(Spoil, Error)>) {
    let good = query(&[Metric::NetSales], &[], (10, 1), (12, 1));
    assert_eq!(good.check(), Ok(()));
    let snapshot = store().snapshot();
    for (spoil, expected) in cases {
        let mut query = good.clone();
        spoil(&mut query);
        assert_eq!(query.check(), Err(expected.clone()));
        assert_eq!(execute(&snapshot, &query), Err(expected));
    }
}

#[test]
fn the_words_name_what_is_allowed() {
    let error = Error::DimensionNotAllowed { metric: Metric::Aov, dimension: Dimension::Product };
    assert_eq!(
        error.to_string(),
        "aov cannot be grouped or filtered by product; it allows: day, week, month, country, customer_type"
    );
    let error = Error::FilterValue { dimension: Dimension::Country, value: "de".to_owned() };
    assert_eq!(
        error.to_string(),
        "\"de\" is not a value of country; it takes two capital letters or unknown"
    );
}

#[test]
fn more_groups_than_anyone_reads_are_refused() {
    // 50 years of days for each of 12 products.
    let mut store = store();
    for (product, order) in (100..112).zip(1_000..) {
        let mut sold = store.orders[0].clone();
        sold.id = order;
        sold.lines[0].product = product;
        store.orders.push(sold);
    }
    let mut daily = query(&[Metric::NetSales], &[Dimension::Day, Dimension::Product], (10, 1), (12, 1));
    daily.period = Period::new(date(1980, 1, 1), date(2030, 1, 1)).unwrap();
    assert_eq!(execute(&store.snapshot(), &daily), Err(Error::TooManyGroups { found: 15 * 18_263 }));
}
