//! Messages are delivered at least once, by one at a time, and die of too many failures.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use domain::ids::{AnalysisRequestId, MessageId};
use domain::limits::MESSAGE_VISIBILITY_SECONDS;
use jiff::{SignedDuration, Timestamp};
use store::analysis_requests::{self, Submit};
use store::error::Error;
use store::outbox::{self, Next, Outgoing};
use testing::TestDb;
use uuid::Uuid;

/// A message of this tenant, leased to the process that wrote it.
async fn send(db: &TestDb, tenant: &auth::Tenant) -> Outgoing {
    let mut tx = db.store.tenant(tenant).await.unwrap();
    let submit = Submit {
        id: AnalysisRequestId::new(),
        account: None,
        prompt: "?",
        idempotency_key: None,
        per_hour_max: None,
        message_id: MessageId::new(),
        message: "sealed".to_owned(),
        now: db.now,
    };
    analysis_requests::submit(&mut tx, submit).await.unwrap();
    tx.commit().await.unwrap().remove(0)
}

async fn lease(db: &TestDb, instance: Uuid, limit: i64, now: Timestamp) -> Vec<Outgoing> {
    let mut tx = db.store.system().await.unwrap();
    let leased = outbox::lease_due(&mut tx, instance, limit, now).await.unwrap();
    tx.commit().await.unwrap();
    leased
}

async fn fail(db: &TestDb, id: MessageId, next: Next) {
    let mut tx = db.store.system().await.unwrap();
    outbox::fail(&mut tx, id, "broken", next, db.now).await.unwrap();
    tx.commit().await.unwrap();
}

async fn next_due(db: &TestDb) -> Option<Timestamp> {
    let mut tx = db.store.system().await.unwrap();
    outbox::next_due(&mut tx).await.unwrap()
}

fn seconds(db: &TestDb, seconds: i64) -> Timestamp {
    db.now + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_written_message_belongs_to_its_writer_until_the_lease_ends() {
    let db = TestDb::new().await;
    let (alices, bobs) = (send(&db, &db.alice).await, send(&db, &db.bob).await);
    let other = Uuid::now_v7();
    assert_eq!(next_due(&db).await, Some(seconds(&db, MESSAGE_VISIBILITY_SECONDS)));
    assert_eq!(lease(&db, other, 10, seconds(&db, MESSAGE_VISIBILITY_SECONDS - 1)).await, []);
    let again = lease(&db, other, 10, seconds(&db, MESSAGE_VISIBILITY_SECONDS)).await;
    let second = |message: Outgoing| Outgoing { receives: 2, ..message };
    assert_eq!(again, [second(alices), second(bobs)]);
}

#[tokio::test]
async fn an_acknowledged_message_is_gone_and_may_be_acknowledged_again() {
    let db = TestDb::new().await;
    let (alices, bobs) = (send(&db, &db.alice).await, send(&db, &db.bob).await);
    for expected in [1, 0] {
        let mut tx = db.store.system().await.unwrap();
        assert_eq!(outbox::acknowledge(&mut tx, &[alices.id, MessageId::new()]).await.unwrap(), expected);
        tx.commit().await.unwrap();
    }
    let left = lease(&db, Uuid::now_v7(), 10, seconds(&db, 3_600)).await;
    assert_eq!(left.iter().map(|message| message.id).collect::<Vec<_>>(), [bobs.id]);
}

#[tokio::test]
async fn a_failed_message_comes_back_at_its_time_until_it_is_dead() {
    let db = TestDb::new().await;
    let sent = send(&db, &db.alice).await;
    for attempt in 2..=5 {
        fail(&db, sent.id, Next::RetryAt(seconds(&db, 10))).await;
        assert_eq!(next_due(&db).await, Some(seconds(&db, 10)));
        assert_eq!(lease(&db, db.store.instance(), 10, seconds(&db, 9)).await, []);
        let leased = lease(&db, db.store.instance(), 10, seconds(&db, 10)).await;
        let expected = Outgoing { receives: attempt, available_at: seconds(&db, 10), ..sent.clone() };
        assert_eq!(leased, [expected]);
    }
    fail(&db, sent.id, Next::Dead).await;
    assert_eq!(
        (next_due(&db).await, lease(&db, Uuid::now_v7(), 10, seconds(&db, 99_999)).await),
        (None, Vec::new())
    );
    fail(&db, sent.id, Next::RetryAt(db.now)).await;
    assert_eq!(next_due(&db).await, None, "the dead do not come back");
    let row = db.owner().await.query_one("select dead_at, dead_reason from outbox", &[]).await.unwrap();
    assert_eq!((row.get::<_, Timestamp>(0), row.get::<_, &str>(1)), (db.now, "broken"));
}

#[tokio::test]
async fn the_next_boot_takes_back_what_a_crash_left_leased() {
    let db = TestDb::new().await;
    let lost = send(&db, &db.alice).await;
    let booted = db.another_store();
    let mut tx = booted.system().await.unwrap();
    assert_eq!(outbox::take_back(&mut tx, booted.instance()).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let leased = lease(&db, booted.instance(), 10, db.now).await;
    assert_eq!(leased, [Outgoing { receives: 2, ..lost }]);
    let mut tx = booted.system().await.unwrap();
    assert_eq!(outbox::take_back(&mut tx, booted.instance()).await.unwrap(), 0, "its own stay its own");
}

#[tokio::test]
async fn two_relays_never_lease_the_same_message() {
    let db = TestDb::with_pool(4).await;
    for _ in 0..20 {
        send(&db, &db.alice).await;
        send(&db, &db.bob).await;
    }
    let later = seconds(&db, 3_600);
    let (one, two) = (db.another_store(), db.another_store());
    let relay = async |store: &store::Store| {
        let mut all = Vec::new();
        loop {
            let mut tx = store.system().await.unwrap();
            let leased = outbox::lease_due(&mut tx, store.instance(), 3, later).await.unwrap();
            tx.commit().await.unwrap();
            if leased.is_empty() {
                return all;
            }
            all.extend(leased.into_iter().map(|message| message.id));
        }
    };
    let (first, second) = futures_util::join!(relay(&one), relay(&two));
    let mut ids: Vec<MessageId> = first.into_iter().chain(second).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 40);
}

#[tokio::test]
async fn a_message_of_a_refused_transaction_is_not_sent() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let submit = |prompt| Submit {
        id: AnalysisRequestId::new(),
        account: None,
        prompt,
        idempotency_key: None,
        per_hour_max: None,
        message_id: MessageId::new(),
        message: "sealed".to_owned(),
        now: db.now,
    };
    analysis_requests::submit(&mut tx, submit("kept?")).await.unwrap();
    let refused = analysis_requests::submit(&mut tx, submit("")).await.unwrap_err();
    assert!(refused.to_string().contains("analysis_requests_prompt_check"), "{refused}");
    assert!(matches!(tx.commit().await, Err(Error::Aborted)));
    assert_eq!(next_due(&db).await, None);
}
