//! Which refunds of the mirror a load must ask the shop about, one by one.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::get;

const PAGE: Sql = Sql::new(
    "-- refunds.page
select r.id from refunds r
where r.account_id = $1 and r.id > $3 and ($2::timestamptz is null or exists (
  select from orders o where o.account_id = $1 and o.id = r.order_id and o.updated_at >= $2 offset 0
))
order by r.id
limit $4",
);

pub(crate) const STATEMENTS: &[Sql] = &[PAGE];

/// Numbers above `after`, in their order, of refunds whose order changed at or after `since`; all where it is `None`.
///
/// # Errors
/// When the database cannot answer.
pub async fn page(
    tx: &mut TenantTx,
    account: LinkedAccountId,
    since: Option<Timestamp>,
    after: i64,
    limit: i64,
) -> Result<Vec<i64>, Error> {
    let rows = tx.session.query(PAGE, &[&account.uuid(), &since, &after, &limit]).await?;
    rows.iter().map(|row| get(row, "id")).collect()
}
