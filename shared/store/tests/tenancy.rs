//! The catalogue keeps tenants apart, table by table, and every way to weaken it is noticed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test needs first fails the test")]

use testing::TestDb;
use tokio_postgres::{Client, Transaction};

const FAULTS: &str = include_str!("tenancy/faults.sql");
const GRANTS: &str = include_str!("tenancy/grants.sql");
/// What the roles may do and why it is enough is read in the migrations; this is what nobody changes unnoticed.
const EXPECTED_GRANTS: &str = include_str!("tenancy/grants.txt");

/// Everything that is not as it must be.
async fn faults(tx: &Transaction<'_>) -> Vec<String> {
    let mut faults: Vec<String> = tx.query(FAULTS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let grants: Vec<String> = tx.query(GRANTS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let expected: Vec<&str> = EXPECTED_GRANTS.lines().collect();
    let missing = expected.iter().filter(|line| !grants.iter().any(|grant| grant == *line));
    faults.extend(missing.map(|line| format!("not granted as it must be: {line}")));
    let surplus = grants.iter().filter(|grant| !expected.contains(&grant.as_str()));
    faults.extend(surplus.map(|line| format!("granted: {line}")));
    faults
}

async fn tables(client: &Client) -> Vec<String> {
    let sql = "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_keeps_tenants_apart() {
    let db = TestDb::new().await;
    let mut client = db.owner().await;
    if generates() {
        let grants: Vec<String> =
            client.query(GRANTS, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tenancy/grants.txt");
        std::fs::write(path, grants.join("\n") + "\n").unwrap();
    }
    assert!(tables(&client).await.len() >= 23);
    let tx = client.transaction().await.unwrap();
    assert_eq!(faults(&tx).await, Vec::<String>::new());
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but this convention")]
fn generates() -> bool {
    std::env::var("ALATAR_GENERATE").is_ok_and(|value| value == "1")
}

/// Ways to weaken one table.
fn weakenings(table: &str) -> Vec<String> {
    let tenant = if table == "users" { "id" } else { "user_id" };
    let same = format!("{tenant} = (select app.tenant())");
    let mut weakenings = vec![
        format!("alter table {table} disable row level security"),
        format!("alter table {table} no force row level security"),
        format!("drop policy tenant on {table}"),
        format!("alter policy tenant on {table} using (true)"),
        format!("alter policy tenant on {table} with check (true)"),
        format!("alter policy tenant on {table} using ({tenant} is not null)"),
        format!("alter policy tenant on {table} using ({same} or true)"),
        format!("alter policy tenant on {table} to public"),
        format!("create policy other on {table} to alatar_runtime using (true)"),
        format!("create policy other on {table} for select to alatar_system using (true)"),
        format!(
            "drop policy tenant on {table}; create policy tenant on {table} for select to alatar_runtime using ({same})"
        ),
        format!(
            "drop policy tenant on {table}; create policy tenant on {table} as restrictive to alatar_runtime using ({same}) with check ({same})"
        ),
        format!("alter table {table} owner to alatar_runtime"),
        format!("create view seen as select * from {table}"),
        format!("create materialized view kept as select * from {table}"),
        format!("alter table {table} add column extra bigint unique"),
        format!("create unique index extra on {table} (({tenant}::text))"),
    ];
    if table != "users" {
        weakenings.push(format!("alter table {table} alter user_id drop default"));
        weakenings.push(format!("alter table {table} alter user_id set default gen_random_uuid()"));
    }
    weakenings.push(format!("grant select on {table} to public"));
    weakenings
}

/// Every privilege that a role holds taken away, and every other given.
async fn changes_of_grants(client: &Client, table: &str) -> Vec<String> {
    let sql = "select case when has_table_privilege(r, $1, p) or p in ('select', 'insert', 'update') and
            has_any_column_privilege(r, $1, p) then format('revoke %s on %I from %s', p, $1, r)
          else format('grant %s on %I to %s', p, $1, r) end
        from unnest(array['alatar_runtime', 'alatar_system']) r,
          unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) p";
    client.query(sql, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Ways to weaken everything at once.
fn weakenings_of_all() -> Vec<String> {
    let mut weakenings = Vec::new();
    for role in ["alatar_runtime", "alatar_system"] {
        for might in ["superuser", "bypassrls", "createdb", "createrole", "replication"] {
            weakenings.push(format!("alter role {role} {might}"));
        }
        weakenings.push(format!("grant pg_read_all_data to {role}"));
        weakenings.push(format!("grant create on schema public to {role}"));
        weakenings.push(format!("grant create on schema app to {role}"));
        weakenings.push(format!("grant update on app.legal_moves to {role}"));
        weakenings.push(format!("alter function app.tenant() owner to {role}"));
    }
    weakenings.extend(
        [
            "grant create on schema public to public",
            "alter function app.tenant() security definer",
            "alter function app.tenant() leakproof",
            "grant execute on function app.conflict() to public",
            "create sequence numbers",
            "alter table agent_tasks disable trigger refuse_illegal_move",
            "drop trigger refuse_illegal_beginning on analysis_requests",
            "alter table proposed_actions disable trigger all",
            "create table strangers (id uuid primary key)",
        ]
        .map(str::to_owned),
    );
    weakenings
}

/// Runs each in a transaction that is rolled back, and gives those that nobody noticed.
async fn unnoticed(client: &mut Client, weakenings: Vec<String>) -> Vec<String> {
    let mut unnoticed = Vec::new();
    for weakening in weakenings {
        let tx = client.transaction().await.unwrap();
        tx.batch_execute(&weakening).await.unwrap_or_else(|error| panic!("{weakening}: {error:?}"));
        if faults(&tx).await.is_empty() {
            unnoticed.push(weakening);
        }
        tx.rollback().await.unwrap();
    }
    unnoticed
}

#[tokio::test]
async fn no_weakening_of_a_table_goes_unnoticed() {
    let db = TestDb::new().await;
    let mut client = db.owner().await;
    for table in tables(&client).await {
        assert_eq!(unnoticed(&mut client, weakenings(&table)).await, Vec::<String>::new());
        let changes = changes_of_grants(&client, &table).await;
        assert_eq!(changes.len(), 14);
        assert_eq!(unnoticed(&mut client, changes).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn no_weakening_of_roles_and_functions_goes_unnoticed() {
    let db = TestDb::new().await;
    let mut client = db.owner().await;
    assert_eq!(unnoticed(&mut client, weakenings_of_all()).await, Vec::<String>::new());
    for right in ["temporary", "create"] {
        let name: String = client.query_one("select current_database()", &[]).await.unwrap().get(0);
        let weakening = vec![format!("grant {right} on database {name} to public")];
        assert_eq!(unnoticed(&mut client, weakening).await, Vec::<String>::new());
    }
}
