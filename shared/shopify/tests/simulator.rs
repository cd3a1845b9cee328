//! The reader against the simulator: every operation we send is answered, and the sample store's facts come out.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;

use domain::{clock::Clock, money::Currency, secret::Secret};
use jiff::Timestamp;
use shopify::{
    bulk::{
        Bulk, Position, Rows,
        download::Download,
        operation::{File, State},
    },
    error::Error,
    reader::{Reader, client},
    shop_domain::ShopDomain,
};
use tokio::net::TcpListener;
use url::Url;

const TOKEN: &str = "shpat_sample";
const POLLS_MAX: usize = 1_000;

/// A reader of the sample store, served in this process.
async fn reader(token: &str) -> Reader {
    let store = shopify_sim::folder::load(&shopify_sim::sample::folder()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let clock = Clock::Fixed(store.shop.now.unwrap());
    tokio::spawn(shopify_sim::server::serve(listener, vec![(TOKEN.to_owned(), Arc::new(store))], clock));
    let shop = ShopDomain::parse("little-harbour.myshopify.com").unwrap();
    Reader::new(client().unwrap(), Some(base), shop, Secret::new(token))
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

async fn finished(reader: &Reader, bulk: Bulk, since: Option<Timestamp>) -> (Option<File>, u64) {
    let started = reader.start_bulk(bulk, since).await.unwrap();
    for _ in 0..POLLS_MAX {
        match reader.poll_bulk(&started.id).await.unwrap() {
            State::Running { .. } => tokio::task::yield_now().await,
            State::Completed { file, objects } => return (file, objects),
            other => unreachable!("{other:?}"),
        }
    }
    unreachable!("{} polls", POLLS_MAX)
}

/// All rows of the file from a line on, `lines_max` of them at a time.
async fn rows(
    reader: &Reader,
    bulk: Bulk,
    file: &File,
    from: Position,
    lines_max: u64,
) -> (Rows, Vec<Position>) {
    let mut download = Download::open(reader, file, (bulk, usd()), from).await.unwrap();
    let (mut all, mut ends) = (Rows::default(), Vec::new());
    while let Some(batch) = download.next(lines_max).await.unwrap() {
        all.orders.extend(batch.rows.orders);
        all.lines.extend(batch.rows.lines);
        all.refunds.extend(batch.rows.refunds);
        all.products.extend(batch.rows.products);
        all.variants.extend(batch.rows.variants);
        all.customers.extend(batch.rows.customers);
        ends.push(batch.end);
    }
    (all, ends)
}

#[tokio::test]
async fn the_shop_tells_its_facts() {
    let shop = reader(TOKEN).await.shop().await.unwrap();
    let expected = domain::facts::Shop {
        name: "Little Harbour Goods".to_owned(),
        myshopify_domain: "little-harbour.myshopify.com".to_owned(),
        currency: usd(),
        iana_timezone: "America/New_York".to_owned(),
        taxes_included: false,
        plan: "Basic".to_owned(),
    };
    assert_eq!(shop, expected);
}

#[tokio::test]
async fn another_token_is_refused() {
    assert_eq!(reader("shpat_other").await.shop().await, Err(Error::TokenRefused));
}

#[tokio::test]
async fn every_fact_of_the_sample_store_comes_by_bulk() {
    let reader = reader(TOKEN).await;
    for bulk in Bulk::ALL {
        let (file, objects) = finished(&reader, bulk, None).await;
        let file = file.unwrap();
        let (whole, ends) = rows(&reader, bulk, &file, Position::default(), u64::MAX).await;
        assert_eq!(ends, [Position { bytes: file.bytes.unwrap(), lines: objects }]);
        insta::assert_debug_snapshot!(bulk.name(), whole);
        let (piecewise, ends) = rows(&reader, bulk, &file, Position::default(), 2).await;
        assert_eq!(piecewise, whole);
        for end in ends {
            let (rest, _) = rows(&reader, bulk, &file, end, 3).await;
            let rest = [
                rest.orders.len(),
                rest.lines.len(),
                rest.products.len(),
                rest.variants.len(),
                rest.customers.len(),
            ];
            assert_eq!(rest.iter().sum::<usize>() as u64, objects - end.lines);
        }
    }
}

#[tokio::test]
async fn a_sweep_brings_only_what_changed() {
    let reader = reader(TOKEN).await;
    let since = "2026-03-02T00:00:00Z".parse().ok();
    let (file, _) = finished(&reader, Bulk::Orders, since).await;
    let (swept, _) = rows(&reader, Bulk::Orders, &file.unwrap(), Position::default(), 10).await;
    assert_eq!(swept.orders.iter().map(|order| order.id).collect::<Vec<_>>(), [1006, 1007]);
    assert_eq!(swept.lines.iter().map(|line| line.order_id).collect::<Vec<_>>(), [1006, 1006, 1007]);
    let future = "2030-01-01T00:00:00Z".parse().ok();
    assert_eq!(finished(&reader, Bulk::Orders, future).await, (None, 0));
}

#[tokio::test]
async fn refunds_come_whole_by_id() {
    let read = reader(TOKEN).await.refund_lines(usd(), &[301, 302, 303, 999]).await.unwrap();
    insta::assert_debug_snapshot!(read);
}

#[tokio::test]
async fn an_unknown_bulk_operation_has_expired() {
    let reader = reader(TOKEN).await;
    assert_eq!(reader.poll_bulk("gid://shopify/BulkOperation/999").await, Ok(State::Expired));
}
