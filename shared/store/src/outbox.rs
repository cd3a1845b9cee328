//! Messages written in the transaction that made their reason. A row is delivered at least once, stays invisible for a
//! while when it was, and is dead after too many deliveries.

use domain::ids::MessageId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::SystemTx;
use crate::error::Error;

/// A message to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    pub id: MessageId,
    /// `orchestrator`, or a department's name.
    pub queue: &'static str,
    /// A sealed envelope.
    pub body: String,
    /// Not delivered before.
    pub available_at: Timestamp,
}

/// A message to be delivered now (`available_at` has come) or later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub id: MessageId,
    pub queue: String,
    pub body: String,
    pub available_at: Timestamp,
    /// Deliveries begun, this one included.
    pub receives: i32,
}

/// What becomes of a message whose delivery failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    RetryAt(Timestamp),
    /// No more deliveries; the row stays, with its reason.
    Dead,
}

/// Leases due messages to this instance for [`domain::limits::MESSAGE_VISIBILITY_SECONDS`], oldest first.
///
/// # Errors
/// When the database cannot answer.
pub async fn lease_due(
    tx: &mut SystemTx,
    instance: Uuid,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Error> {
    let _ = (tx, instance, limit, now);
    todo!()
}

/// Removes delivered messages; those already gone are no error. Says how many went.
///
/// # Errors
/// When the database cannot answer.
pub async fn acknowledge(tx: &mut SystemTx, ids: &[MessageId]) -> Result<u64, Error> {
    let _ = (tx, ids);
    todo!()
}

/// Records a failed delivery and ends the lease.
///
/// # Errors
/// When the database cannot answer.
pub async fn fail(
    tx: &mut SystemTx,
    id: MessageId,
    reason: &str,
    next: Next,
    now: Timestamp,
) -> Result<(), Error> {
    let _ = (tx, id, reason, next, now);
    todo!()
}

/// When the next message comes due (its time, or the end of somebody's lease); `None` when none waits.
///
/// # Errors
/// When the database cannot answer.
pub async fn next_due(tx: &mut SystemTx) -> Result<Option<Timestamp>, Error> {
    let _ = tx;
    todo!()
}

/// Ends the leases of all other instances: for the boot of the only process on this database. Says how many.
///
/// # Errors
/// When the database cannot answer.
pub async fn take_back(tx: &mut SystemTx, instance: Uuid) -> Result<u64, Error> {
    let _ = (tx, instance);
    todo!()
}
