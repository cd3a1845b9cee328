//! The tenant's own copy of a store's facts. COPY is refused under row security, so rows arrive as arrays that one
//! statement unfolds and merges; the same rows again change nothing. Months whose columns must be made anew are marked.

mod statements;

use std::borrow::Cow;
use std::collections::HashSet;

use domain::facts::{Customer, Order, OrderLine, Product, Refund, RefundLine, Variant};
use domain::ids::LinkedAccountId;
use tokio_postgres::types::ToSql;

use crate::TenantTx;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::{Micros, get};

pub(crate) use statements::STATEMENTS;

/// Rows for one call: more than this gains nothing and holds memory.
pub const BATCH_ROWS: usize = 5_000;

/// Separates the members of a list within one text: an array of arrays cannot be unfolded by rows.
const SEPARATOR: &str = "\u{1f}";

/// Turns rows into one array a column, in the statement's order, and runs it.
macro_rules! upsert {
    ($tx:ident, $account:ident, $rows:ident, $sql:path, [$(|$row:ident| $value:expr),+ $(,)?]) => {{
        let rows = last_of_each(&$rows, |row| row.id);
        upsert(
            $tx,
            $sql,
            &[&$account.uuid(), $(&rows.iter().map(|$row| $value).collect::<Vec<_>>()),+],
        )
        .await
    }};
}

/// Inserts or updates; the answer counts the rows that changed.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_orders(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[Order],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_ORDERS,
        [
            |o| o.id,
            |o| clean(&o.name),
            |o| o.customer_id,
            |o| Micros::from(o.created_at),
            |o| Micros::from(o.processed_at),
            |o| Micros::from(o.updated_at),
            |o| o.cancelled_at.map(Micros::from),
            |o| clean_opt(&o.cancel_reason),
            |o| o.test,
            |o| o.taxes_included,
            |o| clean_opt(&o.financial_status),
            |o| clean_opt(&o.fulfillment_status),
            |o| clean_opt(&o.source_name),
            |o| clean_opt(&o.country_code),
            |o| list(&o.discount_codes),
            |o| list(&o.tags),
            |o| clean_opt(&o.note),
            |o| o.subtotal,
            |o| o.discounts,
            |o| o.shipping,
            |o| o.tax,
            |o| clean_opt(&o.utm_source),
            |o| clean_opt(&o.utm_medium),
            |o| clean_opt(&o.utm_campaign),
        ]
    )
}

/// Inserts or updates; the answer counts the rows that changed. Their orders come first, or in the same transaction.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_order_lines(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[OrderLine],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_ORDER_LINES,
        [
            |l| l.order_id,
            |l| l.id,
            |l| l.product_id,
            |l| l.variant_id,
            |l| clean_opt(&l.title),
            |l| l.quantity,
            |l| l.gross,
            |l| l.discount,
            |l| l.tax,
            |l| l.gift_card,
        ]
    )
}

/// Inserts or updates; the answer counts the rows that changed.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_refunds(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[Refund],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_REFUNDS,
        [
            |r| r.id,
            |r| r.order_id,
            |r| Micros::from(r.processed_at),
            |r| clean_opt(&r.note),
            |r| r.total,
            |r| r.shipping,
        ]
    )
}

/// Inserts or updates; the answer counts the rows that changed. Their refunds come first, or in the same transaction.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_refund_lines(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[RefundLine],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_REFUND_LINES,
        [
            |l| l.refund_id,
            |l| l.id,
            |l| l.order_line_id,
            |l| l.quantity,
            |l| l.subtotal,
            |l| l.tax,
            |l| clean(&l.restock_type),
        ]
    )
}

/// Inserts or updates; the answer counts the rows that changed.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_products(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[Product],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_PRODUCTS,
        [
            |p| p.id,
            |p| clean(&p.title),
            |p| clean(&p.handle),
            |p| clean(&p.vendor),
            |p| clean(&p.product_type),
            |p| clean(&p.status),
            |p| list(&p.tags),
            |p| Micros::from(p.created_at),
            |p| Micros::from(p.updated_at),
        ]
    )
}

/// Inserts or updates; the answer counts the rows that changed.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_variants(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[Variant],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_VARIANTS,
        [
            |v| v.id,
            |v| v.product_id,
            |v| clean(&v.title),
            |v| clean_opt(&v.sku),
            |v| v.price,
            |v| v.compare_at_price,
            |v| v.unit_cost,
            |v| v.inventory_quantity,
        ]
    )
}

/// Inserts or updates; the answer counts the rows that changed.
///
/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn upsert_customers(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    rows: &[Customer],
) -> Result<u64, Error> {
    upsert!(
        tx,
        account,
        rows,
        statements::UPSERT_CUSTOMERS,
        [
            |c| c.id,
            |c| Micros::from(c.created_at),
            |c| Micros::from(c.updated_at),
            |c| clean_opt(&c.country_code),
            |c| list(&c.tags),
            |c| c.orders_count,
        ]
    )
}

async fn upsert(tx: &mut TenantTx, sql: Sql, params: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
    let changed: i64 = get(&tx.session.query_one(sql, params).await?, "changed")?;
    Ok(changed.unsigned_abs())
}

/// One statement cannot touch a row twice: of rows with the same id, the last one counts.
fn last_of_each<T>(rows: &[T], id: impl Fn(&T) -> i64) -> Vec<&T> {
    let mut seen = HashSet::with_capacity(rows.len());
    let mut kept: Vec<&T> = rows.iter().rev().filter(|row| seen.insert(id(row))).collect();
    kept.reverse();
    kept
}

/// PostgreSQL's texts hold everything but NUL, and a store's texts may hold that too.
fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

fn clean_opt(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(clean)
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| clean(text).replace(SEPARATOR, "")).collect();
    texts.join(SEPARATOR)
}
