//! Between the present state and the changes nothing is lost, one sender works at a time, and telling one costs one
//! look-up however many are connected.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use auth::Tenant;
use domain::ids::{AnalysisRequestId, MessageId, UserId};
use domain::status::AnalysisRequestStatus as Status;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::analysis_requests::{self, AnalysisRequest, Submit};
use store::outbox::Outgoing;
use store::sockets::{self, Join};
use store::subscriptions::{self, Change, Claimed, Served, Subscribe};
use store::turns::{self, Event, Save};
use store::{Store, TenantTx};
use testing::TestDb;
use uuid::Uuid;

async fn ask(db: &TestDb, tenant: Tenant) -> AnalysisRequestId {
    let id = AnalysisRequestId::new();
    let mut tx = db.store.tenant(&tenant).await.unwrap();
    let submit = Submit {
        id,
        account: None,
        prompt: "How is my store doing?",
        idempotency_key: None,
        per_hour_max: None,
        message_id: MessageId::new(),
        message: "asked".to_owned(),
        now: db.now,
    };
    analysis_requests::submit(&mut tx, submit).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn subscription<'a>(db: &TestDb, request: AnalysisRequestId, variables: &'a Value) -> Subscribe<'a> {
    Subscribe {
        request,
        id: MessageId::new().uuid(),
        socket: "socket",
        operation: "1",
        document: "subscription { x }",
        operation_name: None,
        variables,
        until: db.now + SignedDuration::from_mins(15),
        now: db.now,
    }
}

/// Subscribes and lets go, as whoever has sent the present state does.
async fn watch(db: &TestDb, tenant: Tenant, request: AnalysisRequestId) -> Option<AnalysisRequest> {
    let variables = json!({});
    let subscription = subscription(db, request, &variables);
    let mut tx = db.store.tenant(&tenant).await.unwrap();
    let found = subscriptions::subscribe(&mut tx, subscription).await.unwrap();
    if let Some(found) = &found {
        let served = [Served { id: subscription.id, version: found.version }];
        subscriptions::advance(&mut tx, request, subscription.id, &served).await.unwrap();
    }
    tx.commit().await.unwrap();
    found
}

async fn save(db: &TestDb, tx: &mut TenantTx, request: AnalysisRequestId, loaded: turns::Loaded) {
    let save = Save {
        request,
        version: loaded.version,
        message_id: MessageId::new(),
        events: vec![Event { kind: "tested", body: json!({}) }],
        agent_state: json!({"v": 1}),
        status: (loaded.status, Status::Processing),
        progress: 0.5,
        result: None,
        error: None,
        account: None,
        tasks: Vec::new(),
        messages: Vec::new(),
        change: Change { id: MessageId::new(), body: "changed".to_owned() },
        now: db.now,
    };
    turns::save(tx, save).await.unwrap();
}

async fn turn(db: &TestDb, tenant: Tenant, request: AnalysisRequestId) -> Vec<Outgoing> {
    let mut tx = db.store.tenant(&tenant).await.unwrap();
    let loaded = turns::load(&mut tx, request, MessageId::new()).await.unwrap().unwrap();
    save(db, &mut tx, request, loaded).await;
    tx.commit().await.unwrap()
}

async fn claim(
    store: &Store,
    tenant: Tenant,
    request: AnalysisRequestId,
    sender: Uuid,
    db: &TestDb,
) -> Vec<Claimed> {
    claim_at(store, tenant, request, sender, db.now).await
}

async fn claim_at(
    store: &Store,
    tenant: Tenant,
    request: AnalysisRequestId,
    sender: Uuid,
    now: jiff::Timestamp,
) -> Vec<Claimed> {
    let mut tx = store.tenant(&tenant).await.unwrap();
    subscriptions::take_turn(&mut tx, request).await.unwrap();
    let claimed = subscriptions::claim(&mut tx, request, sender, now).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

/// Polls the work until PostgreSQL says that somebody waits for a lock.
async fn until_it_waits<T>(db: &TestDb, work: &mut (impl Future<Output = T> + Unpin)) {
    let owner = db.owner().await;
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    loop {
        let ready =
            std::future::poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut *work).poll(cx).is_ready())).await;
        assert!(!ready, "it should have waited");
        if owner.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            return;
        }
    }
}

#[tokio::test]
async fn a_change_under_way_is_in_the_present_state_of_who_subscribes_meanwhile() {
    let db = TestDb::new().await;
    let request = ask(&db, db.alice).await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let loaded = turns::load(&mut tx, request, MessageId::new()).await.unwrap().unwrap();
    let mut watching = pin!(watch(&db, db.alice, request));
    until_it_waits(&db, &mut watching).await;
    save(&db, &mut tx, request, loaded).await;
    assert_eq!(tx.commit().await.unwrap(), [], "nobody watched when it was saved");
    let found = watching.await.unwrap();
    assert_eq!((found.version, found.status), (1, Status::Processing));
    assert_eq!(claim(&db.store, db.alice, request, Uuid::nil(), &db).await, []);
}

#[tokio::test]
async fn a_change_that_waits_for_who_subscribes_is_told_to_them() {
    let db = TestDb::new().await;
    let request = ask(&db, db.alice).await;
    let variables = json!({});
    let subscription = subscription(&db, request, &variables);
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let found = subscriptions::subscribe(&mut tx, subscription).await.unwrap().unwrap();
    assert_eq!((found.version, found.status), (0, Status::Pending));
    // The turn has looked at the world before the subscription is there.
    let mut turning = pin!(turn(&db, db.alice, request));
    until_it_waits(&db, &mut turning).await;
    tx.commit().await.unwrap();
    let sent = turning.await;
    assert_eq!(
        sent.iter().map(|sent| (sent.queue.as_str(), sent.body.as_str())).collect::<Vec<_>>(),
        [("updates", "changed")]
    );
    // Its maker sends the present state and looks again.
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let served = [Served { id: subscription.id, version: 0 }];
    subscriptions::advance(&mut tx, request, subscription.id, &served).await.unwrap();
    let behind = subscriptions::claim(&mut tx, request, subscription.id, db.now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        behind.iter().map(|one| (one.id, one.sent_version)).collect::<Vec<_>>(),
        [(subscription.id, 0)]
    );
}

#[tokio::test]
async fn a_change_between_a_senders_last_look_and_its_letting_go_is_told_by_the_next_sender() {
    let db = TestDb::new().await;
    let request = ask(&db, db.alice).await;
    let variables = json!({});
    let subscription = subscription(&db, request, &variables);
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    subscriptions::subscribe(&mut tx, subscription).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let mut leaving = db.store.tenant(&db.alice).await.unwrap();
    subscriptions::take_turn(&mut leaving, request).await.unwrap();
    let served = [Served { id: subscription.id, version: 0 }];
    subscriptions::advance(&mut leaving, request, subscription.id, &served).await.unwrap();
    let behind = subscriptions::claim(&mut leaving, request, subscription.id, db.now).await.unwrap();
    assert_eq!(behind, [], "nothing has changed yet");
    assert_eq!(turn(&db, db.alice, request).await.len(), 1, "somebody is told of the change");
    assert_eq!(claim(&db.store, db.bob, request, Uuid::nil(), &db).await, []);
    let mut telling = pin!(claim(&db.store, db.alice, request, Uuid::max(), &db));
    until_it_waits(&db, &mut telling).await;
    leaving.commit().await.unwrap();
    let told: Vec<_> = telling.await.iter().map(|one| (one.id, one.sent_version)).collect();
    assert_eq!(told, [(subscription.id, 0)]);
}

#[tokio::test]
async fn a_message_is_written_only_where_somebody_watches() {
    let db = TestDb::new().await;
    let (hers, his) = (ask(&db, db.alice).await, ask(&db, db.bob).await);
    assert!(watch(&db, db.bob, his).await.is_some());
    assert_eq!(turn(&db, db.alice, hers).await, []);
    assert_eq!(turn(&db, db.bob, his).await.len(), 1);
    let owner = db.owner().await;
    let written = "select count(*) from outbox where queue = 'updates'";
    assert_eq!(owner.query_one(written, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn one_sender_works_at_a_time_and_another_goes_on_for_one_that_died() {
    let db = TestDb::new().await;
    let request = ask(&db, db.alice).await;
    watch(&db, db.alice, request).await.unwrap();
    turn(&db, db.alice, request).await;
    let (first, second) = (MessageId::new().uuid(), MessageId::new().uuid());
    let claimed = claim(&db.store, db.alice, request, first, &db).await;
    assert_eq!(claimed.iter().map(|one| one.sent_version).collect::<Vec<_>>(), [0]);
    assert_eq!(claim(&db.store, db.alice, request, second, &db).await, []);
    assert_eq!(claim(&db.store, db.alice, request, first, &db).await, claimed, "its own message came again");
    let later = db.now + SignedDuration::from_secs(30);
    assert_eq!(claim_at(&db.store, db.alice, request, second, later).await, claimed);
    // The first one, late, does not let go what is not its own any more.
    let id = claimed[0].id;
    for (sender, behind) in [(first, 0), (second, 0), (first, 1)] {
        let mut tx = db.store.tenant(&db.alice).await.unwrap();
        subscriptions::advance(&mut tx, request, sender, &[Served { id, version: 1 }]).await.unwrap();
        tx.commit().await.unwrap();
        if behind == 1 {
            turn(&db, db.alice, request).await;
        }
    }
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let (row, versions) = subscriptions::changes(&mut tx, request, 0).await.unwrap().unwrap();
    assert_eq!(
        (row.version, versions.iter().map(|version| version.version).collect::<Vec<_>>()),
        (2, vec![1])
    );
    let ended = db.now + SignedDuration::from_mins(15);
    assert_eq!(claim_at(&db.store, db.alice, request, first, ended).await, [], "the token has ended");
}

#[tokio::test]
async fn bob_can_neither_watch_nor_tell_nor_end_what_alice_watches() {
    let db = TestDb::new().await;
    let request = ask(&db, db.alice).await;
    watch(&db, db.alice, request).await.unwrap();
    turn(&db, db.alice, request).await;
    assert_eq!(watch(&db, db.bob, request).await, None);
    assert_eq!(watch(&db, db.bob, AnalysisRequestId::new()).await, None);
    assert_eq!(claim(&db.store, db.bob, request, Uuid::nil(), &db).await, []);
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(subscriptions::unsubscribe(&mut tx, "socket", "1").await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(claim(&db.store, db.alice, request, Uuid::nil(), &db).await.len(), 1);
}

#[tokio::test]
async fn telling_one_costs_one_look_up_beside_ten_thousand_idle_connections() {
    let db = TestDb::new().await;
    let (hers, his, idle) = (ask(&db, db.alice).await, ask(&db, db.bob).await, ask(&db, db.alice).await);
    watch(&db, db.alice, hers).await.unwrap();
    turn(&db, db.alice, hers).await;
    let owner = db.owner().await;
    let many = format!(
        "insert into app.sockets (id, user_id, connected_at, expires_at, touched_at)
           select 'idle-' || i, '{alice}', now(), 'infinity', now() from generate_series(1, 10000) i;
         insert into subscriptions (user_id, request_id, id, socket_id, operation_id, document, variables, sent_version,
             expires_at, created_at)
           select case when i % 2 = 0 then '{alice}'::uuid else '{bob}' end,
             case when i % 2 = 0 then '{idle}'::uuid else '{his}' end, gen_random_uuid(), 'idle-' || i, 'w', '', '{{}}', 0,
             'infinity', now()
           from generate_series(1, 10000) i;
         analyze subscriptions; analyze analysis_requests",
        alice = db.alice.user_id(),
        bob = db.bob.user_id(),
    );
    owner.batch_execute(&many).await.unwrap();
    let claim = store::sql::all().into_iter().find(|sql| sql.name() == "subscriptions.claim").unwrap();
    let runtime = db.runtime().await;
    let explain = format!(
        "begin; set local app.current_user_id = '{}'; prepare claim as {}",
        db.alice.user_id(),
        claim.text()
    );
    runtime.batch_execute(&explain).await.unwrap();
    let plan = format!(
        "explain (analyze, costs off, timing off, summary off) execute claim('{hers}', '{}', now(), '{}')",
        Uuid::nil(),
        db.now
    );
    let plan: Vec<String> = runtime
        .simple_query(&plan)
        .await
        .unwrap()
        .iter()
        .filter_map(|line| match line {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .collect();
    let plan = plan.join("\n");
    assert!(
        plan.contains("Index Scan using subscriptions_pkey on subscriptions s (actual rows=1 "),
        "{plan}"
    );
    assert_eq!(plan.matches("subscriptions").count(), 3, "the update, the index and its table: {plan}");
}

#[tokio::test]
async fn a_user_has_five_sockets_however_many_are_opened_at_once() {
    let db = TestDb::new().await;
    let join = async |user: UserId, socket: String| {
        let join = Join {
            socket: &socket,
            instance: None,
            user,
            session: None,
            until: db.now + SignedDuration::from_mins(15),
            max: 5,
            now: db.now,
        };
        sockets::join(&db.store, join).await.unwrap()
    };
    let alices =
        futures_util::future::join_all((0..20).map(|i| join(db.alice.user_id(), format!("a{i}")))).await;
    assert_eq!(alices.into_iter().filter(|joined| *joined).count(), 5);
    assert!(join(db.bob.user_id(), "b".to_owned()).await, "Bob's are his own");
    let all = sockets::ended(&db.store, db.now + SignedDuration::from_mins(15)).await.unwrap();
    assert_eq!(all.len(), 6);
    sockets::forget(&db.store, &all).await.unwrap();
    assert!(join(db.alice.user_id(), "again".to_owned()).await);
}
