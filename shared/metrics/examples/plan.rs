//! How long a plan of three queries takes over a store of half a million lines, and every step before it:
//! `cargo run --release -p metrics --example plan [FOLDER]`. With a folder it leaves its segments there, for DuckDB,
//! Polars or anything else that reads Parquet.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::digest::Digest;
use domain::money::Currency;
use jiff::civil::date;
use jiff::tz::TimeZone;
use metrics::catalogue::{Dimension, Metric};
use metrics::columns::{Columns, Dataset, Lines, Orders, Products, Returns, country_code};
use metrics::kernel::execute;
use metrics::period::{Grain, Period, Slices};
use metrics::query::{Direction, MetricQuery, Order};
use metrics::segment::{decode, encode};
use metrics::snapshot::{ShopClock, Snapshot};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ORDERS: usize = 20_000;
const LINES_OF_ORDER_MAX: usize = 52;
const PRODUCTS: i64 = 3_800;
const CUSTOMERS: i64 = 4_300;
const RETURNS: usize = 7_500;
const ZONE: &str = "Europe/London";
const ROUNDS: u32 = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let year = Period::new(date(2010, 12, 1), date(2012, 1, 1))?;
    let segments = store(&year)?;
    let rows: usize = segments.iter().map(Columns::rows).sum();

    let (files, encoding) = timed(|| segments.iter().map(encode).collect::<Result<Vec<_>, _>>());
    let files = files?;
    let bytes: usize = files.iter().map(Vec::len).sum();
    println!("{} segments, {rows} rows, {bytes} bytes, encoded in {encoding:?}", files.len());
    if let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) {
        for (i, (columns, file)) in segments.iter().zip(&files).enumerate() {
            std::fs::write(folder.join(format!("{}-{i:02}.parquet", columns.dataset().name())), file)?;
        }
    }

    let (decoded, decoding) = timed(|| {
        let read = |(columns, file): (&Columns, &Vec<u8>)| {
            let dataset = columns.dataset();
            Ok((dataset, Arc::new(decode(dataset, file)?)))
        };
        segments
            .iter()
            .zip(&files)
            .map(read)
            .collect::<Result<Vec<(Dataset, Arc<Columns>)>, metrics::segment::Error>>()
    });
    println!("decoded in {decoding:?}");
    let clock =
        ShopClock { timezone: ZONE.to_owned(), currency: Currency::parse("GBP").ok_or("no such currency")? };
    let decoded = decoded?;
    let (snapshot, indexing) = timed(|| Snapshot::new(clock, Digest::of(b"example"), decoded));
    let snapshot = snapshot?;
    println!("indexed {} orders in {indexing:?}", snapshot.orders());

    let mut whole = Duration::ZERO;
    for query in plan(year) {
        let mut least = Duration::MAX;
        for _ in 0..ROUNDS {
            let (table, took) = timed(|| execute(&snapshot, &query));
            let table = table?;
            if !table.checks.iter().all(|check| check.holds()) {
                return Err(format!("{:?}", table.checks).into());
            }
            least = least.min(took);
        }
        println!("{}: {least:?}", query.name);
        whole += least;
    }
    println!("the plan: {whole:?}");
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let from = Instant::now();
    let done = work();
    (done, from.elapsed())
}

fn plan(period: Period) -> [MetricQuery; 3] {
    let sales = [Metric::GrossSales, Metric::Discounts, Metric::Returns, Metric::NetSales, Metric::Orders];
    let query = |name: &str, metrics: &[Metric], by| MetricQuery {
        name: name.to_owned(),
        metrics: metrics.to_vec(),
        by: vec![by],
        filters: Vec::new(),
        period,
        compare_to: None,
        order: None,
        limit: None,
    };
    let customers =
        [Metric::Customers, Metric::NewCustomers, Metric::ReturningCustomers, Metric::RepeatPurchaseRate];
    let best = MetricQuery {
        order: Some(Order { metric: Metric::NetSales, direction: Direction::Descending }),
        limit: Some(10),
        ..query("best_products", &[Metric::NetSales, Metric::Units, Metric::Orders], Dimension::Product)
    };
    [
        query("sales_by_month", &sales, Dimension::Month),
        best,
        query("customers_by_month", &customers, Dimension::Month),
    ]
}

/// A store out of one seed, its segments by month.
fn store(period: &Period) -> Result<Vec<Columns>, Box<dyn Error>> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let zone = TimeZone::get(ZONE)?;
    let (from, to) = period.to_instants(&zone)?;
    let mut sold: Vec<i64> = (0..ORDERS).map(|_| random.random_range(from..to)).collect();
    let mut returned: Vec<i64> = (0..RETURNS).map(|_| random.random_range(from..to)).collect();
    sold.sort_unstable();
    returned.sort_unstable();
    let months = Slices::new(period, Grain::Month, &zone)?;
    let mut segments = vec![Columns::Products(Products {
        product_id: (1..=PRODUCTS).collect(),
        title: (1..=PRODUCTS).map(|id| format!("Product {id}")).collect(),
        vendor: vec!["Acme".to_owned(); PRODUCTS as usize],
        product_type: vec!["Gifts".to_owned(); PRODUCTS as usize],
    })];
    for (orders, returns) in months.cut(&sold).array_windows().zip(months.cut(&returned).array_windows()) {
        let ([orders_from, orders_to], [returns_from, returns_to]) = (orders, returns);
        let (orders, lines) = month(&mut random, *orders_from, &sold[*orders_from..*orders_to]);
        segments.push(Columns::Orders(orders));
        segments.push(Columns::Lines(lines));
        segments.push(Columns::Returns(returns_of(
            &mut random,
            *returns_from,
            &returned[*returns_from..*returns_to],
        )));
    }
    Ok(segments)
}

fn month(random: &mut ChaCha8Rng, first: usize, instants: &[i64]) -> (Orders, Lines) {
    let (mut orders, mut lines) = (Orders::default(), Lines::default());
    for (id, at) in (first as i64 + 1..).zip(instants) {
        let mut subtotal = 0;
        for i in 0..random.random_range(1..=LINES_OF_ORDER_MAX as i64) {
            let product = random.random_range(1..=PRODUCTS);
            let quantity = random.random_range(1..=12);
            let gross = i64::from(quantity) * (product % 1_999 + 1);
            lines.line_id.push(id * 100 + i);
            lines.order_id.push(id);
            lines.product_id.push(product);
            lines.variant_id.push(product);
            lines.quantity.push(quantity);
            lines.gross.push(gross);
            lines.discount.push(0);
            lines.gift_card.push(false);
            subtotal += gross;
        }
        orders.order_id.push(id);
        orders.processed_at.push(*at);
        orders.customer_id.push(random.random_range(0..=CUSTOMERS));
        orders.country.push(country_code(["GB", "DE", "FR", "US"][random.random_range(0..4)]));
        orders.subtotal.push(subtotal);
        orders.discounts.push(0);
        orders.shipping.push(0);
        orders.tax.push(0);
    }
    (orders, lines)
}

fn returns_of(random: &mut ChaCha8Rng, first: usize, instants: &[i64]) -> Returns {
    let mut returns = Returns::default();
    for (id, at) in (first as i64 + 1..).zip(instants) {
        returns.refund_line_id.push(id);
        returns.refund_id.push(id);
        returns.processed_at.push(*at);
        returns.order_id.push(random.random_range(1..=ORDERS as i64));
        returns.order_processed_at.push(*at);
        returns.customer_id.push(random.random_range(0..=CUSTOMERS));
        returns.country.push(country_code("GB"));
        returns.product_id.push(random.random_range(1..=PRODUCTS));
        returns.variant_id.push(0);
        returns.quantity.push(1);
        returns.subtotal.push(random.random_range(1..5_000));
        returns.gift_card.push(false);
    }
    returns
}
