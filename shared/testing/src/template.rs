//! The database that every other one is a copy of: migrated, with Alice and Bob.

use auth::email::Email;
use auth::password::Hasher;
use cluster::shared::Shared;
use domain::ids::{LinkedAccountId, UserId};
use domain::secret::Secret;
use store::linked_accounts;
use store::sessions::NewSession;
use store::users::{self, NewUser, Registered};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::{ALICE_EMAIL, BOB_EMAIL, PASSWORD, client, connect, now, refresh_token, session};

pub const ALICE: UserId = UserId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00a1));
pub const BOB: UserId = UserId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_00b0));
pub const ALICE_ACCOUNT: LinkedAccountId =
    LinkedAccountId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0aa1));
pub const BOB_ACCOUNT: LinkedAccountId =
    LinkedAccountId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0bb0));

/// Its name says which migrations made it.
pub(crate) async fn ensure(server: &Shared) -> String {
    let name = format!("template_{}", &store::migrations::digest().to_string()[..16]);
    let admin = client(&server.owner_url(cluster::FIRST_DATABASE)).await;
    // The lock ends with the connection, also when this process is killed half-way.
    admin.batch_execute("select pg_advisory_lock(7)").await.expect("the lock is given");
    let finished = "select 1 from pg_database where datname = $1 and datistemplate";
    if admin.query_opt(finished, &[&name]).await.expect("the server answers").is_none() {
        make(server, &admin, &name).await;
    }
    name
}

async fn make(server: &Shared, admin: &Client, name: &str) {
    let run = async |statement: String| admin.batch_execute(&statement).await.expect("the template is made");
    let old = "select datname from pg_database where (datname like 'template\\_%' or datname like 'test\\_%')
        and not exists (select from pg_stat_activity a where a.datname = pg_database.datname)";
    for row in admin.query(old, &[]).await.expect("the server answers") {
        let old: String = row.get(0);
        run(format!("alter database {old} is_template false")).await;
        run(format!("drop database if exists {old}")).await;
    }
    run(format!("create database {name} template template0")).await;
    let owner_url = server.owner_url(name);
    store::migrations::up(&owner_url, None).await.expect("the migrations run");
    populate(&owner_url).await;
    // A database with connections cannot be copied.
    let others = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
    run(others).await;
    run(format!("alter database {name} is_template true")).await;
}

async fn populate(owner_url: &Secret) {
    let store = connect(owner_url, 2);
    let hasher = Hasher::new();
    let merchants = [(ALICE, ALICE_EMAIL, ALICE_ACCOUNT, "alice"), (BOB, BOB_EMAIL, BOB_ACCOUNT, "bob")];
    for (id, address, account, shop) in merchants {
        let password_hash = hasher.hash(&Secret::new(PASSWORD)).await.expect("a password is hashed");
        let email = Email::parse(address).expect("an address");
        let mut tx = store.system().await.expect("the server answers");
        let session = NewSession { id: session(id), refresh_token: refresh_token(id).digest };
        let new = NewUser { id, email: &email, password_hash: &password_hash, session, now: now() };
        let registered = users::register(&mut tx, new).await.expect("a user is registered");
        assert!(matches!(registered, Registered::Created(_)));
        tx.commit().await.expect("a user is registered");

        let mut tx = store.tenant(&auth::testing::tenant(id)).await.expect("the server answers");
        let new = linked_accounts::New {
            id: account,
            shop_domain: &format!("{shop}.myshopify.com"),
            access_token: &Secret::new(format!("shpat_{shop}")),
            scopes: &["read_all_orders".to_owned(), "read_orders".to_owned(), "read_products".to_owned()],
            now: now(),
        };
        linked_accounts::link(&mut tx, new).await.expect("a store is linked");
        tx.commit().await.expect("a store is linked");
    }
}
