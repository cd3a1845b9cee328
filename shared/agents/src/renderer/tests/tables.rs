//! Hand-made tables: every cell follows from the query and a seed.

use domain::digest::Digest;
use domain::money::Currency;
use jiff::civil::Date;
use metrics::catalogue::{Dimension, Metric, Unit};
use metrics::query::MetricQuery;
use metrics::table::{Cell, Key, Row, Table, rows_digest};

/// A table with products P1, P2..., three countries, and every slice of time.
pub(super) fn made_up(query: &MetricQuery, seed: u64) -> Table {
    let titles: Vec<String> = (1..=12).map(|n| format!("PRODUCT NO {n}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    build(query, seed, &titles)
}

/// The same with these products.
pub(super) fn titled(query: &MetricQuery, titles: &[&str]) -> Table {
    build(query, 7, titles)
}

fn build(query: &MetricQuery, seed: u64, titles: &[&str]) -> Table {
    let mut keys: Vec<Vec<Key>> = vec![Vec::new()];
    for dimension in &query.by {
        let values = values(*dimension, query, titles);
        keys = keys
            .iter()
            .flat_map(|before| {
                values.iter().map(move |key| [before.as_slice(), std::slice::from_ref(key)].concat())
            })
            .collect();
    }
    let compared = query.compare_to.is_some();
    let mut number = Numbers(seed);
    let mut rows: Vec<Row> = keys
        .into_iter()
        .map(|keys| Row { cells: number.cells(query), compare: compared.then(|| number.cells(query)), keys })
        .collect();
    if query.by.is_empty() {
        rows.clear();
    }
    let groups = rows.len() as u64;
    rows.truncate(query.limit.map_or(usize::MAX, |limit| limit as usize));
    let total = whole(query, &rows, &mut number);
    let compare_total = compared.then(|| number.cells(query));
    Table {
        name: query.name.clone(),
        metrics: query.metrics.clone(),
        by: query.by.clone(),
        period: query.period,
        compare_to: query.compare_to,
        currency: Currency::parse("GBP").unwrap(),
        query_digest: query.digest().unwrap(),
        rows_digest: rows_digest(&rows, &total, compare_total.as_deref()).unwrap(),
        snapshot: Digest::of(b"snapshot"),
        checks: Vec::new(),
        rows,
        total,
        compare_total,
        groups,
    }
}

/// Parts sum to the whole where they can.
fn whole(query: &MetricQuery, rows: &[Row], number: &mut Numbers) -> Vec<Cell> {
    let sum = |column: usize| {
        rows.iter().try_fold(0, |sum: i64, row| match row.cells[column] {
            Cell::Money(value) | Cell::Count(value) => Some(sum + value),
            Cell::Ratio { .. } | Cell::None => None,
        })
    };
    let cells = number.cells(query);
    let summed = cells.iter().enumerate().map(|(column, cell)| match (cell, sum(column)) {
        (Cell::Money(_), Some(sum)) if !rows.is_empty() => Cell::Money(sum + 5_000_000),
        (Cell::Count(_), Some(sum)) if !rows.is_empty() => Cell::Count(sum),
        _ => *cell,
    });
    summed.collect()
}

fn values(dimension: Dimension, query: &MetricQuery, titles: &[&str]) -> Vec<Key> {
    let key = |value: &str, label: &str| Key { value: value.to_owned(), label: label.to_owned() };
    match dimension {
        Dimension::Product => {
            titles.iter().enumerate().map(|(at, title)| key(&(at + 1).to_string(), title)).collect()
        }
        Dimension::Country => ["GB", "DE", "XK"].iter().map(|code| key(code, code)).collect(),
        Dimension::CustomerType => {
            ["new", "returning", "unknown"].iter().map(|name| key(name, name)).collect()
        }
        Dimension::Day | Dimension::Week | Dimension::Month => {
            let grain = dimension.grain().unwrap();
            let mut day: Date = grain.start_of(query.period.from).unwrap();
            let mut out = Vec::new();
            while day < query.period.to {
                out.push(key(&day.to_string(), &day.to_string()));
                day = grain.span_of(day).unwrap().to;
            }
            out
        }
    }
}

/// SplitMix64, so that a seed means the same numbers for ever.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % 9_000_000) as i64
    }

    fn cells(&mut self, query: &MetricQuery) -> Vec<Cell> {
        query.metrics.iter().map(|metric| self.cell(*metric)).collect()
    }

    fn cell(&mut self, metric: Metric) -> Cell {
        let denominator = 40 + self.next() % 3_000;
        match (metric, metric.unit()) {
            (Metric::Aov | Metric::UnitsPerOrder, _) => Cell::Ratio { numerator: self.next(), denominator },
            (_, Unit::Money) => Cell::Money(self.next()),
            (_, Unit::Count) => Cell::Count(denominator),
            (_, Unit::Ratio | Unit::Percent) => {
                Cell::Ratio { numerator: self.next() % denominator, denominator }
            }
        }
    }
}
