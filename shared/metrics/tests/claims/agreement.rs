//! The kernels against the second implementation.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use metrics::catalogue::{Dimension, Metric};
use metrics::kernel::execute;
use metrics::period::Period;
use metrics::query::{Direction, Filter, MetricQuery, Order};
use metrics::table::rows_digest;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::{Index, select, subsequence};

use crate::oracle::{self, Answer};
use crate::stores::stores;

fn dates() -> impl Strategy<Value = Date> {
    let anchors =
        vec![date(2011, 1, 1), date(2011, 2, 1), date(2011, 3, 13), date(2011, 3, 27), date(2011, 11, 6)];
    (select(anchors), -4_i64..5).prop_map(|(day, days)| day.checked_add(days.days()).unwrap())
}

fn periods() -> impl Strategy<Value = Period> {
    (dates(), select(vec![1_i64, 2, 7, 31, 90, 365]))
        .prop_map(|(from, days)| Period::new(from, from.checked_add(days.days()).unwrap()).unwrap())
}

fn filters() -> impl Strategy<Value = Vec<Filter>> {
    let values = [
        (Dimension::Product, vec!["11", "12", "14", "4711", "unknown"]),
        (Dimension::Country, vec!["DE", "GB", "FR", "unknown"]),
        (Dimension::CustomerType, vec!["new", "returning", "unknown"]),
    ];
    let filter = |(dimension, values): (Dimension, Vec<&'static str>)| {
        let values = subsequence(values.clone(), 1..values.len());
        proptest::option::weighted(0.2, values).prop_map(move |values| {
            let values = values?.into_iter().map(str::to_owned).collect();
            Some(Filter { dimension, values })
        })
    };
    let [one, two, three] = values.map(filter);
    (one, two, three).prop_map(|(one, two, three)| [one, two, three].into_iter().flatten().collect())
}

/// Queries that `check` takes.
fn queries() -> impl Strategy<Value = MetricQuery> {
    let by = subsequence(Dimension::ALL.to_vec(), 0..=2).prop_shuffle();
    let metrics = subsequence(Metric::ALL.to_vec(), 1..6).prop_shuffle();
    let order = proptest::option::of((any::<Index>(), any::<bool>()));
    let limit = proptest::option::of(1_u32..6);
    (by, metrics, filters(), periods(), proptest::option::of(periods()), order, limit).prop_map(
        |(mut by, mut metrics, filters, period, compare_to, order, limit)| {
            if by.iter().filter(|dimension| dimension.is_time()).count() > 1 {
                by.pop();
            }
            let dimensions: Vec<Dimension> =
                by.iter().copied().chain(filters.iter().map(|it| it.dimension)).collect();
            metrics.retain(|metric| dimensions.iter().all(|dimension| metric.allows(*dimension)));
            if metrics.is_empty() {
                metrics.push(Metric::NetSales);
            }
            let order = order.map(|(metric, descending)| Order {
                metric: metrics[metric.index(metrics.len())],
                direction: if descending { Direction::Descending } else { Direction::Ascending },
            });
            let compare_to = compare_to.filter(|_| !by.iter().any(|dimension| dimension.is_time()));
            MetricQuery { name: "random".to_owned(), metrics, by, filters, period, compare_to, order, limit }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn kernels_and_row_by_row_counting_agree(store in stores(), query in queries()) {
        prop_assert_eq!(query.check(), Ok(()));
        let table = execute(&store.snapshot(), &query).unwrap();
        let found = Answer {
            rows: table.rows.clone(),
            total: table.total.clone(),
            compare_total: table.compare_total.clone(),
            groups: table.groups,
        };
        prop_assert_eq!(found, oracle::answer(&store, &query));
        prop_assert!(table.checks.iter().all(|check| check.holds()), "{:?}", table.checks);
        prop_assert_eq!(table.query_digest, query.digest().unwrap());
        let digest = rows_digest(&table.rows, &table.total, table.compare_total.as_deref()).unwrap();
        prop_assert_eq!(table.rows_digest, digest);
        prop_assert_eq!(&execute(&store.snapshot(), &query).unwrap(), &table);
        let text = serde_json::to_string(&table).unwrap();
        prop_assert_eq!(serde_json::from_str::<metrics::table::Table>(&text).unwrap(), table);
    }
}
