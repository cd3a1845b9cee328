//! The relay over a real outbox: once each, again after failures, dead after five, and nothing lost by a crash.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use auth::Tenant;
use auth::envelope::{self, Message};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::clock::Clock;
use domain::ids::{AnalysisRequestId, MessageId};
use jiff::SignedDuration;
use runtime::queue::Queue;
use runtime::relay::{self, Handle, Handlers, Inbox, Relay};
use store::Store;
use store::analysis_requests::{self, Submit};
use store::outbox::Outgoing;
use testing::TestDb;
use tokio::sync::Notify;
use uuid::Uuid;

/// How often each message was delivered.
type Deliveries = Arc<Mutex<BTreeMap<MessageId, Vec<String>>>>;

/// Writes a message as a submission does; not yet handed over.
async fn write(db: &TestDb, store: &Store, tenant: &Tenant, clock: Clock) -> Outgoing {
    let (request, id) = (AnalysisRequestId::new(), MessageId::new());
    let mut tx = store.tenant(tenant).await.unwrap();
    let submit = Submit {
        id: request,
        account: None,
        prompt: "How is my store doing?",
        idempotency_key: None,
        per_hour_max: None,
        message_id: id,
        message: envelope::seal(&db.keys, tenant, id, &Message::Asked { request }),
        now: clock.now(),
    };
    analysis_requests::submit(&mut tx, submit).await.unwrap();
    tx.commit().await.unwrap().pop().unwrap()
}

fn ids(event: &SqsEvent) -> Vec<(MessageId, String)> {
    let id = |text: &str| MessageId::from_uuid(Uuid::parse_str(text).unwrap());
    let records = event.records.iter();
    records
        .map(|it| (id(it.message_id.as_ref().unwrap()), it.attributes["ApproximateReceiveCount"].clone()))
        .collect()
}

/// Notes each delivery, and fails those of `failing`.
fn noting(deliveries: &Deliveries, failing: &[MessageId]) -> Handlers {
    let (deliveries, failing) = (Arc::clone(deliveries), failing.to_vec());
    Handlers::new().on("orchestrator", move |event| {
        let mut response = SqsBatchResponse::default();
        for (id, count) in ids(&event) {
            deliveries.lock().unwrap().entry(id).or_default().push(count);
            if failing.contains(&id) {
                response.add_failure(id.to_string());
            }
        }
        async move { response }
    })
}

fn start(
    store: &Store,
    clock: Clock,
    (handle, inbox): (Handle, Inbox),
    handlers: Handlers,
) -> (Queue, Relay) {
    let relay = Relay::start(store.clone(), clock, &handle, inbox, handlers);
    (Queue::Local(handle), relay)
}

/// Id, receives and reason of what is left in the outbox.
async fn left(db: &TestDb) -> Vec<(MessageId, i32, Option<String>)> {
    let sql = "select id, receives, dead_reason from outbox order by id";
    let rows = db.owner().await.query(sql, &[]).await.unwrap();
    rows.iter().map(|row| (MessageId::from_uuid(row.get(0)), row.get(1), row.get(2))).collect()
}

fn once(deliveries: &Deliveries) -> BTreeMap<MessageId, Vec<String>> {
    deliveries.lock().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_of_every_tenant_is_handled_once_and_nothing_is_left() {
    let (db, clock, deliveries) = (TestDb::new().await, Clock::Real, Deliveries::default());
    let (queue, relay) = start(&db.store, clock, relay::channel(), noting(&deliveries, &[]));
    let mut expected = BTreeMap::new();
    for _ in 0..60 {
        for tenant in [&db.alice, &db.bob] {
            let message = write(&db, &db.store, tenant, clock).await;
            expected.insert(message.id, vec!["1".to_owned()]);
            queue.send(vec![message]).await;
        }
    }
    relay.run_until_idle().await;
    assert_eq!(once(&deliveries), expected);
    assert_eq!(left(&db).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_always_fails_dies_at_five_and_its_neighbours_live() {
    let (db, clock, deliveries) = (TestDb::new().await, Clock::Real, Deliveries::default());
    let bad = write(&db, &db.store, &db.alice, clock).await;
    let good = write(&db, &db.store, &db.bob, clock).await;
    let (queue, relay) = start(&db.store, clock, relay::channel(), noting(&deliveries, &[bad.id]));
    queue.send(vec![bad.clone(), good.clone()]).await;
    relay.run_until_idle().await;
    let five = ["1", "2", "3", "4", "5"].map(str::to_owned).to_vec();
    assert_eq!(once(&deliveries), BTreeMap::from([(bad.id, five), (good.id, vec!["1".to_owned()])]));
    assert_eq!(left(&db).await, [(bad.id, 5, Some("it failed on every delivery".to_owned()))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_and_a_queue_nobody_listens_to_fail_only_their_own() {
    let (db, clock) = (TestDb::new().await, Clock::Real);
    let message = write(&db, &db.store, &db.alice, clock).await;
    let panics = Handlers::new().on("orchestrator", |_| async { panic!("a fault of ours") });
    let (queue, relay) = start(&db.store, clock, relay::channel(), panics);
    queue.send(vec![message.clone()]).await;
    relay.run_until_idle().await;
    assert_eq!(left(&db).await, [(message.id, 5, Some("it failed on every delivery".to_owned()))]);

    let message = write(&db, &db.store, &db.alice, clock).await;
    let (queue, relay) = start(&db.store, clock, relay::channel(), Handlers::new());
    queue.send(vec![message.clone()]).await;
    relay.run_until_idle().await;
    let reason = "no handler listens to this queue".to_owned();
    assert_eq!(left(&db).await.last(), Some(&(message.id, 1, Some(reason))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_taken_back_at_the_next_start() {
    let (db, clock, deliveries) = (TestDb::new().await, Clock::Real, Deliveries::default());
    let never_handed_over = write(&db, &db.store, &db.alice, clock).await;
    let in_flight = write(&db, &db.store, &db.bob, clock).await;
    let begun = Arc::new(Notify::new());
    let begins = Arc::clone(&begun);
    let hangs = Handlers::new().on("orchestrator", move |_| {
        begins.notify_one();
        std::future::pending()
    });
    let (queue, relay) = start(&db.store, clock, relay::channel(), hangs);
    queue.send(vec![in_flight.clone()]).await;
    begun.notified().await;
    drop(relay);
    let next = db.another_store();
    let (_queue, relay) = start(&next, clock, relay::channel(), noting(&deliveries, &[]));
    relay.run_until_idle().await;
    let second = vec!["2".to_owned()];
    assert_eq!(
        once(&deliveries),
        BTreeMap::from([(never_handed_over.id, second.clone()), (in_flight.id, second)])
    );
    assert_eq!(left(&db).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_every_process_is_dead_after_five() {
    let (db, deliveries) = (TestDb::new().await, Deliveries::default());
    let message = write(&db, &db.store, &db.alice, Clock::Real).await;
    for _ in 0..4 {
        let begun = Arc::new(Notify::new());
        let begins = Arc::clone(&begun);
        let dies = Handlers::new().on("orchestrator", move |_| {
            begins.notify_one();
            std::future::pending()
        });
        let (_queue, relay) = start(&db.another_store(), Clock::Real, relay::channel(), dies);
        begun.notified().await;
        drop(relay);
    }
    let (_queue, relay) = start(&db.another_store(), Clock::Real, relay::channel(), noting(&deliveries, &[]));
    relay.run_until_idle().await;
    assert_eq!(once(&deliveries), BTreeMap::new());
    assert_eq!(left(&db).await, [(message.id, 6, Some("no delivery of it came to an end".to_owned()))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_has_ended_is_found_by_the_sweep() {
    let (db, deliveries) = (TestDb::new().await, Deliveries::default());
    let message = write(&db, &db.store, &db.alice, Clock::Real).await;
    // The same instance, so nothing is taken back; but seven minutes later its lease of six has ended.
    let later = Clock::starting_at(Clock::Real.now() + SignedDuration::from_mins(7));
    let (_queue, relay) = start(&db.store, later, relay::channel(), noting(&deliveries, &[]));
    relay.run_until_idle().await;
    assert_eq!(once(&deliveries), BTreeMap::from([(message.id, vec!["2".to_owned()])]));
    assert_eq!(left(&db).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutting_down_finishes_what_runs_and_starts_nothing_more() {
    let (db, clock) = (TestDb::new().await, Clock::Real);
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, goes_on) = (Arc::clone(&begun), Arc::clone(&go_on));
    let slow = Handlers::new().on("orchestrator", move |_| {
        let (begins, goes_on) = (Arc::clone(&begins), Arc::clone(&goes_on));
        async move {
            begins.notify_one();
            goes_on.notified().await;
            SqsBatchResponse::default()
        }
    });
    let (queue, relay) = start(&db.store, clock, relay::channel(), slow);
    let running = write(&db, &db.store, &db.alice, clock).await;
    queue.send(vec![running]).await;
    begun.notified().await;
    let late = write(&db, &db.store, &db.bob, clock).await;
    // Polled once: the order to stop is in the relay's inbox before the late message.
    let mut down = pin!(relay.shut_down());
    assert!(futures_util::poll!(&mut down).is_pending());
    queue.send(vec![late.clone()]).await;
    go_on.notify_one();
    down.await;
    let left: Vec<_> = left(&db).await.into_iter().map(|(id, _, reason)| (id, reason)).collect();
    assert_eq!(left, [(late.id, None)]);
}
