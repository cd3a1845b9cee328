//! Migrations go up and down without a trace, refuse files that changed, and make the schema that is committed.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use store::error::Error;
use store::migrations::{self, Fault};
use testing::{EmptyDb, TestDb};
use tokio_postgres::Client;

/// Schemas, tables, columns, constraints, indexes, policies, rights, triggers and functions, as text; the same on every
/// version of PostgreSQL.
const DUMP: &str = include_str!("migrations/dump.sql");

async fn dump(client: &Client) -> String {
    let lines: Vec<String> = client.query(DUMP, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    lines.concat()
}

#[tokio::test]
async fn the_committed_schema_is_what_the_migrations_make() {
    let db = TestDb::new().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/schema.sql");
    let made = dump(&db.owner().await).await;
    if generates() {
        std::fs::write(path, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), made, "run `make generate`");
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this convention")]
fn generates() -> bool {
    std::env::var("ALATAR_GENERATE").is_ok_and(|value| value == "1")
}

/// How many migrations there are: they are numbered without gaps.
fn all() -> i32 {
    migrations::last()[..4].parse().unwrap()
}

#[tokio::test]
async fn up_equals_up_down_up_and_down_leaves_nothing_behind() {
    let db = EmptyDb::new().await;
    let owner = db.owner().await;
    let empty = dump(&owner).await;
    let up = migrations::up(&db.owner_url, None).await.unwrap();
    assert_eq!((up.len() as i32, up.last().map(String::as_str)), (all(), Some(migrations::last())));
    let full = dump(&owner).await;
    assert_ne!(full, empty);
    assert_eq!(
        migrations::up(&db.owner_url, None).await.unwrap(),
        Vec::<String>::new(),
        "again, nothing runs"
    );
    assert_eq!(dump(&owner).await, full);

    // Down to each version and up again.
    for to in (0..all()).rev() {
        let down = migrations::down(&db.owner_url, to).await.unwrap();
        assert_eq!(down.len() as i32, all() - to);
        let applied = migrations::status(&db.owner_url).await.unwrap();
        assert_eq!(applied.iter().filter(|status| status.applied_at.is_some()).count() as i32, to);
        if to == 0 {
            assert_eq!(dump(&owner).await, empty);
        }
        migrations::up(&db.owner_url, None).await.unwrap();
        assert_eq!(dump(&owner).await, full, "down to {to} and up");
    }
    migrations::down(&db.owner_url, 0).await.unwrap();
    assert_eq!(migrations::down(&db.owner_url, 0).await.unwrap(), Vec::<String>::new());
    assert_eq!(migrations::up(&db.owner_url, Some(2)).await.unwrap().len(), 2);
    assert_eq!(migrations::status(&db.owner_url).await.unwrap().len() as i32, all());
}

#[tokio::test]
async fn a_changed_file_or_an_unknown_migration_stops_the_runner() {
    let db = EmptyDb::new().await;
    migrations::up(&db.owner_url, None).await.unwrap();
    let owner = db.owner().await;
    let fault = |outcome: Result<Vec<String>, Error>| match outcome {
        Err(Error::Migration(fault)) => fault,
        other => panic!("{other:?}"),
    };
    owner.batch_execute("update app.migrations set checksum = 'x' where version = 2").await.unwrap();
    let drift = fault(migrations::up(&db.owner_url, None).await);
    assert!(matches!(&drift, Fault::Drift(name) if name == "0002_create_accounts"), "{drift}");
    assert!(matches!(fault(migrations::down(&db.owner_url, 0).await), Fault::Drift(_)));
    owner.batch_execute("delete from app.migrations where version = 2").await.unwrap();
    let newer =
        "insert into app.migrations (version, name, checksum) values (9000, '9000_from_the_future', '')";
    owner.batch_execute(newer).await.unwrap();
    assert!(matches!(fault(migrations::up(&db.owner_url, None).await), Fault::Unknown(_)));
    assert!(matches!(fault(migrations::up(&db.owner_url, Some(8999)).await), Fault::NoSuch(8999)));
    assert!(matches!(fault(migrations::down(&db.owner_url, -1).await), Fault::NoSuch(-1)));
}

#[tokio::test]
async fn a_failed_migration_changes_nothing_and_says_which() {
    let db = EmptyDb::new().await;
    migrations::up(&db.owner_url, Some(2)).await.unwrap();
    let owner = db.owner().await;
    owner.batch_execute("create table agent_tasks (in_the_way boolean)").await.unwrap();
    let before = dump(&owner).await;
    let failed = migrations::up(&db.owner_url, None).await.unwrap_err();
    let text =
        "migration 0003_create_analyses failed and changed nothing: relation \"agent_tasks\" already exists";
    assert_eq!(failed.to_string(), text);
    assert_eq!(dump(&owner).await, before);
    owner.batch_execute("drop table agent_tasks").await.unwrap();
    assert_eq!(migrations::up(&db.owner_url, None).await.unwrap().len() as i32, all() - 2);
}

#[tokio::test]
async fn two_runners_at_once_take_turns() {
    let db = EmptyDb::new().await;
    let (one, two) =
        futures_util::join!(migrations::up(&db.owner_url, None), migrations::up(&db.owner_url, None));
    assert_eq!((one.unwrap().len() + two.unwrap().len()) as i32, all());
}

#[tokio::test]
async fn health_names_the_last_migration() {
    let db = TestDb::new().await;
    assert_eq!(store::health::migration(&db.store).await.unwrap(), migrations::last());
}
