//! The runner of `migrations/`: embedded, checksummed, one transaction each, under an advisory lock.

use domain::secret::Secret;
use jiff::Timestamp;

use crate::error::Error;

/// Why a migration did not run.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(
        "migration {0} was changed after it had been applied; restore its file, or write a new migration"
    )]
    Drift(String),
    #[error("the database has migration {0}, which this program does not know; use a newer program")]
    Unknown(String),
    #[error("there is no migration {0}")]
    NoSuch(i32),
    #[error("migration {name} failed: {message}")]
    Failed { name: String, message: String },
}

/// Where one migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub version: i32,
    /// `0001_create_accounts`.
    pub name: String,
    pub applied_at: Option<Timestamp>,
}

/// Applies what is missing, up to and including `to`. Says which were applied; running again applies none.
///
/// # Errors
/// When the owner cannot connect, a file has drifted, or a migration fails; those before it stay applied.
pub async fn up(owner_url: &Secret, to: Option<i32>) -> Result<Vec<String>, Error> {
    let _ = (owner_url, to);
    todo!()
}

/// Reverts what lies above `to`, newest first; 0 reverts all and leaves nothing behind. Says which were reverted.
///
/// # Errors
/// As [`up`].
pub async fn down(owner_url: &Secret, to: i32) -> Result<Vec<String>, Error> {
    let _ = (owner_url, to);
    todo!()
}

/// # Errors
/// When the owner cannot connect.
pub async fn status(owner_url: &Secret) -> Result<Vec<Status>, Error> {
    let _ = owner_url;
    todo!()
}

/// The newest migration that this program knows.
pub fn last() -> &'static str {
    todo!()
}
