use agents::retrieval::{Mirror, fresh};
use domain::clock::Clock;
use metrics::columns::{Columns, Products};
use shopify::reader::client;
use store::{linked_accounts, linked_accounts::SyncState, snapshots};
use testing::TestDb;

use crate::shops::{NOW, Sim, at, columns, empty, link, loaded, mirror, sample_with};

const SHOP: &str = "little-harbour.myshopify.com";

#[tokio::test]
async fn a_first_load_equals_the_stores_facts() {
    let db = TestDb::new().await;
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder())]).await;
    let account = link(&db.store, &db.alice, SHOP, "a").await;
    let found = loaded(&mirror(&db.store, db.alice, account, &sim.base, NOW).await).await;
    insta::assert_debug_snapshot!(columns(&db.store, &db.alice, found.snapshot).await);
    let coverage = found.coverage;
    assert_eq!((found.loaded, coverage.orders, coverage.synced_at), (true, 6, Some(at(NOW))));
    assert_eq!(coverage.covers_from, Some(at("2026-01-31T23:30:00-05:00")));
    assert_eq!(coverage.covers_to, Some(at("2026-03-08T12:00:00-04:00")));
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let linked = linked_accounts::load(&mut tx, account).await.unwrap().unwrap();
    assert_eq!(linked.shop.map(|shop| shop.name), Some("Little Harbour Goods".to_owned()));
    assert_eq!(
        (linked.sync.state, linked.sync.orders, linked.sync.error_message),
        (SyncState::Ready, 6, None)
    );
}

#[tokio::test]
async fn a_second_question_asks_the_shop_nothing() {
    let db = TestDb::new().await;
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder())]).await;
    let account = link(&db.store, &db.alice, SHOP, "a").await;
    let first = loaded(&mirror(&db.store, db.alice, account, &sim.base, NOW).await).await;
    let nobody = sim.stop();
    let later = mirror(&db.store, db.alice, account, &nobody, "2026-03-10T12:59:59Z").await;
    let second = loaded(&later).await;
    assert!(!second.loaded);
    assert_eq!(
        (second.snapshot, second.taken_at, second.coverage),
        (first.snapshot, first.taken_at, first.coverage)
    );
}

#[tokio::test]
async fn questions_at_the_same_time_load_once() {
    let db = TestDb::new().await;
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder())]).await;
    let account = link(&db.store, &db.alice, SHOP, "a").await;
    let mirror = mirror(&db.store, db.alice, account, &sim.base, NOW).await;
    let (first, second, third) = tokio::join!(loaded(&mirror), loaded(&mirror), loaded(&mirror));
    assert_eq!((first.snapshot, first.snapshot), (second.snapshot, third.snapshot));
    assert_eq!([first.loaded, second.loaded, third.loaded].map(u8::from).iter().sum::<u8>(), 1);
}

#[tokio::test]
async fn a_sweep_ends_where_a_load_from_nothing_ends() {
    let db = TestDb::new().await;
    let grown = sample_with(&[
        (
            "orders.csv",
            "1008,#1008,203,2026-03-11T09:00:00-04:00,2026-03-11T09:00:00-04:00,,,false,USD,PAID,FULFILLED,web,US,,5.00,0.00,,,,,,,\n",
        ),
        ("order_lines.csv", "10081,1008,121,Pier Tee,2,40.00,0.00,0.00,false\n"),
        ("refunds.csv", "304,1001,2026-03-11T10:00:00-04:00,broken,5.00\n"),
        ("refund_lines.csv", "404,304,10011,1,12.50,1.00,RETURN\n"),
        (
            "products.csv",
            "14,Anchor Print,anchor-print,Little Harbour,Art,,ACTIVE,2026-03-11T10:00:00-04:00,\n",
        ),
    ]);
    let (old, new) = (
        Sim::serve(&[("a", &shopify_sim::sample::folder())]).await,
        Sim::serve(&[("a", grown.path())]).await,
    );
    let alice = link(&db.store, &db.alice, SHOP, "a").await;
    let before = loaded(&mirror(&db.store, db.alice, alice, &old.base, NOW).await).await;
    let later = "2026-03-12T00:00:00Z";
    let swept = loaded(&mirror(&db.store, db.alice, alice, &new.base, later).await).await;
    let bob = link(&db.store, &db.bob, SHOP, "a").await;
    let whole = loaded(&mirror(&db.store, db.bob, bob, &new.base, later).await).await;
    assert!(swept.loaded && swept.snapshot != before.snapshot);
    assert_eq!(
        columns(&db.store, &db.alice, swept.snapshot).await,
        columns(&db.store, &db.bob, whole.snapshot).await
    );
    assert_eq!((swept.snapshot, swept.coverage), (whole.snapshot, whole.coverage));
    // What an earlier analysis read is still there to the byte.
    assert_ne!(
        columns(&db.store, &db.alice, before.snapshot).await,
        columns(&db.store, &db.alice, swept.snapshot).await
    );
}

#[tokio::test]
async fn two_tenants_see_their_own_store_and_nothing_else() {
    let db = TestDb::new().await;
    let other =
        sample_with(&[("products.csv", "15,Secret Lamp,secret-lamp,Bob,,,DRAFT,2026-01-01T00:00:00Z,\n")]);
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder()), ("b", other.path())]).await;
    let alice = link(&db.store, &db.alice, SHOP, "a").await;
    let bob = link(&db.store, &db.bob, SHOP, "b").await;
    let (of_alice, of_bob) = (
        mirror(&db.store, db.alice, alice, &sim.base, NOW).await,
        mirror(&db.store, db.bob, bob, &sim.base, NOW).await,
    );
    let (of_alice, of_bob) = tokio::join!(loaded(&of_alice), loaded(&of_bob));
    let products = |columns: Vec<Columns>| -> Vec<i64> {
        let product_ids = columns.into_iter().filter_map(|columns| match columns {
            Columns::Products(Products { product_id, .. }) => Some(product_id),
            Columns::Orders(_) | Columns::Lines(_) | Columns::Returns(_) => None,
        });
        product_ids.flatten().collect()
    };
    assert_eq!(products(columns(&db.store, &db.alice, of_alice.snapshot).await), [11, 12, 13]);
    assert_eq!(products(columns(&db.store, &db.bob, of_bob.snapshot).await), [11, 12, 13, 15]);
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    assert_eq!(fresh(&mut tx, bob, at(NOW)).await.unwrap(), None);
    assert!(matches!(snapshots::load(&mut tx, of_bob.snapshot).await, Err(store::error::Error::NotFound(_))));
    let wire = (client().unwrap(), None);
    let foreign = Mirror::open(&db.store, db.alice, bob, wire, Clock::Fixed(at(NOW))).await;
    assert_eq!(foreign.err().unwrap().to_string(), "this store is not linked");
}

#[tokio::test]
async fn an_empty_store_is_covered_and_has_no_orders() {
    let db = TestDb::new().await;
    let empty = empty();
    let sim = Sim::serve(&[("a", empty.path())]).await;
    let account = link(&db.store, &db.alice, SHOP, "a").await;
    let found = loaded(&mirror(&db.store, db.alice, account, &sim.base, NOW).await).await;
    assert_eq!(
        (found.coverage.orders, found.coverage.covers_from, found.coverage.covers_to),
        (0, None, None)
    );
    assert_eq!(columns(&db.store, &db.alice, found.snapshot).await, []);
}
