//! Records of loading a mirror: where a load stands, so that another process can go on, and what the mirror covers.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;
use tokio_postgres::Row;

use crate::TenantTx;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::get;

/// The account's row is locked first: one loader at a time.
const OPEN: Sql = Sql::new(
    "-- loads.open
with account as (
  update linked_accounts set sync_state = 'loading', sync_error = null, updated_at = $3,
    sync_progress = case when sync_state = 'loading' then sync_progress else 0 end
  where id = $1
  returning id, watermark
)
insert into mirror_loads as l (account_id, dataset, since, started_at, updated_at)
select id, $2, watermark, $3, $3 from account
on conflict (user_id, account_id, dataset) do update set updated_at = $3,
  since = case when l.finished_at is null then l.since else excluded.since end,
  operation_id = case when l.finished_at is null then l.operation_id end,
  url = case when l.finished_at is null then l.url end,
  cursor = case when l.finished_at is null then l.cursor end,
  rows_done = case when l.finished_at is null then l.rows_done else 0 end,
  started_at = case when l.finished_at is null then l.started_at else $3 end,
  finished_at = null
returning l.since, l.started_at, l.operation_id, l.url, l.cursor, l.rows_done,
  (l.started_at <> $3 or l.operation_id is not null or l.rows_done > 0) as resumed",
);

const CHECKPOINT: Sql = Sql::new(
    "-- loads.checkpoint
with load as (
  update mirror_loads set operation_id = coalesce($3, operation_id), url = coalesce($4, url),
    cursor = coalesce($5, cursor), rows_done = $6, updated_at = $8
  where account_id = $1 and dataset = $2 and finished_at is null
  returning account_id
)
update linked_accounts a set sync_progress = $7, updated_at = $8 from load where a.id = load.account_id",
);

const RESTART: Sql = Sql::new(
    "-- loads.restart
update mirror_loads set operation_id = null, url = null, cursor = null, rows_done = 0, started_at = $3,
  updated_at = $3
where account_id = $1 and dataset = $2 and finished_at is null",
);

const FINISH: Sql = Sql::new(
    "-- loads.finish
update mirror_loads set finished_at = $3, updated_at = $3
where account_id = $1 and dataset = $2 and finished_at is null",
);

const SETTLE: Sql = Sql::new(
    "-- loads.settle
update linked_accounts a set sync_state = 'ready', sync_progress = 1, sync_error = null, orders = o.orders,
  covers_from = o.first, covers_to = o.last, watermark = $2, synced_at = $3, updated_at = $3
from (
  select count(*) as orders, min(processed_at) as first, max(processed_at) as last
  from orders where account_id = $1 and not test
) o
where a.id = $1
returning a.covers_from, a.covers_to, a.watermark, a.synced_at, a.orders",
);

const FAIL: Sql = Sql::new(
    "-- loads.fail
update linked_accounts set sync_state = 'failed', sync_error = $2, updated_at = $3 where id = $1",
);

const COVERAGE: Sql = Sql::new(
    "-- loads.coverage
select covers_from, covers_to, watermark, synced_at, orders from linked_accounts where id = $1",
);

pub(crate) const STATEMENTS: &[Sql] = &[OPEN, CHECKPOINT, RESTART, FINISH, SETTLE, FAIL, COVERAGE];

/// What is loaded in one go from the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// Orders with their lines.
    Orders,
    Refunds,
    /// Products with their variants.
    Products,
    Customers,
}

impl Dataset {
    pub const ALL: [Self; 4] = [Self::Orders, Self::Refunds, Self::Products, Self::Customers];

    /// The word used in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Refunds => "refunds",
            Self::Products => "products",
            Self::Customers => "customers",
        }
    }
}

/// An unfinished load, new or resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Whether there is anything to go on from.
    pub resumed: bool,
    /// Only what changed since then is asked for; `None`: everything. Fixed when the load begins.
    pub since: Option<Timestamp>,
    pub started_at: Timestamp,
    /// The bulk operation's global id, once it runs.
    pub operation_id: Option<String>,
    /// Where its result is fetched, once it is ready.
    pub url: Option<String>,
    /// Lines of the result (or pages) that are in the mirror for good.
    pub rows_done: i64,
    /// Where to go on in a paged read.
    pub cursor: Option<String>,
}

/// How far a load is. `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint<'a> {
    pub operation_id: Option<&'a str>,
    pub url: Option<&'a str>,
    pub cursor: Option<&'a str>,
    pub rows_done: i64,
    /// Of the whole mirror, 0 to 1; shown to the merchant.
    pub progress: f64,
}

/// What the mirror holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// `processed_at` of the first and of the last order.
    pub covers_from: Option<Timestamp>,
    pub covers_to: Option<Timestamp>,
    /// Changes of the shop up to here are in the mirror.
    pub watermark: Option<Timestamp>,
    pub synced_at: Option<Timestamp>,
    pub orders: i64,
}

/// Goes on with the dataset's unfinished load, or begins one since the account's watermark; the account is LOADING.
/// The row stays locked to the end of the transaction.
///
/// # Errors
/// [`Error::NotFound`] when the account is not the tenant's.
pub async fn open(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    now: Timestamp,
) -> Result<Load, Error> {
    let row = tx.session.query_one(OPEN, &[&account.uuid(), &dataset.name(), &now]).await?;
    Ok(Load {
        resumed: get(&row, "resumed")?,
        since: get(&row, "since")?,
        started_at: get(&row, "started_at")?,
        operation_id: get(&row, "operation_id")?,
        url: get(&row, "url")?,
        rows_done: get(&row, "rows_done")?,
        cursor: get(&row, "cursor")?,
    })
}

/// Notes how far the load is, in the transaction that wrote the rows.
///
/// # Errors
/// [`Error::NotFound`] when no load of this dataset is open.
pub async fn checkpoint(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    checkpoint: Checkpoint<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let Checkpoint { operation_id, url, cursor, rows_done, progress } = checkpoint;
    let progress = progress.clamp(0.0, 1.0);
    let (account, dataset) = (account.uuid(), dataset.name());
    one(tx
        .session
        .execute(CHECKPOINT, &[&account, &dataset, &operation_id, &url, &cursor, &rows_done, &progress, &now])
        .await?)
}

/// Forgets operation, URL and progress of an open load, for a bulk operation that failed or whose result expired; rows
/// already written stay.
///
/// # Errors
/// [`Error::NotFound`] when no load of this dataset is open.
pub async fn restart(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    now: Timestamp,
) -> Result<(), Error> {
    one(tx.session.execute(RESTART, &[&account.uuid(), &dataset.name(), &now]).await?)
}

/// The dataset is complete.
///
/// # Errors
/// [`Error::NotFound`] when no load of this dataset is open.
pub async fn finish(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    dataset: Dataset,
    now: Timestamp,
) -> Result<(), Error> {
    one(tx.session.execute(FINISH, &[&account.uuid(), &dataset.name(), &now]).await?)
}

/// The whole mirror is complete up to the watermark: counts it, and the account is READY.
///
/// # Errors
/// [`Error::NotFound`] when the account is not the tenant's.
pub async fn settle(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    watermark: Timestamp,
    now: Timestamp,
) -> Result<Coverage, Error> {
    read(&tx.session.query_one(SETTLE, &[&account.uuid(), &watermark, &now]).await?)
}

/// The mirror could not be loaded; the account is FAILED and says why. Open loads stay and can be resumed.
///
/// # Errors
/// [`Error::NotFound`] when the account is not the tenant's.
pub async fn fail(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    message: &str,
    now: Timestamp,
) -> Result<(), Error> {
    one(tx.session.execute(FAIL, &[&account.uuid(), &message, &now]).await?)
}

/// What the mirror holds; `None` when the account is not there or not the tenant's.
///
/// # Errors
/// When the database cannot answer.
pub async fn coverage(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Option<Coverage>, Error> {
    tx.session.query_opt(COVERAGE, &[&account.uuid()]).await?.as_ref().map(read).transpose()
}

fn one(touched: u64) -> Result<(), Error> {
    if touched == 1 { Ok(()) } else { Err(Error::NotFound("mirror load")) }
}

/// Also of a snapshot's row, which has the same columns.
pub(crate) fn read(row: &Row) -> Result<Coverage, Error> {
    Ok(Coverage {
        covers_from: get(row, "covers_from")?,
        covers_to: get(row, "covers_to")?,
        watermark: get(row, "watermark")?,
        synced_at: get(row, "synced_at")?,
        orders: get(row, "orders")?,
    })
}
