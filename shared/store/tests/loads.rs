//! A load goes on where another process left it, and says how far the mirror is.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use jiff::{SignedDuration, Timestamp};
use store::error::Error;
use store::linked_accounts::{self, Sync, SyncState};
use store::loads::{self, Checkpoint, Coverage, Dataset, Load};
use store::{TenantTx, mirror};
use testing::TestDb;

fn minutes(db: &TestDb, minutes: i64) -> Timestamp {
    db.now + SignedDuration::from_mins(minutes)
}

async fn sync(db: &TestDb, tx: &mut TenantTx) -> Sync {
    linked_accounts::load(tx, db.alice_account).await.unwrap().unwrap().sync
}

#[tokio::test]
async fn a_load_goes_on_where_another_process_left_it() {
    let db = TestDb::new().await;
    let account = db.alice_account;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let begun = loads::open(&mut tx, account, Dataset::Orders, db.now).await.unwrap();
    assert_eq!(begun, Load { started_at: db.now, ..Load::default() });
    let half = Checkpoint {
        operation_id: Some("gid://shopify/BulkOperation/1"),
        url: Some("https://files.example/1.jsonl"),
        rows_done: 5_000,
        progress: 0.5,
        ..Checkpoint::default()
    };
    loads::checkpoint(&mut tx, account, Dataset::Orders, half, minutes(&db, 1)).await.unwrap();
    tx.commit().await.unwrap();

    let other = db.another_store();
    let mut tx = other.tenant(&db.alice).await.unwrap();
    let resumed = loads::open(&mut tx, account, Dataset::Orders, minutes(&db, 2)).await.unwrap();
    let expected = Load {
        resumed: true,
        started_at: db.now,
        operation_id: Some("gid://shopify/BulkOperation/1".to_owned()),
        url: Some("https://files.example/1.jsonl".to_owned()),
        rows_done: 5_000,
        ..Load::default()
    };
    assert_eq!(resumed, expected);
    let state = sync(&db, &mut tx).await;
    assert_eq!((state.state, state.progress), (SyncState::Loading, 0.5));
    let more = Checkpoint { cursor: Some("c2"), rows_done: 7_000, progress: 2.0, ..Checkpoint::default() };
    loads::checkpoint(&mut tx, account, Dataset::Orders, more, minutes(&db, 3)).await.unwrap();
    let resumed = loads::open(&mut tx, account, Dataset::Orders, minutes(&db, 4)).await.unwrap();
    let expected = Load { cursor: Some("c2".to_owned()), rows_done: 7_000, ..expected };
    assert_eq!(resumed, expected, "what a checkpoint does not name stays");
    assert_eq!(sync(&db, &mut tx).await.progress, 1.0);

    loads::restart(&mut tx, account, Dataset::Orders, minutes(&db, 5)).await.unwrap();
    let afresh = loads::open(&mut tx, account, Dataset::Orders, minutes(&db, 5)).await.unwrap();
    assert_eq!(afresh, Load { started_at: minutes(&db, 5), ..Load::default() });
}

#[tokio::test]
async fn a_complete_mirror_says_what_it_covers_and_the_next_load_begins_there() {
    let db = TestDb::new().await;
    let account = db.alice_account;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    for dataset in Dataset::ALL {
        loads::open(&mut tx, account, dataset, db.now).await.unwrap();
        loads::finish(&mut tx, account, dataset, db.now).await.unwrap();
        assert!(matches!(loads::finish(&mut tx, account, dataset, db.now).await, Err(Error::NotFound(_))));
    }
    let order = |id, at: Timestamp, test| domain::facts::Order {
        id,
        name: String::new(),
        customer_id: None,
        created_at: at,
        processed_at: at,
        updated_at: at,
        cancelled_at: None,
        cancel_reason: None,
        test,
        taxes_included: false,
        financial_status: None,
        fulfillment_status: None,
        source_name: None,
        country_code: None,
        discount_codes: Vec::new(),
        tags: Vec::new(),
        note: None,
        subtotal: 0,
        discounts: 0,
        shipping: 0,
        tax: 0,
        utm_source: None,
        utm_medium: None,
        utm_campaign: None,
    };
    let (first, last) = (minutes(&db, -90), minutes(&db, -30));
    let orders = [order(1, last, false), order(2, first, false), order(3, minutes(&db, -5), true)];
    mirror::upsert_orders(&mut tx, account, &orders).await.unwrap();
    let watermark = minutes(&db, -1);
    let settled = loads::settle(&mut tx, account, watermark, db.now).await.unwrap();
    let expected = Coverage {
        covers_from: Some(first),
        covers_to: Some(last),
        watermark: Some(watermark),
        synced_at: Some(db.now),
        orders: 2,
    };
    assert_eq!(settled, expected);
    assert_eq!(loads::coverage(&mut tx, account).await.unwrap(), Some(expected));
    let ready = Sync {
        state: SyncState::Ready,
        progress: 1.0,
        orders: 2,
        covers_from: Some(first),
        covers_to: Some(last),
        synced_at: Some(db.now),
        error_message: None,
    };
    assert_eq!(sync(&db, &mut tx).await, ready);

    let next = loads::open(&mut tx, account, Dataset::Orders, minutes(&db, 60)).await.unwrap();
    let since = Load { since: Some(watermark), started_at: minutes(&db, 60), ..Load::default() };
    assert_eq!(next, since);
    loads::fail(&mut tx, account, "the shop refused the token", minutes(&db, 61)).await.unwrap();
    let failed = sync(&db, &mut tx).await;
    assert_eq!(
        (failed.state, failed.error_message.as_deref()),
        (SyncState::Failed, Some("the shop refused the token"))
    );
    let again = loads::open(&mut tx, account, Dataset::Orders, minutes(&db, 62)).await.unwrap();
    assert_eq!(again.since, Some(watermark), "a failed load is not forgotten");
}

#[tokio::test]
async fn another_tenants_load_is_not_there() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    loads::open(&mut tx, db.alice_account, Dataset::Orders, db.now).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    let (account, now) = (db.alice_account, db.now);
    let not_there = |outcome: Result<(), Error>| assert!(matches!(outcome, Err(Error::NotFound(_))));
    not_there(loads::open(&mut tx, account, Dataset::Orders, now).await.map(|_| ()));
    not_there(loads::checkpoint(&mut tx, account, Dataset::Orders, Checkpoint::default(), now).await);
    not_there(loads::restart(&mut tx, account, Dataset::Orders, now).await);
    not_there(loads::finish(&mut tx, account, Dataset::Orders, now).await);
    not_there(loads::settle(&mut tx, account, now, now).await.map(|_| ()));
    not_there(loads::fail(&mut tx, account, "", now).await);
}
