use std::fs;
use std::path::Path;

use domain::digest::Digest;
use jiff::civil::date;
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

use super::truth::{Figures, Truth};
use super::{Error, Settings, write};
use crate::folder;
use crate::store::Store;

fn small(seed: u64, months: u32, orders: u32, out: &Path) -> Settings {
    Settings { months, orders, ..Settings::new(seed, out.to_owned()) }
}

/// One digest for all files, names included.
fn digest(folder: &Path) -> Digest {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut bytes = Vec::new();
    for name in names {
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&fs::read(folder.join(&name)).unwrap());
    }
    Digest::of(&bytes)
}

/// The figures counted again from the folder as it is read back, by month of the shop's time zone.
fn recount(store: &Store, months: &[String]) -> Vec<Figures> {
    let month = |at: jiff::Timestamp| {
        let day = store.shop.timezone.to_datetime(at).date();
        let name = format!("{:04}-{:02}", day.year(), day.month());
        months.iter().position(|month| *month == name).unwrap()
    };
    let mut sums = vec![[0i64; 5]; months.len()];
    for order in store.orders.iter().filter(|order| !order.test) {
        let sum = &mut sums[month(order.processed_at)];
        sum[0] += 1;
        for line in &store.lines[order.lines.start as usize..order.lines.end as usize] {
            if !line.gift_card {
                sum[1] += i64::from(line.quantity);
                sum[2] += line.unit_price * i64::from(line.quantity);
                sum[3] += line.discount;
            }
        }
    }
    for row in &store.refund_lines {
        let (refund, line) = (&store.refunds[row.refund as usize], &store.lines[row.line as usize]);
        if !line.gift_card && !store.orders[refund.order as usize].test {
            sums[month(refund.processed_at)][4] += row.subtotal;
        }
    }
    let money = |minor: i64| domain::money::format_minor(minor.into(), 2);
    let figures = sums.into_iter().map(|[orders, units, gross, discounts, returns]| Figures {
        orders,
        units,
        gross_sales: money(gross),
        discounts: money(discounts),
        returns: money(returns),
        net_sales: money(gross - discounts - returns),
    });
    figures.collect()
}

fn months_of(truth: &Truth) -> (Vec<String>, Vec<Figures>) {
    truth.by_month.iter().map(|month| (month.month.clone(), month.figures.clone())).unzip()
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(small(7, 14, 1_500, one.path())).unwrap();
    write(small(7, 14, 1_500, other.path())).unwrap();
    assert_eq!(digest(one.path()), digest(other.path()));
    insta::assert_snapshot!(digest(one.path()), @"e50f1c62e23ac2982c621e7cc441380702d18c2555976102259dd183c7da8cea");
    write(small(8, 14, 1_500, other.path())).unwrap();
    assert_ne!(digest(one.path()), digest(other.path()));
}

#[test]
fn the_truth_agrees_with_a_recount_of_the_files() {
    let out = tempfile::tempdir().unwrap();
    let truth = write(small(3, 24, 4_000, out.path())).unwrap();
    let store = folder::load(out.path()).unwrap();
    let (months, figures) = months_of(&truth);
    assert_eq!(recount(&store, &months), figures);
    assert_eq!((months.first().unwrap().as_str(), months.last().unwrap().as_str()), ("2024-11", "2026-10"));
    let counts = store.counts();
    let rows = [
        ("customers", counts.customers),
        ("discounts", counts.discounts),
        ("order_lines", counts.order_lines),
        ("orders", counts.orders),
        ("products", counts.products),
        ("refund_lines", counts.refund_lines),
        ("refunds", counts.refunds),
        ("returns", counts.returns),
        ("variants", counts.variants),
    ];
    let rows: Vec<(String, usize)> = rows.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    assert_eq!(truth.rows.clone().into_iter().collect::<Vec<_>>(), rows);
    let written: Truth = serde_json::from_slice(&fs::read(out.path().join("truth.json")).unwrap()).unwrap();
    assert_eq!(written, truth);
}

#[test]
fn the_causes_of_a_twin_are_told() {
    let out = tempfile::tempdir().unwrap();
    let truth = write(small(42, 24, 10_000, out.path())).unwrap();
    let told = (&truth.total, &truth.last_full_month, &truth.top_products, &truth.causes);
    insta::assert_snapshot!(serde_json::to_string_pretty(&told).unwrap());
}

#[test]
fn every_kind_of_order_is_there() {
    let out = tempfile::tempdir().unwrap();
    write(small(5, 6, 2_000, out.path())).unwrap();
    let store = folder::load(out.path()).unwrap();
    let zone = &store.shop.timezone;
    assert!(store.orders.iter().any(|order| order.test));
    assert!(store.orders.iter().any(|order| order.cancelled_at.is_some()));
    assert!(store.orders.iter().any(|order| order.customer.is_none()));
    assert!(store.orders.iter().any(|order| order.discount_code.is_some() && order.note.is_some()));
    assert!(store.lines.iter().any(|line| line.gift_card));
    assert!(store.variants.iter().any(|variant| variant.unit_cost.is_none()));
    assert!(store.orders.iter().any(|order| {
        zone.to_datetime(order.processed_at).date()
            != order.processed_at.to_zoned(jiff::tz::TimeZone::UTC).date()
    }));
    assert_eq!(store.shop.now.unwrap().to_string(), "2026-11-01T12:00:00Z");
}

#[test]
fn sizes_out_of_bounds_are_refused() {
    let out = tempfile::tempdir().unwrap();
    assert!(matches!(write(small(1, 0, 10, out.path())), Err(Error::Months { months: 0 })));
    assert!(matches!(write(small(1, 121, 10, out.path())), Err(Error::Months { months: 121 })));
    assert!(matches!(write(small(1, 12, 0, out.path())), Err(Error::Orders { orders: 0 })));
    let early = Settings { end: date(1999, 12, 31), ..small(1, 12, 10, out.path()) };
    assert!(matches!(write(early), Err(Error::End { .. })));
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_twin_reads_back_and_adds_up(seed: u64, months in 1u32..15, orders in 1u32..300, day in 1i8..29) {
        let out = tempfile::tempdir().unwrap();
        let settings = Settings { end: date(2026, 3, day), ..small(seed, months, orders, out.path()) };
        let truth = write(settings).unwrap();
        let store = folder::load(out.path()).unwrap();
        let (names, figures) = months_of(&truth);
        prop_assert_eq!(store.counts().orders, orders as usize);
        prop_assert_eq!(recount(&store, &names), figures);
    }
}
