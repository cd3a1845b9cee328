//! The mirror takes the same facts again without a change, marks the months of what did change, and gives its rows as
//! columns.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use domain::digest::Digest;
use domain::facts::{Customer, Order, OrderLine, Product, Refund, RefundLine, Variant};
use domain::ids::LinkedAccountId;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use metrics::columns::{Dataset, Lines, Orders, Products, Returns};
use store::segments::{self, DirtyMonth, Put, SegmentRef};
use store::{TenantTx, mirror, snapshots};
use testing::TestDb;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn order(id: i64, processed_at: &str) -> Order {
    Order {
        id,
        name: format!("#{id}"),
        customer_id: Some(7),
        created_at: at(processed_at),
        processed_at: at(processed_at),
        updated_at: at(processed_at),
        cancelled_at: None,
        cancel_reason: None,
        test: false,
        taxes_included: true,
        financial_status: Some("PAID".to_owned()),
        fulfillment_status: None,
        source_name: Some("web".to_owned()),
        country_code: Some("GB".to_owned()),
        discount_codes: vec!["TEN".to_owned(), "FREE, \"really\"".to_owned()],
        tags: Vec::new(),
        note: Some("for my brother\0's party".to_owned()),
        subtotal: 900,
        discounts: 100,
        shipping: 50,
        tax: 0,
        utm_source: None,
        utm_medium: None,
        utm_campaign: None,
    }
}

fn line(id: i64, order_id: i64) -> OrderLine {
    OrderLine {
        id,
        order_id,
        product_id: Some(70),
        variant_id: None,
        title: None,
        quantity: 2,
        gross: 1_000,
        discount: 100,
        tax: 0,
        gift_card: false,
    }
}

fn refund(id: i64, order_id: i64, processed_at: &str) -> Refund {
    Refund { id, order_id, processed_at: at(processed_at), note: None, total: 450, shipping: 0 }
}

fn refund_line(id: i64, refund_id: i64, order_line_id: i64) -> RefundLine {
    let restock_type = "RETURN".to_owned();
    RefundLine { id, refund_id, order_line_id, quantity: 1, subtotal: 450, tax: 0, restock_type }
}

fn product(id: i64, title: &str) -> Product {
    Product {
        id,
        title: title.to_owned(),
        handle: "lamp".to_owned(),
        vendor: "Elven".to_owned(),
        product_type: "Light".to_owned(),
        status: "ACTIVE".to_owned(),
        tags: vec!["a".to_owned(), "b".to_owned()],
        created_at: at("2026-01-01T00:00:00Z"),
        updated_at: at("2026-01-01T00:00:00Z"),
    }
}

/// Everything once; the answer counts the rows that changed.
async fn load(tx: &mut TenantTx, account: LinkedAccountId, product: Product) -> [u64; 7] {
    let orders = [
        order(1, "2026-03-10T10:00:00Z"),
        order(2, "2026-04-30T20:00:00Z"),
        Order { test: true, ..order(3, "2026-03-11T00:00:00Z") },
    ];
    let lines = [line(12, 1), line(11, 1), line(21, 2), line(31, 3)];
    let refunds = [refund(5, 1, "2026-05-10T10:00:00Z"), refund(6, 3, "2026-05-10T10:00:00Z")];
    let refund_lines = [refund_line(51, 5, 11), refund_line(52, 5, 999), refund_line(61, 6, 31)];
    let variant = Variant {
        id: 700,
        product_id: 70,
        title: "Small".to_owned(),
        sku: None,
        price: 500,
        compare_at_price: None,
        unit_cost: Some(200),
        inventory_quantity: Some(-3),
    };
    let customer = Customer {
        id: 7,
        created_at: at("2025-01-01T00:00:00Z"),
        updated_at: at("2025-01-01T00:00:00Z"),
        country_code: None,
        tags: Vec::new(),
        orders_count: 2,
    };
    [
        mirror::upsert_orders(tx, account, &orders).await.unwrap(),
        mirror::upsert_order_lines(tx, account, &lines).await.unwrap(),
        mirror::upsert_refunds(tx, account, &refunds).await.unwrap(),
        mirror::upsert_refund_lines(tx, account, &refund_lines).await.unwrap(),
        mirror::upsert_products(tx, account, &[product]).await.unwrap(),
        mirror::upsert_variants(tx, account, &[variant]).await.unwrap(),
        mirror::upsert_customers(tx, account, &[customer]).await.unwrap(),
    ]
}

async fn loaded() -> TestDb {
    let db = TestDb::new().await;
    for (tenant, account) in [(db.alice, db.alice_account), (db.bob, db.bob_account)] {
        let mut tx = db.store.tenant(&tenant).await.unwrap();
        assert_eq!(load(&mut tx, account, product(70, "Lamp")).await, [3, 4, 2, 3, 1, 1, 1]);
        tx.commit().await.unwrap();
    }
    db
}

async fn months(tx: &mut TenantTx, account: LinkedAccountId) -> Vec<Date> {
    segments::dirty_months(tx, account).await.unwrap().into_iter().map(|month| month.month).collect()
}

#[tokio::test]
async fn the_same_facts_again_change_nothing() {
    let db = loaded().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let dirty = segments::dirty_months(&mut tx, db.alice_account).await.unwrap();
    segments::clean(&mut tx, db.alice_account, &dirty).await.unwrap();
    assert_eq!(load(&mut tx, db.alice_account, product(70, "Lamp")).await, [0; 7]);
    assert_eq!(months(&mut tx, db.alice_account).await, Vec::<Date>::new());
    assert_eq!(load(&mut tx, db.alice_account, product(70, "Lantern")).await, [0, 0, 0, 0, 1, 0, 0]);
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(
        segments::products(&mut tx, db.bob_account).await.unwrap().title,
        ["Lamp"],
        "Bob's stays as it was"
    );
}

#[tokio::test]
async fn texts_and_lists_are_kept_as_they_are_but_for_nul() {
    let db = loaded().await;
    let sql = "select discount_codes, tags, note, customer_id from orders where id = 1 and user_id = $1";
    let row = db.owner().await.query_one(sql, &[&db.alice.user_id().uuid()]).await.unwrap();
    assert_eq!(row.get::<_, Vec<String>>(0), ["TEN", "FREE, \"really\""]);
    assert_eq!(row.get::<_, Vec<String>>(1), Vec::<String>::new());
    assert_eq!((row.get::<_, &str>(2), row.get::<_, i64>(3)), ("for my brother's party", 7));
}

#[tokio::test]
async fn of_the_same_row_twice_in_a_batch_the_last_counts() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let rows = [product(1, "old"), product(2, "other"), product(1, "new")];
    assert_eq!(mirror::upsert_products(&mut tx, db.alice_account, &rows).await.unwrap(), 2);
    assert_eq!(segments::products(&mut tx, db.alice_account).await.unwrap().title, ["new", "other"]);
    assert_eq!(mirror::upsert_products(&mut tx, db.alice_account, &[]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_change_marks_its_months_in_every_time_zone() {
    let db = loaded().await;
    let (account, mut tx) = (db.alice_account, db.store.tenant(&db.alice).await.unwrap());
    let (march, april, may) = (date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1));
    assert_eq!(months(&mut tx, account).await, [march, april, may]);
    let clean = async |tx: &mut TenantTx| {
        let dirty = segments::dirty_months(tx, account).await.unwrap();
        segments::clean(tx, account, &dirty).await.unwrap();
    };
    clean(&mut tx).await;
    // A line changes its order's month, and the months of that order's refunds.
    mirror::upsert_order_lines(&mut tx, account, &[OrderLine { gross: 1, ..line(11, 1) }]).await.unwrap();
    assert_eq!(months(&mut tx, account).await, [march, may]);
    clean(&mut tx).await;
    // An order that moves leaves one month and enters another; 20:00 UTC of the last day is May in the east.
    mirror::upsert_orders(&mut tx, account, &[order(2, "2026-02-10T00:00:00Z")]).await.unwrap();
    assert_eq!(months(&mut tx, account).await, [date(2026, 2, 1), april, may]);
    clean(&mut tx).await;
    mirror::upsert_refund_lines(&mut tx, account, &[RefundLine { quantity: 2, ..refund_line(51, 5, 11) }])
        .await
        .unwrap();
    assert_eq!(months(&mut tx, account).await, [may]);
    tx.commit().await.unwrap();

    // A month marked again meanwhile is not unmarked by who saw the earlier marking.
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let seen = segments::dirty_months(&mut tx, account).await.unwrap();
    mirror::upsert_refund_lines(&mut tx, account, &[RefundLine { quantity: 3, ..refund_line(51, 5, 11) }])
        .await
        .unwrap();
    segments::clean(&mut tx, account, &seen).await.unwrap();
    assert_eq!(months(&mut tx, account).await, [may]);
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(months(&mut tx, db.bob_account).await, [march, april, may]);
    assert_eq!(months(&mut tx, account).await, Vec::<Date>::new());
}

#[tokio::test]
async fn a_month_comes_as_sorted_columns_without_test_orders() {
    let db = loaded().await;
    let (account, mut tx) = (db.alice_account, db.store.tenant_read_only(&db.alice).await.unwrap());
    let (march, april) = (at("2026-03-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
    let micros = |text| at(text).as_microsecond();
    let gb = u16::from_be_bytes(*b"GB");
    assert_eq!(
        segments::orders_of_month(&mut tx, account, march, april).await.unwrap(),
        Orders {
            order_id: vec![1],
            processed_at: vec![micros("2026-03-10T10:00:00Z")],
            customer_id: vec![7],
            country: vec![gb],
            subtotal: vec![900],
            discounts: vec![100],
            shipping: vec![50],
            tax: vec![0],
        }
    );
    assert_eq!(
        segments::lines_of_month(&mut tx, account, march, april).await.unwrap(),
        Lines {
            line_id: vec![11, 12],
            order_id: vec![1, 1],
            product_id: vec![70, 70],
            variant_id: vec![0, 0],
            quantity: vec![2, 2],
            gross: vec![1_000, 1_000],
            discount: vec![100, 100],
            gift_card: vec![false, false],
        }
    );
    let (may, june) = (at("2026-05-01T00:00:00Z"), at("2026-06-01T00:00:00Z"));
    assert_eq!(
        segments::returns_of_month(&mut tx, account, may, june).await.unwrap(),
        Returns {
            refund_line_id: vec![51, 52],
            refund_id: vec![5, 5],
            processed_at: vec![micros("2026-05-10T10:00:00Z"); 2],
            order_id: vec![1, 1],
            order_processed_at: vec![micros("2026-03-10T10:00:00Z"); 2],
            customer_id: vec![7, 7],
            country: vec![gb, gb],
            product_id: vec![70, 0],
            variant_id: vec![0, 0],
            quantity: vec![1, 1],
            subtotal: vec![450, 450],
            gift_card: vec![false, false],
        }
    );
    assert_eq!(
        segments::products(&mut tx, account).await.unwrap(),
        Products {
            product_id: vec![70],
            title: vec!["Lamp".to_owned()],
            vendor: vec!["Elven".to_owned()],
            product_type: vec!["Light".to_owned()],
        }
    );
    assert_eq!(
        segments::orders_of_month(&mut tx, db.bob_account, march, april).await.unwrap(),
        Orders::default()
    );
}

#[tokio::test]
async fn facts_for_another_tenants_account_are_refused() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    let refused = mirror::upsert_orders(&mut tx, db.alice_account, &[order(1, "2026-03-10T10:00:00Z")]).await;
    assert!(refused.unwrap_err().to_string().contains("SQLSTATE 23503"));
}

fn put(dataset: Dataset, month: Option<Date>, bytes: &[u8], rows: u64, now: Timestamp) -> Put<'_> {
    Put { dataset, month, digest: Digest::of(bytes), rows, bytes, now }
}

#[tokio::test]
async fn a_snapshot_keeps_its_segments_when_others_become_current() {
    let db = TestDb::new().await;
    let (account, mut tx) = (db.alice_account, db.store.tenant(&db.alice).await.unwrap());
    let march = Some(date(2026, 3, 1));
    for one in [
        put(Dataset::Products, None, b"p1", 4, db.now),
        put(Dataset::Orders, march, b"o1", 2, db.now),
        put(Dataset::Orders, march, b"o1", 2, db.now),
        put(Dataset::Lines, march, b"l1", 3, db.now),
    ] {
        segments::put(&mut tx, account, one).await.unwrap();
    }
    let entry =
        |dataset, month, bytes: &[u8], rows| SegmentRef { dataset, month, digest: Digest::of(bytes), rows };
    let first = [
        entry(Dataset::Orders, march, b"o1", 2),
        entry(Dataset::Lines, march, b"l1", 3),
        entry(Dataset::Products, None, b"p1", 4),
    ];
    assert_eq!(segments::list(&mut tx, account).await.unwrap(), first);
    let coverage = store::loads::coverage(&mut tx, account).await.unwrap().unwrap();
    let pinned = snapshots::pin(&mut tx, account, &first, db.now, &coverage).await.unwrap();
    assert_eq!(pinned, snapshots::digest(&[first[2], first[0], first[1]]), "their order does not matter");

    segments::put(&mut tx, account, put(Dataset::Orders, march, b"o2", 5, db.now)).await.unwrap();
    segments::put(&mut tx, account, put(Dataset::Lines, march, b"", 0, db.now)).await.unwrap();
    let second = [entry(Dataset::Orders, march, b"o2", 5), first[2]];
    assert_eq!(segments::list(&mut tx, account).await.unwrap(), second);
    assert_eq!(snapshots::load(&mut tx, pinned).await.unwrap(), first);
    let digests: Vec<Digest> = first.iter().map(|segment| segment.digest).collect();
    let mut bytes = segments::load(&mut tx, &digests).await.unwrap();
    bytes.sort_by(|(_, a), (_, b)| a.cmp(b));
    let expected = [b"l1", b"o1", b"p1"].map(|bytes| (Digest::of(bytes), bytes.to_vec()));
    assert_eq!(bytes, expected);

    let later = db.now + SignedDuration::from_mins(5);
    let newer = snapshots::pin(&mut tx, account, &second, later, &coverage).await.unwrap();
    let latest = snapshots::latest(&mut tx, account).await.unwrap().unwrap();
    assert_eq!((latest.digest, latest.taken_at), (newer, later));
    tx.commit().await.unwrap();

    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(segments::load(&mut tx, &digests).await.unwrap(), []);
    assert!(snapshots::load(&mut tx, pinned).await.is_err());
    let missing: Vec<DirtyMonth> = Vec::new();
    segments::clean(&mut tx, account, &missing).await.unwrap();
}
