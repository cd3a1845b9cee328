//! A session is asked for in front of everything that is done in it.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use auth::Tenant;
use domain::digest::Digest;
use domain::ids::{SessionId, UserId};
use jiff::SignedDuration;
use store::attempts::{self, Counter, Kind};
use store::error::Error;
use store::sessions::{self, NewSession, Opened, Proven};
use store::users::{self, Credentials, Known};
use testing::TestDb;

/// The tenant as a bearer of a token of this session.
fn in_session(db: &TestDb, user: UserId, session: SessionId) -> Tenant {
    let (token, _) = auth::token::issue(&db.keys, user, session, db.now).unwrap();
    auth::from_token(&db.keys, token.expose(), db.now).unwrap()
}

async fn email(db: &TestDb, tenant: Tenant) -> Result<String, Error> {
    let mut tx = db.store.tenant_read_only(&tenant).await.unwrap();
    let user = users::load(&mut tx).await?;
    assert_eq!(tx.round_trips(), 1, "the check travels with the first statement");
    tx.commit().await?;
    Ok(user.email)
}

#[tokio::test]
async fn a_session_that_ended_or_is_another_users_lets_nothing_through() {
    let db = TestDb::new().await;
    let (alice, bob) = (db.alice.user_id(), db.bob.user_id());
    let open = in_session(&db, alice, testing::session(alice));
    assert_eq!(email(&db, open).await.unwrap(), "alice@example.com");
    let bobs = in_session(&db, alice, testing::session(bob));
    let nobodys = in_session(&db, alice, SessionId::new());
    for tenant in [bobs, nobodys] {
        assert!(matches!(email(&db, tenant).await, Err(Error::SessionEnded)));
    }
    let end = "update sessions set ended_at = now(), end_reason = 'logged_out' where user_id = $1";
    db.owner().await.execute(end, &[&alice.uuid()]).await.unwrap();
    assert!(matches!(email(&db, open).await, Err(Error::SessionEnded)));
    let mut tx = db.store.tenant_once(&open).await.unwrap();
    assert!(
        matches!(users::load(&mut tx).await, Err(Error::SessionEnded)),
        "nor a statement that commits itself"
    );
    // What a queue message brought goes on, and so does Bob.
    assert_eq!(email(&db, db.alice).await.unwrap(), "alice@example.com");
    assert_eq!(email(&db, in_session(&db, bob, testing::session(bob))).await.unwrap(), "bob@example.com");
}

async fn credentials(db: &TestDb, user: UserId) -> Credentials {
    let mut tx = db.store.system().await.unwrap();
    match users::credentials_of(&mut tx, user, &[], db.now).await.unwrap() {
        Known::User(credentials) => credentials,
        Known::Nobody | Known::Held { .. } => unreachable!("Alice is there"),
    }
}

fn new() -> NewSession {
    let id = SessionId::new();
    NewSession { id, refresh_token: Digest::of(id.uuid().as_bytes()) }
}

#[tokio::test]
async fn a_session_is_opened_for_the_password_that_holds_and_takes_the_dead_ones_away() {
    let db = TestDb::new().await;
    let (alice, owner) = (db.alice.user_id(), db.owner().await);
    let known = credentials(&db, alice).await;
    let open = async |password_hash: &str, days: i64| {
        let now = db.now + SignedDuration::from_hours(24 * days);
        let mut tx = db.store.system_once().await.unwrap();
        let proven = Proven { user: alice, password_hash };
        sessions::open(&mut tx, proven, new(), &[], now).await.unwrap()
    };
    let count = async || -> i64 {
        let sql = "select count(*) from sessions where user_id = $1";
        owner.query_one(sql, &[&alice.uuid()]).await.unwrap().get(0)
    };
    assert_eq!(open("another hash", 0).await, Opened::Stale);
    assert!(matches!(open(&known.password_hash, 0).await, Opened::For(user) if user.id == alice));
    assert_eq!(count().await, 2);
    // One day before the tokens of both end, and on the day.
    open(&known.password_hash, 29).await;
    assert_eq!(count().await, 3);
    open(&known.password_hash, 30).await;
    assert_eq!(count().await, 2, "the latest two");
    let bobs: i64 = owner
        .query_one("select count(*) from sessions where user_id <> $1", &[&alice.uuid()])
        .await
        .unwrap()
        .get(0);
    assert_eq!(bobs, 1, "Bob's is as old, and nobody's business but his");
}

fn counter(kind: Kind, name: &str, bound: u32) -> Counter {
    Counter { kind, subject: Digest::of(name.as_bytes()), bound }
}

#[tokio::test]
async fn all_who_count_at_once_in_two_processes_fill_a_bound_exactly() {
    let db = TestDb::new().await;
    let stores = [db.store.clone(), db.another_store()];
    let counters = [counter(Kind::Account, "alice", 10), counter(Kind::Address, "here", 15)];
    let mut tasks = Vec::new();
    for index in 0..24 {
        let (store, now) = (stores[index % 2].clone(), db.now);
        // Each in another order: the statement sorts, so none waits for another in a circle.
        let counters = if index % 3 == 0 { [counters[1], counters[0]] } else { counters };
        tasks.push(tokio::spawn(async move {
            let mut tx = store.system_once().await.unwrap();
            attempts::count(&mut tx, &counters, now).await.unwrap()
        }));
    }
    let mut refused = 0;
    for task in tasks {
        refused += i32::from(task.await.unwrap() == Some(db.now + SignedDuration::from_mins(15)));
    }
    assert_eq!(refused, 14, "the account is full first");
    let rows = db
        .owner()
        .await
        .query("select kind, cardinality(times) from app.attempts order by 1", &[])
        .await
        .unwrap();
    let counted: Vec<(String, i32)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(counted, [("account".to_owned(), 10), ("address".to_owned(), 15)]);
}

#[tokio::test]
async fn a_full_counter_keeps_a_proven_password_out_and_nobody_elses() {
    let db = TestDb::new().await;
    let known = credentials(&db, db.alice.user_id()).await;
    let (full, empty) = (counter(Kind::Account, "alice", 1), counter(Kind::Account, "bob", 1));
    let again_at = db.now + SignedDuration::from_mins(15);
    let mut tx = db.store.system().await.unwrap();
    assert_eq!(attempts::count(&mut tx, &[full], db.now).await.unwrap(), None);
    assert_eq!(attempts::look(&mut tx, &[full], db.now).await.unwrap(), Some(again_at));
    assert_eq!(attempts::look(&mut tx, &[full], again_at).await.unwrap(), None);
    let proven = Proven { user: known.user_id, password_hash: &known.password_hash };
    let held = sessions::open(&mut tx, proven, new(), &[full, empty], db.now).await.unwrap();
    assert_eq!(held, Opened::Held { again_at });
    let open = sessions::open(&mut tx, proven, new(), &[empty], db.now).await.unwrap();
    assert!(matches!(open, Opened::For(_)));
    tx.commit().await.unwrap();
    let code = |error: tokio_postgres::Error| error.code().unwrap().code().to_owned();
    let seen = db.runtime().await.batch_execute("select from app.attempts").await;
    assert_eq!(seen.map_err(code), Err("42501".to_owned()), "tenants' work does not see who guesses");
}
