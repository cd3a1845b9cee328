//! Answers of the shop that are worth keeping for a while.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::get;

const PUT: Sql = Sql::new(
    "-- cached_shopify_data.put
insert into cached_shopify_data (account_id, kind, key, body, fetched_at, expires_at) values ($1, $2, $3, $4, $5, $6)
on conflict (user_id, account_id, kind, key) do update set body = excluded.body, fetched_at = excluded.fetched_at,
  expires_at = excluded.expires_at",
);

const LOAD: Sql = Sql::new(
    "-- cached_shopify_data.load
select body from cached_shopify_data where account_id = $1 and kind = $2 and key = $3 and expires_at > $4",
);

pub(crate) const STATEMENTS: &[Sql] = &[PUT, LOAD];

#[derive(Debug)]
pub struct Entry<'a> {
    /// What kind of answer: `shop`...
    pub kind: &'a str,
    /// Which one of its kind.
    pub key: &'a str,
    pub body: &'a Value,
    pub fetched_at: Timestamp,
    pub expires_at: Timestamp,
}

/// # Errors
/// When the account is not the tenant's or the database cannot answer.
pub async fn put(tx: &mut TenantTx, account: LinkedAccountId, entry: Entry<'_>) -> Result<(), Error> {
    let Entry { kind, key, body, fetched_at, expires_at } = entry;
    tx.session.execute(PUT, &[&account.uuid(), &kind, &key, body, &fetched_at, &expires_at]).await.map(|_| ())
}

/// The body, while it has not expired.
///
/// # Errors
/// When the database cannot answer.
pub async fn load(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    kind: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Value>, Error> {
    let row = tx.session.query_opt(LOAD, &[&account.uuid(), &kind, &key, &now]).await?;
    row.as_ref().map(|row| get(row, "body")).transpose()
}
