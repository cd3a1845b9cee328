//! Data retrieval: keeps the mirror of one store. A first load reads everything by bulk operations, later ones what
//! changed since; each resumes where an earlier one stopped, and doing it twice changes nothing. No transaction is
//! open while the shop is being asked.

use auth::Tenant;
use domain::digest::Digest;
use domain::{clock::Clock, facts, ids::LinkedAccountId, limits::MIRROR_FRESH_SECONDS};
use jiff::{SignedDuration, Timestamp};
use shopify::{reader::Reader, shop_domain::ShopDomain};
use store::{
    Store, TenantTx, linked_accounts,
    loads::{self, Coverage, Dataset, Load},
    snapshots,
};
use url::Url;

pub mod error;
mod files;
mod gate;
mod operations;
mod refunds;
mod segments;

use error::Error;

/// A sweep begins this much before the last one began: clocks differ, and a change may be seen late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// Lines of one transaction: enough to make its cost small, little enough to repeat after a crash.
const BATCH_LINES: u64 = 5_000;

/// One account's mirror, and what loading it needs.
pub struct Mirror {
    pub store: Store,
    pub tenant: Tenant,
    pub account: LinkedAccountId,
    pub reader: Reader,
    pub clock: Clock,
    /// Lines of one transaction.
    pub batch_lines: u64,
}

/// The mirror as an analysis may read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refreshed {
    pub snapshot: Digest,
    /// The store as of this instant.
    pub taken_at: Timestamp,
    /// Without orders where the store has none.
    pub coverage: Coverage,
    /// Whether the shop was asked; false when the mirror was fresh.
    pub loaded: bool,
}

/// What a load is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Shopify prepares its files.
    Waiting,
    /// Lines of the files become rows.
    Rows,
    /// Refunds are read one by one.
    Refunds,
    /// Rows become columns.
    Columns,
}

/// How far a load is, in units of its phase: objects, lines, refunds, months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    pub done: u64,
    /// As far as it is known.
    pub total: Option<u64>,
}

/// Told of progress, often; must be quick.
pub type Watcher<'a> = &'a (dyn Fn(Progress) + Send + Sync);

impl Mirror {
    /// The mirror of an account of the tenant. `base` sends shop traffic to a simulator.
    ///
    /// # Errors
    /// [`Error::NotLinked`] when the tenant has no such account, or a failure of the database.
    pub async fn open(
        store: &Store,
        tenant: Tenant,
        account: LinkedAccountId,
        (http, base): (reqwest::Client, Option<Url>),
        clock: Clock,
    ) -> Result<Self, Error> {
        let mut tx = store.tenant_read_only(&tenant).await?;
        let linked = linked_accounts::load(&mut tx, account).await?.ok_or(Error::NotLinked)?;
        let token = match linked_accounts::access_token(&mut tx, account).await {
            // Unlinked while the analysis was on its way: trying again brings no token back.
            Err(store::error::Error::NotFound(_)) => return Err(Error::NotLinked),
            token => token?,
        };
        tx.commit().await?;
        let shop = ShopDomain::parse(&linked.shop_domain).ok_or(Error::NotLinked)?;
        let reader = Reader::new(http, base, shop, token);
        Ok(Self { store: store.clone(), tenant, account, reader, clock, batch_lines: BATCH_LINES })
    }
}

/// The latest snapshot if the mirror is fresh enough for a question: one statement, and the shop is not asked.
///
/// # Errors
/// When the database cannot answer.
pub async fn fresh(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    now: Timestamp,
) -> Result<Option<Refreshed>, store::error::Error> {
    let Some(latest) = snapshots::latest(tx, account).await? else {
        return Ok(None);
    };
    let fresh =
        latest.coverage.synced_at.is_some_and(|at| now.duration_since(at).as_secs() < MIRROR_FRESH_SECONDS);
    let snapshots::Snapshot { digest, taken_at, coverage } = latest;
    Ok(fresh.then_some(Refreshed { snapshot: digest, taken_at, coverage, loaded: false }))
}

/// Brings the mirror up to date where it is not fresh, and pins a snapshot of it. One load at a time for an account in
/// a process; the others wait for it and find its snapshot.
///
/// # Errors
/// See [`Error`]; after a retryable one the next call goes on where this one stopped. A final one is also written to
/// the account, for its owner to read.
pub async fn refresh(mirror: &Mirror, watch: Watcher<'_>) -> Result<Refreshed, Error> {
    let _turn = gate::enter(mirror.account).await;
    let mut tx = mirror.store.tenant_read_only(&mirror.tenant).await?;
    let found = fresh(&mut tx, mirror.account, mirror.clock.now()).await?;
    tx.commit().await?;
    if let Some(found) = found {
        return Ok(found);
    }
    let loaded = load(mirror, watch).await;
    if let Err(error) = &loaded
        && !error.is_retry()
        && let Err(unwritten) = note_failure(mirror, error).await
    {
        tracing::warn!(%unwritten, "the failure of a load could not be noted");
    }
    loaded
}

async fn note_failure(mirror: &Mirror, error: &Error) -> Result<(), Error> {
    let mut tx = mirror.store.tenant(&mirror.tenant).await?;
    loads::fail(&mut tx, mirror.account, &error.to_string(), mirror.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// The open loads of an account, and the shop that they read.
struct Work {
    shop: facts::Shop,
    orders: Load,
    refunds: Load,
    products: Load,
    customers: Load,
}

async fn load(mirror: &Mirror, watch: Watcher<'_>) -> Result<Refreshed, Error> {
    let shop = mirror.reader.shop().await?;
    let work = begin(mirror, shop).await?;
    let ready = operations::complete(mirror, &work, watch).await?;
    files::load(mirror, &work, ready, watch).await?;
    refunds::load(mirror, &work, watch).await?;
    segments::make(mirror, &work.shop, watch).await?;
    settle(mirror, &work).await
}

/// Notes the shop's facts and opens all loads at once: they end at once too, so that a crash in between loses none.
async fn begin(mirror: &Mirror, shop: facts::Shop) -> Result<Work, Error> {
    let now = mirror.clock.now();
    let mut tx = mirror.store.tenant(&mirror.tenant).await?;
    let linked = linked_accounts::load(&mut tx, mirror.account).await?.ok_or(Error::NotLinked)?;
    if linked.shop.is_some_and(|known| known.currency != shop.currency) {
        return Err(Error::CurrencyChanged);
    }
    linked_accounts::set_shop(&mut tx, mirror.account, &shop, now).await?;
    let work = Work {
        shop,
        orders: loads::open(&mut tx, mirror.account, Dataset::Orders, now).await?,
        refunds: loads::open(&mut tx, mirror.account, Dataset::Refunds, now).await?,
        products: loads::open(&mut tx, mirror.account, Dataset::Products, now).await?,
        customers: loads::open(&mut tx, mirror.account, Dataset::Customers, now).await?,
    };
    tx.commit().await?;
    Ok(work)
}

async fn settle(mirror: &Mirror, work: &Work) -> Result<Refreshed, Error> {
    let now = mirror.clock.now();
    let mut tx = mirror.store.tenant(&mirror.tenant).await?;
    for dataset in Dataset::ALL {
        loads::finish(&mut tx, mirror.account, dataset, now).await?;
    }
    let begun = [&work.orders, &work.refunds, &work.products, &work.customers].map(|load| load.started_at);
    let watermark = begun.into_iter().min().unwrap_or(now) - OVERLAP;
    let coverage = loads::settle(&mut tx, mirror.account, watermark, now).await?;
    let list = store::segments::list(&mut tx, mirror.account).await?;
    let snapshot = snapshots::pin(&mut tx, mirror.account, &list, now, &coverage).await?;
    tx.commit().await?;
    Ok(Refreshed { snapshot, taken_at: now, coverage, loaded: true })
}
