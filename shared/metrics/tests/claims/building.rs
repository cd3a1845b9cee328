//! A snapshot is refused when its segments contradict each other.

use std::sync::Arc;

use domain::digest::Digest;
use jiff::civil::date;
use metrics::catalogue::{Dimension, Metric};
use metrics::columns::{Columns, Dataset, Invalid};
use metrics::kernel::execute;
use metrics::snapshot::{Error, ShopClock, Snapshot};
use metrics::table::Cell;

use crate::cases::{query, store};

type Segments = Vec<(Dataset, Arc<Columns>)>;

fn build(spoil: impl FnOnce(&mut Segments)) -> Result<Snapshot, Error> {
    let mut segments = store().segments();
    spoil(&mut segments);
    Snapshot::new(store().clock(), Digest::of(b"store"), segments)
}

fn spoiled(spoil: impl FnOnce(&mut Segments)) -> Option<Error> {
    build(spoil).err()
}

/// The latest month's segment of a dataset.
fn columns(segments: &mut Segments, dataset: Dataset) -> &mut Columns {
    let (_, columns) = segments.iter_mut().find(|(it, _)| *it == dataset).unwrap();
    Arc::make_mut(columns)
}

#[test]
fn segments_that_contradict_each_other_are_refused_by_name() {
    assert_eq!(spoiled(|_| ()), None);
    assert_eq!(
        spoiled(|it| it[0].0 = Dataset::Lines),
        Some(Error::Mislabelled { said: Dataset::Lines, held: Dataset::Products })
    );
    assert_eq!(spoiled(|it| it.push(it[0].clone())), Some(Error::DuplicateProduct(11)));
    let again = |it: &mut Segments, dataset| {
        let segment = it.iter().find(|(held, _)| *held == dataset).unwrap().clone();
        it.push(segment);
    };
    assert_eq!(spoiled(|it| again(it, Dataset::Orders)), Some(Error::Overlap(Dataset::Orders)));
    assert_eq!(spoiled(|it| again(it, Dataset::Returns)), Some(Error::Overlap(Dataset::Returns)));
    assert_eq!(spoiled(|it| again(it, Dataset::Lines)), Some(Error::StrayLines(3)));
    assert_eq!(spoiled(|it| it.retain(|(held, _)| *held != Dataset::Orders)), Some(Error::StrayLines(3)));
}

#[test]
fn rows_that_contradict_each_other_are_refused_by_name() {
    let orders = |change: fn(&mut metrics::columns::Orders)| {
        spoiled(|it| match columns(it, Dataset::Orders) {
            Columns::Orders(orders) => change(orders),
            other => panic!("{other:?}"),
        })
    };
    let lines = |change: fn(&mut metrics::columns::Lines)| {
        spoiled(|it| match columns(it, Dataset::Lines) {
            Columns::Lines(lines) => change(lines),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(orders(|it| it.tax.clear()), Some(Error::Invalid(Invalid::Lengths(Dataset::Orders))));
    assert_eq!(
        orders(|it| it.processed_at.reverse()),
        Some(Error::Invalid(Invalid::Order { dataset: Dataset::Orders, row: 2 }))
    );
    assert_eq!(
        orders(|it| it.country[1] = 7),
        Some(Error::Invalid(Invalid::Country { dataset: Dataset::Orders, row: 1 }))
    );
    assert_eq!(orders(|it| it.order_id[0] = 1), Some(Error::DuplicateOrder(1)));
    assert_eq!(orders(|it| it.order_id[0] = 77), Some(Error::StrayLines(3)));
    assert_eq!(lines(|it| it.order_id.swap(0, 3)), Some(Error::StrayLines(4)));
    assert_eq!(
        lines(|it| it.line_id.swap(1, 2)),
        Some(Error::Invalid(Invalid::Order { dataset: Dataset::Lines, row: 2 }))
    );
    assert_eq!(lines(|it| it.gross[0] = i64::MAX), Some(Error::TooLarge));
    assert_eq!(orders(|it| it.discounts[0] = i64::MIN), Some(Error::TooLarge));
}

#[test]
fn an_order_that_is_there_twice_is_refused() {
    let mut twice = store();
    let mut again = twice.orders[0].clone();
    again.at += 1;
    again.lines.clear();
    twice.orders.push(again);
    let refused = Snapshot::new(twice.clock(), Digest::of(b"twice"), twice.segments()).err();
    assert_eq!(refused, Some(Error::DuplicateOrder(6)));
}

#[test]
fn an_unknown_time_zone_is_refused() {
    let clock = ShopClock { timezone: "Europe/Atlantis".to_owned(), ..store().clock() };
    let refused = Snapshot::new(clock, Digest::of(b"store"), Vec::new()).err();
    assert_eq!(refused, Some(Error::Timezone("Europe/Atlantis".to_owned())));
}

#[test]
fn a_store_without_orders_answers_zero() {
    let empty = Snapshot::new(store().clock(), Digest::of(b"empty"), Vec::new()).unwrap();
    let mut query = query(&Metric::ALL, &[Dimension::Month], (10, 1), (12, 1));
    let table = execute(&empty, &query).unwrap();
    assert_eq!((table.rows.len(), table.groups), (2, 2));
    assert!(table.rows.iter().all(|row| row.cells == table.total));
    assert!(table.checks.iter().all(|check| check.holds()));
    assert_eq!(table.total[..3], [Cell::Money(0), Cell::Money(0), Cell::Money(0)]);
    assert_eq!(table.total[6], Cell::None);
    query.by = vec![Dimension::Country];
    assert_eq!(execute(&empty, &query).map(|table| table.rows), Ok(Vec::new()));
    assert_eq!(empty.covers(), None);
    assert_eq!(store().snapshot().covers(), Some((date(2011, 10, 1), date(2011, 11, 15))));
}
