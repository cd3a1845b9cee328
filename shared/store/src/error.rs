//! What can go wrong with the database. The texts name statements, codes and constraints, never a value.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database URL is malformed; it looks like postgres://user:password@host:5432/name")]
    Url,
    #[error("the trust store for TLS could not be built")]
    Tls,
    #[error("no connection to the database ({0})")]
    Connect(&'static str),
    /// A statement was refused by PostgreSQL.
    #[error("{statement} was refused: SQLSTATE {code}{}", constraint.as_ref().map(|name| format!(", {name}")).unwrap_or_default())]
    Refused { statement: String, code: String, constraint: Option<String> },
    #[error("{statement}: the connection failed ({reason})")]
    Lost { statement: String, reason: &'static str },
    /// Somebody else was faster: the row is no longer as it was read.
    #[error("{0}: changed by somebody else meanwhile")]
    Conflict(&'static str),
    /// A row that must exist does not, or is another tenant's.
    #[error("{0}: not there")]
    NotFound(&'static str),
    /// A stored value does not read as what it must be.
    #[error("{0}: the stored value is not readable")]
    Unreadable(&'static str),
    /// The session that the tenant works in has ended, or was never there.
    #[error("the session has ended")]
    SessionEnded,
    #[error("the transaction had failed before it was to be committed")]
    Aborted,
    #[error(transparent)]
    Vault(#[from] crate::vault::Error),
    #[error(transparent)]
    Migration(#[from] crate::migrations::Fault),
}

impl Error {
    /// Whether doing the same work again may succeed: lost connections, conflicts, time-outs, a database that restarts.
    pub fn is_retry(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Lost { .. } | Self::Conflict(_) => true,
            Self::Refused { code, .. } => {
                // 40 rollback, 53 resources, 57 intervention (time-outs, restart), 08 connection, 55P03 lock, 25P03 idle.
                ["40", "53", "57", "08"].iter().any(|class| code.starts_with(class))
                    || [
                        SqlState::LOCK_NOT_AVAILABLE.code(),
                        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT.code(),
                    ]
                    .contains(&code.as_str())
            }
            Self::Url
            | Self::Tls
            | Self::NotFound(_)
            | Self::Unreadable(_)
            | Self::SessionEnded
            | Self::Aborted
            | Self::Vault(_)
            | Self::Migration(_) => false,
        }
    }

    /// The constraint or raised condition that refused a statement.
    pub(crate) fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused { constraint, .. } => constraint.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn of(statement: &str, error: &tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(refused) if refused.code().code() == CONFLICT => Self::Conflict("row"),
            Some(refused) if refused.code().code() == SESSION_ENDED => Self::SessionEnded,
            // Two deliveries of one message met: the other one was first.
            Some(refused) if refused.constraint() == Some(MESSAGE_KEY) => Self::Conflict("message"),
            Some(refused) => Self::Refused {
                statement: statement.to_owned(),
                code: refused.code().code().to_owned(),
                constraint: refused.constraint().map(str::to_owned),
            },
            None if error.is_closed() => Self::Lost { statement: statement.to_owned(), reason: "closed" },
            None => Self::Lost { statement: statement.to_owned(), reason: "broken" },
        }
    }
}

/// What `app.conflict()` raises: a statement found its row changed.
const CONFLICT: &str = "AL001";
/// What `app.session_ended()` raises.
const SESSION_ENDED: &str = "AL003";
/// A message is in the journal of its analysis once.
const MESSAGE_KEY: &str = "analysis_events_message_key";

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(_) => Self::Connect("all connections are busy"),
            PoolError::Backend(error) => Self::of("connect", &error),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Self::Connect("the pool is closed")
            }
        }
    }
}
