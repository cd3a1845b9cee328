//! Columns of the mirror: immutable pieces named by their digest, one a dataset and month, and the rows that they are
//! made from.

use domain::digest::Digest;
use domain::ids::LinkedAccountId;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use metrics::columns::{Dataset, Lines, Orders, Products, Returns};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Row, RowStream};

use crate::TenantTx;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::{Micros, get, word};

const DIRTY_MONTHS: Sql = Sql::new(
    "-- segments.dirty_months
select month, marked from mirror_months where account_id = $1 order by month",
);

const CLEAN: Sql = Sql::new(
    "-- segments.clean
delete from mirror_months d using unnest($2::date[], $3::bigint[]) as seen (month, marked)
where d.account_id = $1 and d.month = seen.month and d.marked = seen.marked",
);

const ORDERS_OF_MONTH: Sql = Sql::new(
    "-- segments.orders_of_month
select id, processed_at, customer_id, country_code, subtotal, discounts, shipping, tax
from orders
where account_id = $1 and processed_at >= $2 and processed_at < $3 and not test
order by processed_at, id",
);

/// Order by order through the key: left to itself PostgreSQL reads all lines of the store for every month of it.
const LINES_OF_MONTH: Sql = Sql::new(
    "-- segments.lines_of_month
select l.id, l.order_id, l.product_id, l.variant_id, l.quantity, l.gross, l.discount, l.gift_card
from orders o cross join lateral (
  select * from order_lines l where l.account_id = $1 and l.order_id = o.id offset 0
) l
where o.account_id = $1 and o.processed_at >= $2 and o.processed_at < $3 and not o.test
order by o.processed_at, l.order_id, l.id",
);

const RETURNS_OF_MONTH: Sql = Sql::new(
    "-- segments.returns_of_month
select x.id, x.refund_id, r.processed_at, r.order_id, o.processed_at as order_processed_at, o.customer_id,
  o.country_code, l.product_id, l.variant_id, x.quantity, x.subtotal, coalesce(l.gift_card, false) as gift_card
from refunds r cross join lateral (
  select * from refund_lines x where x.account_id = $1 and x.refund_id = r.id offset 0
) x cross join lateral (
  select * from orders o where o.account_id = $1 and o.id = r.order_id offset 0
) o left join lateral (
  select * from order_lines l where l.account_id = $1 and l.order_id = r.order_id and l.id = x.order_line_id offset 0
) l on true
where r.account_id = $1 and r.processed_at >= $2 and r.processed_at < $3 and not o.test
order by r.processed_at, x.refund_id, x.id",
);

const PRODUCTS: Sql = Sql::new(
    "-- segments.products
select id, title, vendor, product_type from products where account_id = $1 order by id",
);

/// Whatever was current at this place no longer is; the row itself is told apart by its digest.
const PUT: Sql = Sql::new(
    "-- segments.put
with replaced as (
  update segments set current = false
  where account_id = $1 and dataset = $2 and month = $3 and current and digest <> $4
)
insert into segments (account_id, dataset, month, digest, rows, bytes, current, created_at)
values ($1, $2, $3, $4, $5, $6, true, $7)
on conflict (user_id, account_id, dataset, month, digest) do update set current = true",
);

const REMOVE: Sql = Sql::new(
    "-- segments.remove
update segments set current = false where account_id = $1 and dataset = $2 and month = $3 and current",
);

const LIST: Sql = Sql::new(
    "-- segments.list
select dataset, month, digest, rows from segments where account_id = $1 and current",
);

const LOAD: Sql = Sql::new(
    "-- segments.load
select distinct on (digest) digest, bytes from segments where digest = any($1) order by digest",
);

pub(crate) const STATEMENTS: &[Sql] = &[
    DIRTY_MONTHS,
    CLEAN,
    ORDERS_OF_MONTH,
    LINES_OF_MONTH,
    RETURNS_OF_MONTH,
    PRODUCTS,
    PUT,
    REMOVE,
    LIST,
    LOAD,
];

/// Stands for the month of what is not cut by month.
const NO_MONTH: Date = Date::constant(1, 1, 1);

/// A segment's place and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SegmentRef {
    pub dataset: Dataset,
    /// The first day of its month; `None` for what is not cut by month (products).
    pub month: Option<Date>,
    pub digest: Digest,
    pub rows: u64,
}

/// A month (its first day) whose segments must be made anew. Months are marked generously, in all time zones at once,
/// so a month may turn out to be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirtyMonth {
    pub month: Date,
    /// Which marking this is: a later one is not taken back by [`clean`].
    pub marked: i64,
}

/// A new segment.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    pub dataset: Dataset,
    pub month: Option<Date>,
    pub digest: Digest,
    /// 0 takes the place's segment out of the list.
    pub rows: u64,
    pub bytes: &'a [u8],
    pub now: Timestamp,
}

/// Which months' segments are out of date, first to last.
///
/// # Errors
/// When the database cannot answer.
pub async fn dirty_months(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Vec<DirtyMonth>, Error> {
    let rows = tx.session.query(DIRTY_MONTHS, &[&account.uuid()]).await?;
    rows.iter().map(|row| Ok(DirtyMonth { month: get(row, "month")?, marked: get(row, "marked")? })).collect()
}

/// Unmarks months that were not marked again meanwhile.
///
/// # Errors
/// When the database cannot answer.
pub async fn clean(tx: &mut TenantTx, account: LinkedAccountId, months: &[DirtyMonth]) -> Result<(), Error> {
    let dates: Vec<Date> = months.iter().map(|month| month.month).collect();
    let marked: Vec<i64> = months.iter().map(|month| month.marked).collect();
    tx.session.execute(CLEAN, &[&account.uuid(), &dates, &marked]).await.map(|_| ())
}

/// Orders that are no tests and are booked at `from <= processed_at < to`, sorted as a segment wants them.
///
/// # Errors
/// When the database cannot answer.
pub async fn orders_of_month(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Orders, Error> {
    let mut out = Orders::default();
    let params: [&(dyn ToSql + Sync); 3] = [&account.uuid(), &from, &to];
    each(tx, ORDERS_OF_MONTH, &params, |row| {
        out.order_id.push(at(row, 0)?);
        out.processed_at.push(at::<Micros>(row, 1)?.0);
        out.customer_id.push(or_zero(row, 2)?);
        out.country.push(country(at(row, 3)?));
        out.subtotal.push(at(row, 4)?);
        out.discounts.push(at(row, 5)?);
        out.shipping.push(at(row, 6)?);
        out.tax.push(at(row, 7)?);
        Ok(())
    })
    .await?;
    Ok(out)
}

/// The lines of those orders.
///
/// # Errors
/// When the database cannot answer.
pub async fn lines_of_month(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Lines, Error> {
    let mut out = Lines::default();
    let params: [&(dyn ToSql + Sync); 3] = [&account.uuid(), &from, &to];
    each(tx, LINES_OF_MONTH, &params, |row| {
        out.line_id.push(at(row, 0)?);
        out.order_id.push(at(row, 1)?);
        out.product_id.push(or_zero(row, 2)?);
        out.variant_id.push(or_zero(row, 3)?);
        out.quantity.push(at(row, 4)?);
        out.gross.push(at(row, 5)?);
        out.discount.push(at(row, 6)?);
        out.gift_card.push(at(row, 7)?);
        Ok(())
    })
    .await?;
    Ok(out)
}

/// Returned lines of orders that are no tests, booked at their refund's `from <= processed_at < to`.
///
/// # Errors
/// When the database cannot answer.
pub async fn returns_of_month(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Returns, Error> {
    let mut out = Returns::default();
    let params: [&(dyn ToSql + Sync); 3] = [&account.uuid(), &from, &to];
    each(tx, RETURNS_OF_MONTH, &params, |row| {
        out.refund_line_id.push(at(row, 0)?);
        out.refund_id.push(at(row, 1)?);
        out.processed_at.push(at::<Micros>(row, 2)?.0);
        out.order_id.push(at(row, 3)?);
        out.order_processed_at.push(at::<Micros>(row, 4)?.0);
        out.customer_id.push(or_zero(row, 5)?);
        out.country.push(country(at(row, 6)?));
        out.product_id.push(or_zero(row, 7)?);
        out.variant_id.push(or_zero(row, 8)?);
        out.quantity.push(at(row, 9)?);
        out.subtotal.push(at(row, 10)?);
        out.gift_card.push(at(row, 11)?);
        Ok(())
    })
    .await?;
    Ok(out)
}

/// All products.
///
/// # Errors
/// When the database cannot answer.
pub async fn products(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Products, Error> {
    let mut out = Products::default();
    each(tx, PRODUCTS, &[&account.uuid()], |row| {
        out.product_id.push(at(row, 0)?);
        out.title.push(at(row, 1)?);
        out.vendor.push(at(row, 2)?);
        out.product_type.push(at(row, 3)?);
        Ok(())
    })
    .await?;
    Ok(out)
}

/// Keeps a segment and makes it the current one of its dataset and month.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn put(tx: &mut TenantTx, account: LinkedAccountId, put: Put<'_>) -> Result<(), Error> {
    let (account, dataset) = (account.uuid(), put.dataset.name());
    let month = put.month.unwrap_or(NO_MONTH);
    if put.rows == 0 {
        return tx.session.execute(REMOVE, &[&account, &dataset, &month]).await.map(|_| ());
    }
    let rows = i64::try_from(put.rows).unwrap_or(i64::MAX);
    let digest = put.digest.as_bytes().as_slice();
    let params: [&(dyn ToSql + Sync); 7] = [&account, &dataset, &month, &digest, &rows, &put.bytes, &put.now];
    tx.session.execute(PUT, &params).await.map(|_| ())
}

/// The current segments, sorted by dataset and month.
///
/// # Errors
/// When the database cannot answer.
pub async fn list(tx: &mut TenantTx, account: LinkedAccountId) -> Result<Vec<SegmentRef>, Error> {
    let rows = tx.session.query(LIST, &[&account.uuid()]).await?;
    let mut segments = rows.iter().map(segment).collect::<Result<Vec<_>, _>>()?;
    segments.sort_unstable();
    Ok(segments)
}

/// The bytes of segments, current or not, in no order; those that are not the tenant's are missing.
///
/// # Errors
/// When the database cannot answer.
pub async fn load(tx: &mut TenantTx, digests: &[Digest]) -> Result<Vec<(Digest, Vec<u8>)>, Error> {
    let digests: Vec<&[u8]> = digests.iter().map(|digest| digest.as_bytes().as_slice()).collect();
    let rows = tx.session.query(LOAD, &[&digests]).await?;
    rows.iter().map(|row| Ok((digest(row)?, get(row, "bytes")?))).collect()
}

fn segment(row: &Row) -> Result<SegmentRef, Error> {
    let month: Date = get(row, "month")?;
    let rows: i64 = get(row, "rows")?;
    Ok(SegmentRef {
        dataset: word(row, "dataset", Dataset::parse)?,
        month: (month != NO_MONTH).then_some(month),
        digest: digest(row)?,
        rows: rows.unsigned_abs(),
    })
}

pub(crate) fn digest(row: &Row) -> Result<Digest, Error> {
    Digest::from_slice(get(row, "digest")?).ok_or(Error::Unreadable("digest"))
}

/// Reads rows as they come: a month may have many.
async fn each(
    tx: &mut TenantTx,
    sql: Sql,
    params: &[&(dyn ToSql + Sync)],
    mut read: impl FnMut(&Row) -> Result<(), Error>,
) -> Result<(), Error> {
    let rows: RowStream = tx.session.stream(sql, params).await?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(|error| Error::of(sql.name(), &error))? {
        read(&row)?;
    }
    Ok(())
}

/// A column by its place: names are looked up anew in every row.
fn at<'a, T: FromSql<'a>>(row: &'a Row, place: usize) -> Result<T, Error> {
    row.try_get(place).map_err(|_| Error::Unreadable("column of a segment"))
}

fn or_zero(row: &Row, place: usize) -> Result<i64, Error> {
    Ok(at::<Option<i64>>(row, place)?.unwrap_or_default())
}

/// Two ASCII letters as one number; 0 for none, and for what is no such code.
fn country(code: Option<&str>) -> u16 {
    match code.map(str::as_bytes) {
        Some([first, second]) => u16::from_be_bytes([*first, *second]),
        _ => 0,
    }
}
