//! Bob sees nothing of Alice's, and whoever is nobody sees nothing at all, loudly.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use std::time::Duration;

use store::error::Error;
use store::{
    audit_log, cached_shopify_data, linked_accounts, proposed_actions, seed, user_preferences, users,
};
use testing::TestDb;
use tokio_postgres::Client;

async fn seeded() -> TestDb {
    let db = TestDb::new().await;
    for (tenant, account) in [(db.alice, db.alice_account), (db.bob, db.bob_account)] {
        for _ in 0..2 {
            let mut tx = db.store.tenant(&tenant).await.unwrap();
            seed::every_table(&mut tx, account, db.now).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
    db
}

async fn tables(client: &Client) -> Vec<String> {
    let sql = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn code(client: &Client, sql: &str) -> Option<String> {
    let error = client.batch_execute(sql).await.err()?;
    client.batch_execute("rollback").await.unwrap();
    Some(error.code().unwrap().code().to_owned())
}

#[tokio::test]
async fn every_table_shows_each_tenant_its_own_rows_alone() {
    let db = seeded().await;
    let (owner, runtime) = (db.owner().await, db.runtime().await);
    for table in tables(&owner).await {
        let tenant = if table == "users" { "id" } else { "user_id" };
        let count = format!("select count(*) from {table}");
        let all: i64 = owner.query_one(&count, &[]).await.unwrap().get(0);
        let mut seen = 0;
        for user in [db.alice.user_id(), db.bob.user_id()] {
            runtime.batch_execute(&format!("begin; set local app.current_user_id = '{user}'")).await.unwrap();
            let own = format!("select count(*), count(*) filter (where {tenant} = '{user}') from {table}");
            let row = runtime.query_one(&own, &[]).await.unwrap();
            let (visible, own): (i64, i64) = (row.get(0), row.get(1));
            assert!(visible >= 1 && visible == own, "{table}: {visible} visible, {own} own");
            seen += visible;
            runtime.batch_execute("commit").await.unwrap();
        }
        assert_eq!(seen, all, "{table}: each row is somebody's");
    }
}

#[tokio::test]
async fn without_a_tenant_every_read_fails_loudly() {
    let db = seeded().await;
    let (owner, fresh, used) = (db.owner().await, db.runtime().await, db.runtime().await);
    let user = db.alice.user_id();
    used.batch_execute(&format!("begin; set local app.current_user_id = '{user}'; commit")).await.unwrap();
    for table in tables(&owner).await {
        let read = format!("select 1 from {table} limit 1");
        assert_eq!(code(&fresh, &read).await.as_deref(), Some("AL000"), "{table}: unset");
        assert_eq!(code(&used, &read).await.as_deref(), Some("AL000"), "{table}: empty after a commit");
        let column = if table == "users" { "id" } else { "user_id" };
        let insert = format!("insert into {table} ({column}) values (default)");
        assert!(code(&fresh, &insert).await.is_some(), "{table}: insert");
    }
}

#[tokio::test]
async fn no_table_takes_a_row_for_another_tenant() {
    let db = seeded().await;
    let (owner, runtime) = (db.owner().await, db.runtime().await);
    let (alice, bob) = (db.alice.user_id(), db.bob.user_id());
    for table in tables(&owner).await.into_iter().filter(|table| table != "users") {
        let sql = "select string_agg(quote_ident(attname), ', ') from pg_attribute
            where attrelid = $1::text::regclass and attnum > 0 and attname <> 'user_id'";
        let columns: String = owner.query_one(sql, &[&table]).await.unwrap().get(0);
        // Bob offers a copy of his own row in Alice's name; a status would have to begin anew.
        let initial = if table == "proposed_actions" { "'proposed'" } else { "'pending'" };
        let is_moved = ["analysis_requests", "agent_tasks", "proposed_actions"].contains(&table.as_str());
        let values =
            if is_moved { columns.replace(" status,", &format!(" {initial},")) } else { columns.clone() };
        let gift = format!(
            "begin; set local app.current_user_id = '{bob}';
            insert into {table} (user_id, {columns}) select '{alice}', {values} from {table}"
        );
        assert_eq!(code(&runtime, &gift).await.as_deref(), Some("42501"), "{table}: given");
        let taken = format!(
            "begin; set local app.current_user_id = '{bob}';
            update {table} set user_id = '{alice}'; commit"
        );
        assert_eq!(code(&runtime, &taken).await.as_deref(), Some("42501"), "{table}: moved");
    }
}

#[tokio::test]
async fn a_key_to_another_tenants_row_is_refused_as_if_it_were_not_there() {
    let db = seeded().await;
    let runtime = db.runtime().await;
    let bob = db.bob.user_id();
    for account in [db.alice_account, domain::ids::LinkedAccountId::new()] {
        let insert = format!(
            "begin; set local app.current_user_id = '{bob}';
            insert into cached_shopify_data (account_id, kind, key, body, fetched_at, expires_at)
            values ('{account}', 'a', 'b', '{{}}', now(), now())"
        );
        assert_eq!(code(&runtime, &insert).await.as_deref(), Some("23503"));
    }
}

#[tokio::test]
async fn bob_finds_none_of_alices_nouns() {
    let db = seeded().await;
    let (alice, request) =
        (db.alice_account, domain::ids::AnalysisRequestId::from_uuid(db.alice_account.uuid()));
    let mut tx = db.store.tenant_read_only(&db.bob).await.unwrap();
    assert_eq!(users::load(&mut tx).await.unwrap().email, "bob@example.com");
    assert_eq!(linked_accounts::load(&mut tx, alice).await.unwrap(), None);
    assert_eq!(linked_accounts::list(&mut tx).await.unwrap().len(), 1);
    assert!(matches!(linked_accounts::access_token(&mut tx, alice).await, Err(Error::NotFound(_))));
    assert_eq!(store::analysis_requests::load(&mut tx, request).await.unwrap(), None);
    assert_eq!(store::agent_tasks::of_requests(&mut tx, &[request]).await.unwrap(), []);
    assert_eq!(proposed_actions::list_of_requests(&mut tx, &[request]).await.unwrap(), []);
    assert_eq!(cached_shopify_data::load(&mut tx, alice, "seed", "seed", db.now).await.unwrap(), None);
    assert_eq!(store::loads::coverage(&mut tx, alice).await.unwrap(), None);
    assert_eq!(store::segments::dirty_months(&mut tx, alice).await.unwrap(), []);
    assert_eq!(store::segments::list(&mut tx, alice).await.unwrap(), []);
    assert_eq!(store::snapshots::latest(&mut tx, alice).await.unwrap(), None);
    assert_eq!(user_preferences::load(&mut tx).await.unwrap(), user_preferences::Preferences::default());
}

#[tokio::test]
async fn a_read_only_transaction_is_refused_every_write_by_postgresql() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant_read_only(&db.alice).await.unwrap();
    let preferences = user_preferences::Preferences { notifications_enabled: false, ..Default::default() };
    let refused = user_preferences::save(&mut tx, &preferences, db.now).await.unwrap_err();
    assert_eq!(refused.to_string(), "user_preferences.save was refused: SQLSTATE 25006");
    assert!(!refused.is_retry());
    assert!(matches!(tx.commit().await, Err(Error::Aborted)), "and nothing follows a refusal");
}

#[tokio::test]
async fn the_journal_and_the_audit_log_are_added_to_and_never_changed() {
    let db = seeded().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let entry =
        audit_log::Entry { event: "tested", subject: "x", detail: serde_json::json!({}), now: db.now };
    audit_log::append(&mut tx, entry).await.unwrap();
    tx.commit().await.unwrap();
    let runtime = db.runtime().await;
    let user = db.alice.user_id();
    for table in ["audit_log", "analysis_events"] {
        for change in [
            format!("update {table} set created_at = now()"),
            format!("delete from {table}"),
            format!("truncate {table}"),
        ] {
            let change = format!("begin; set local app.current_user_id = '{user}'; {change}");
            assert_eq!(code(&runtime, &change).await.as_deref(), Some("42501"), "{change}");
        }
    }
}

#[tokio::test]
async fn the_system_role_reads_no_more_than_it_needs() {
    let db = seeded().await;
    let (owner, system) = (db.owner().await, db.system().await);
    for table in tables(&owner).await {
        let read = code(&system, &format!("select * from {table}")).await;
        assert_eq!(read.as_deref(), if table == "outbox" { None } else { Some("42501") }, "{table}");
    }
    assert_eq!(code(&system, "update users set email = 'x'").await.as_deref(), Some("42501"));
    assert_eq!(code(&system, "update outbox set body = 'x'").await.as_deref(), Some("42501"));
    assert_eq!(code(&system, "insert into outbox (id) values (null)").await.as_deref(), Some("42501"));
}

#[tokio::test]
async fn a_dropped_transaction_leaves_neither_rows_nor_tenant_behind() {
    let db = TestDb::with_pool(1).await;
    let preferences = user_preferences::Preferences { notifications_enabled: false, ..Default::default() };
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    user_preferences::save(&mut tx, &preferences, db.now).await.unwrap();
    drop(tx);
    // The pool has one connection: Bob gets the one that Alice's work was on.
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(users::load(&mut tx).await.unwrap().email, "bob@example.com");
    drop(tx);
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    assert_eq!(user_preferences::load(&mut tx).await.unwrap(), user_preferences::Preferences::default());
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_harms_nobody() {
    let db = TestDb::with_pool(1).await;
    for wait_us in [0_u64, 50, 200, 800, 3_000] {
        let work = async {
            let mut tx = db.store.tenant(&db.alice).await.unwrap();
            let preferences =
                user_preferences::Preferences { notifications_enabled: false, ..Default::default() };
            user_preferences::save(&mut tx, &preferences, db.now).await.unwrap();
            std::future::pending::<()>().await;
        };
        let _ = tokio::time::timeout(Duration::from_micros(wait_us), work).await;
        let mut tx = db.store.tenant(&db.bob).await.unwrap();
        assert_eq!(users::load(&mut tx).await.unwrap().email, "bob@example.com");
        tx.commit().await.unwrap();
    }
    let rows: i64 =
        db.owner().await.query_one("select count(*) from user_preferences", &[]).await.unwrap().get(0);
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn every_connection_has_its_time_outs() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    users::load(&mut tx).await.unwrap();
    let sql = "select application_name, (select setting from pg_settings where name = 'statement_timeout')
        from pg_stat_activity where usename = 'alatar_runtime' and datname = current_database()";
    let rows = db.owner().await.query(sql, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "alatar");
    let runtime = db.another_store();
    let mut blocked = runtime.tenant(&db.alice).await.unwrap();
    // Somebody holds Alice's preferences: waiting ends by itself, and is worth a retry.
    let preferences = user_preferences::Preferences::default();
    user_preferences::save(&mut tx, &preferences, db.now).await.unwrap();
    let refused = user_preferences::save(&mut blocked, &preferences, db.now).await.unwrap_err();
    assert!(refused.is_retry() && refused.to_string().contains("55P03"), "{refused}");
}
