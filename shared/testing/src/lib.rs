//! For tests only: a real database of their own in a moment, and two tenants in it.
//!
//! One server serves all test processes and stops with the last of them ([`cluster::shared`]); one migrated template
//! is made by whoever comes first; each [`TestDb`] is a copy of it.

#![expect(clippy::expect_used, reason = "a test without its database has nothing to go on with")]

pub mod template;

use std::path::{Path, PathBuf};
use std::thread;

use auth::Tenant;
use auth::keys::Keys;
use auth::refresh::Issued;
use cluster::binaries::Search;
use cluster::shared::Shared;
use domain::digest::Digest;
use domain::ids::{LinkedAccountId, SessionId, UserId};
use domain::secret::Secret;
use jiff::Timestamp;
use store::{Settings, Store, vault};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Both merchants' password.
pub const PASSWORD: &str = "speak, friend, and enter";
/// Their addresses.
pub const ALICE_EMAIL: &str = "alice@example.com";
pub const BOB_EMAIL: &str = "bob@example.com";

/// A database that is thrown away with this value.
pub struct TestDb {
    pub store: Store,
    pub keys: Keys,
    pub alice: Tenant,
    pub bob: Tenant,
    pub alice_account: LinkedAccountId,
    pub bob_account: LinkedAccountId,
    /// When the tests take place.
    pub now: Timestamp,
    /// A superuser's URL, for what only an owner may look at.
    pub owner_url: Secret,
    _scratch: Scratch,
}

impl TestDb {
    /// A copy of the migrated template, with Alice and Bob registered and a store linked to each.
    ///
    /// # Panics
    /// When there is no PostgreSQL or it fails: a test has nothing to go on with then.
    pub async fn new() -> Self {
        Self::with_pool(4).await
    }

    /// The same with so many connections at most.
    ///
    /// # Panics
    /// As [`TestDb::new`].
    pub async fn with_pool(pool_max: usize) -> Self {
        let server = server();
        let template = template::ensure(&server).await;
        let scratch = Scratch::new(server, &template).await;
        let owner_url = scratch.owner_url();
        store::roles::restrict(&owner_url).await.expect("the copy takes the template's restrictions");
        Self {
            store: connect(&owner_url, pool_max),
            keys: Keys::derive(&[7; 32]),
            alice: auth::testing::tenant(template::ALICE),
            bob: auth::testing::tenant(template::BOB),
            alice_account: template::ALICE_ACCOUNT,
            bob_account: template::BOB_ACCOUNT,
            now: now(),
            owner_url,
            _scratch: scratch,
        }
    }

    /// A connection as the owner of everything, past row security.
    ///
    /// # Panics
    /// When the server is gone.
    pub async fn owner(&self) -> Client {
        client(&self.owner_url).await
    }

    /// A connection as the role that works for tenants.
    ///
    /// # Panics
    /// When the server is gone.
    pub async fn runtime(&self) -> Client {
        client(&store::roles::runtime_url(&self.owner_url).expect("the owner's URL is well formed")).await
    }

    /// A connection as the role that crosses tenants.
    ///
    /// # Panics
    /// When the server is gone.
    pub async fn system(&self) -> Client {
        client(&store::roles::system_url(&self.owner_url).expect("the owner's URL is well formed")).await
    }

    /// Another store on the same database, as another process would have.
    pub fn another_store(&self) -> Store {
        connect(&self.owner_url, 4)
    }
}

/// An empty database, without template or tenants, for tests of what makes them.
pub struct EmptyDb {
    pub owner_url: Secret,
    _scratch: Scratch,
}

impl EmptyDb {
    /// # Panics
    /// When there is no PostgreSQL or it fails.
    pub async fn new() -> Self {
        let scratch = Scratch::new(server(), "template0").await;
        Self { owner_url: scratch.owner_url(), _scratch: scratch }
    }

    /// # Panics
    /// When the server is gone.
    pub async fn owner(&self) -> Client {
        client(&self.owner_url).await
    }
}

/// A database that goes with this value.
struct Scratch {
    name: String,
    server: Shared,
}

impl Scratch {
    async fn new(server: Shared, template: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        let admin = client(&server.owner_url(cluster::FIRST_DATABASE)).await;
        let create = format!("create database {name} template {template}");
        admin.batch_execute(&create).await.expect("a database is made");
        Self { name, server }
    }

    fn owner_url(&self) -> Secret {
        self.server.owner_url(&self.name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let (url, name) = (self.server.owner_url(cluster::FIRST_DATABASE), self.name.clone());
        // A thread with a runtime of its own: the test's may be the one that is going away.
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let statement = format!("drop database if exists {name} with (force)");
                client(&url).await.batch_execute(&statement).await.map_err(std::io::Error::other)
            })
        });
        // What stays behind goes when the next server starts.
        let _ = dropped.join();
    }
}

/// 2026-11-23, noon.
///
/// # Panics
/// Never: the text is a timestamp.
pub fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("a timestamp")
}

/// The session that Alice and Bob each have open; it has its user's number. `alice` and `bob` themselves work in none, as
/// queue messages do.
pub const fn session(user: UserId) -> SessionId {
    SessionId::from_uuid(user.uuid())
}

/// That session's refresh token, which nobody has used yet.
pub fn refresh_token(user: UserId) -> Issued {
    auth::testing::refresh_token(user, session(user))
}

/// The server whose programs `ALATAR_PG_BIN` names has a folder of its own: versions do not share their data.
fn server() -> Shared {
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration but this one place")]
    let explicit = std::env::var("ALATAR_PG_BIN").ok().map(PathBuf::from);
    let suffix = explicit.as_ref().map(|bin| Digest::of(bin.as_os_str().as_encoded_bytes()).to_string());
    let name = format!("test-postgres{}", suffix.as_deref().and_then(|hex| hex.get(..8)).unwrap_or_default());
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(name);
    std::fs::create_dir_all(&home).expect("the target folder can be written");
    let search = Search { explicit: explicit.as_deref(), major: None };
    cluster::shared(&home, &search).expect("PostgreSQL 15 or newer runs here")
}

fn connect(owner_url: &Secret, pool_max: usize) -> Store {
    let url = |role: Result<Secret, store::error::Error>| role.expect("the owner's URL is well formed");
    let settings = Settings {
        runtime_url: url(store::roles::runtime_url(owner_url)),
        system_url: url(store::roles::system_url(owner_url)),
        pool_max,
        instance: Uuid::now_v7(),
        vault: vault::Keyring::new(&[9; 32]).expect("32 bytes"),
    };
    Store::connect(settings).expect("the URLs are well formed")
}

async fn client(url: &Secret) -> Client {
    let (client, connection) =
        tokio_postgres::connect(url.expose(), NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client
}
