//! Floor 2: the only SQL. A file per noun, each with its named statements; every function takes the transaction first.
//!
//! [`Store::tenant`] is the only way to rows of a tenant: it begins a transaction in which row security shows this
//! tenant's rows alone. What must cross tenants goes through [`Store::system`], another role with narrow grants.
//!
//! ```compile_fail,E0616
//! // Nobody reaches the connections past the two doors.
//! fn reach(store: &store::Store) { let _ = &store.runtime; }
//! ```
//!
//! ```compile_fail
//! // A tenant's rows cannot be asked for with an id alone.
//! async fn ask(store: store::Store, user: domain::ids::UserId) { let _ = store.tenant(&user).await; }
//! ```

pub mod agent_tasks;
pub mod analysis_requests;
pub mod attempts;
pub mod audit_log;
pub mod cached_shopify_data;
pub mod cancellations;
pub mod clarifications;
mod compression;
pub mod error;
pub mod health;
pub mod idempotency_keys;
pub mod linked_accounts;
pub mod loads;
pub mod migrations;
pub mod mirror;
pub mod outbox;
pub mod pages;
mod pools;
pub mod proposed_actions;
pub mod refunds;
pub mod roles;
pub mod seed;
pub mod segments;
mod session;
pub mod sessions;
pub mod snapshots;
pub mod sockets;
pub mod sql;
pub mod subscriptions;
pub mod turns;
pub mod user_preferences;
pub mod users;
mod values;
pub mod vault;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use auth::Tenant;
use deadpool_postgres::Pool;
use domain::ids::UserId;
use domain::secret::Secret;
use uuid::Uuid;

use crate::session::{Length, Session};

/// What a [`Store`] is made from.
#[derive(Debug)]
pub struct Settings {
    /// The database, as the role that works for tenants: see [`roles::runtime_url`].
    pub runtime_url: Secret,
    /// The same database, as the role that crosses tenants: see [`roles::system_url`].
    pub system_url: Secret,
    /// Connections of the runtime role at most; the system role has two more.
    pub pool_max: usize,
    /// Who leases the messages written here: new in every process, so that a restart can tell its own from lost ones.
    pub instance: Uuid,
    pub vault: vault::Keyring,
}

const READ_ONLY: &str = "begin read only";
/// Not `force_custom_plan`: it would plan the check of every single foreign key anew, too.
const BEGIN_BULK: &str = "begin; set local enable_seqscan = off; set local synchronous_commit = off";

/// The database. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Store {
    runtime: Pool,
    system: Pool,
    vault: Arc<vault::Keyring>,
    instance: Uuid,
    round_trips: Arc<AtomicU64>,
}

/// Work on one tenant's rows. Dropped without [`TenantTx::commit`], it leaves nothing behind.
pub struct TenantTx {
    pub(crate) session: Session,
    pub(crate) user: UserId,
    pub(crate) vault: Arc<vault::Keyring>,
    pub(crate) instance: Uuid,
    pub(crate) sent: Vec<outbox::Outgoing>,
    pub(crate) perhaps: Vec<Perhaps>,
}

/// A message that its statement writes only where somebody waits for it: so many rows of its answer say that it did.
pub(crate) struct Perhaps {
    sql: sql::Sql,
    rows: u64,
    message: outbox::Outgoing,
}

/// Work across tenants under the narrow role. Dropped without [`SystemTx::commit`], it leaves nothing behind.
pub struct SystemTx {
    pub(crate) session: Session,
}

impl Store {
    /// Makes the pools; connects when first asked.
    ///
    /// # Errors
    /// When a URL is malformed.
    pub fn connect(settings: Settings) -> Result<Self, error::Error> {
        Ok(Self {
            runtime: pools::pool(&settings.runtime_url, settings.pool_max)?,
            system: pools::pool(&settings.system_url, 2)?,
            vault: Arc::new(settings.vault),
            instance: settings.instance,
            round_trips: Arc::default(),
        })
    }

    /// How often this store and its clones have waited for the server, without what preparing statements took.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Who leases the messages that are written through this store.
    pub const fn instance(&self) -> Uuid {
        self.instance
    }

    /// A transaction on the tenant's rows. It begins with its first statement, in one round trip; that statement fails
    /// with [`error::Error::SessionEnded`] where the tenant's session has ended.
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn tenant(&self, tenant: &Tenant) -> Result<TenantTx, error::Error> {
        self.begin(tenant, "begin", Length::Open).await
    }

    /// The same for one statement, which is committed in the round trip that asks it; a second one is refused.
    /// [`TenantTx::commit`] then sends nothing more and gives the messages.
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn tenant_once(&self, tenant: &Tenant) -> Result<TenantTx, error::Error> {
        self.begin(tenant, "begin", Length::One).await
    }

    /// The same, and PostgreSQL itself refuses every write.
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn tenant_read_only(&self, tenant: &Tenant) -> Result<TenantTx, error::Error> {
        self.begin(tenant, READ_ONLY, Length::Open).await
    }

    /// [`Store::tenant_read_only`] for one statement, as [`Store::tenant_once`].
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn tenant_read_only_once(&self, tenant: &Tenant) -> Result<TenantTx, error::Error> {
        self.begin(tenant, READ_ONLY, Length::One).await
    }

    /// The same as [`Store::tenant`], for statements that move thousands of rows of a mirror that may have grown from
    /// nothing a moment ago: PostgreSQL has no statistics of it yet and would scan whole tables. A commit does not
    /// wait for the disk: a crash of the server takes the newest batches and the checkpoints in them together, and a
    /// load goes on from the checkpoint that is left.
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn tenant_bulk(&self, tenant: &Tenant) -> Result<TenantTx, error::Error> {
        self.begin(tenant, BEGIN_BULK, Length::Open).await
    }

    /// A transaction across tenants, for what cannot know its tenant yet: log-in, the relay.
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn system(&self) -> Result<SystemTx, error::Error> {
        let session = Session::new(self.system.get().await?, "begin", None);
        Ok(SystemTx { session: session.counted(&self.round_trips) })
    }

    /// The same for one statement, as [`Store::tenant_once`].
    ///
    /// # Errors
    /// When no connection is to be had in time; worth a retry.
    pub async fn system_once(&self) -> Result<SystemTx, error::Error> {
        let session = Session::new(self.system.get().await?, "begin", None);
        Ok(SystemTx { session: session.counted(&self.round_trips).of_length(Length::One) })
    }

    async fn begin(
        &self,
        tenant: &Tenant,
        begin: &'static str,
        length: Length,
    ) -> Result<TenantTx, error::Error> {
        let session = Session::new(self.runtime.get().await?, begin, Some(tenant));
        let session = session.counted(&self.round_trips).of_length(length);
        let user = tenant.user_id();
        Ok(TenantTx {
            session,
            user,
            vault: Arc::clone(&self.vault),
            instance: self.instance,
            sent: Vec::new(),
            perhaps: Vec::new(),
        })
    }
}

impl TenantTx {
    /// Commits, and says which messages are now to be delivered.
    ///
    /// # Errors
    /// When the commit was refused or its answer is lost; the work may then be done again.
    pub async fn commit(mut self) -> Result<Vec<outbox::Outgoing>, error::Error> {
        let went_ahead = self.session.commit().await?;
        for Perhaps { sql, rows, message } in self.perhaps {
            if went_ahead.contains(&(sql, rows)) {
                self.sent.push(message);
            }
        }
        Ok(self.sent)
    }

    /// The message is sent where the statement, which goes ahead, answers with so many rows.
    pub(crate) fn sent_if_rows(&mut self, sql: sql::Sql, rows: u64, message: outbox::Outgoing) {
        self.perhaps.push(Perhaps { sql, rows, message });
    }

    /// Waits for the server so far, without those for preparing statements, which a connection does once.
    pub const fn round_trips(&self) -> u32 {
        self.session.round_trips()
    }
}

impl SystemTx {
    /// Commits.
    ///
    /// # Errors
    /// When the commit was refused or its answer is lost; the work may then be done again.
    pub async fn commit(self) -> Result<(), error::Error> {
        self.session.commit().await.map(|_| ())
    }
}
