//! Whether the database answers.

use crate::Store;
use crate::error::Error;

/// The last migration applied, `0002_create_mirror`.
///
/// # Errors
/// When the database does not answer in time.
pub async fn migration(store: &Store) -> Result<String, Error> {
    let _ = store;
    todo!()
}
