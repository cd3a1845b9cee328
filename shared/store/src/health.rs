//! Whether the database answers.

use crate::Store;
use crate::error::Error;
use crate::sql::Sql;
use crate::values::get;

const MIGRATION: Sql = Sql::new(
    "-- health.migration
select name from app.migrations order by version desc limit 1",
);

pub(crate) const STATEMENTS: &[Sql] = &[MIGRATION];

/// The last migration applied, `0002_create_accounts`.
///
/// # Errors
/// When the database does not answer in time.
pub async fn migration(store: &Store) -> Result<String, Error> {
    let mut tx = store.system_once().await?;
    let row = tx.session.query_one(MIGRATION, &[]).await?;
    tx.commit().await?;
    get(&row, "name")
}
