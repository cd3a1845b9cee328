//! One turn of the orchestrator: everything it needs in one statement, everything it decided in another.

use domain::department::Department;
use domain::digest::Digest;
use domain::facts::Shop;
use domain::ids::{AgentTaskId, AnalysisRequestId, LinkedAccountId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::{AgentTaskStatus, AnalysisRequestStatus};
use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;
use crate::linked_accounts::Sync;
use crate::outbox::NewMessage;

#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub prompt: String,
    pub status: AnalysisRequestStatus,
    /// The checkpoint; `None` before the first turn.
    pub agent_state: Option<Value>,
    pub version: i32,
    pub created_at: Timestamp,
    /// The account the question is about: the one it names, else the tenant's only active one.
    pub account: Option<Account>,
    /// Whether this message is in the journal already: then there is nothing to do.
    pub seen: bool,
    /// In the order of their creation.
    pub tasks: Vec<TaskResult>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub id: LinkedAccountId,
    /// Once the shop has been asked.
    pub shop: Option<Shop>,
    pub sync: Sync,
    /// The latest snapshot of its mirror and when that was taken.
    pub snapshot: Option<(Digest, Timestamp)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskResult {
    pub id: AgentTaskId,
    pub department: Department,
    pub status: AgentTaskStatus,
    /// As `agent_tasks::finish` was given it.
    pub result: Option<Vec<u8>>,
    pub error_message: Option<String>,
}

/// A past fact for the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// `planned`, `reported`...
    pub kind: &'static str,
    pub body: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    pub id: AgentTaskId,
    pub department: Department,
    pub description: String,
    pub work: Value,
}

#[derive(Debug)]
pub struct Save<'a> {
    pub request: AnalysisRequestId,
    /// As loaded; another one meanwhile is a [`Error::Conflict`].
    pub version: i32,
    /// The message that this turn handled.
    pub message_id: MessageId,
    /// At least one: the first carries the message's id.
    pub events: Vec<Event>,
    pub agent_state: Value,
    /// From and to; equal where the status stays.
    pub status: (AnalysisRequestStatus, AnalysisRequestStatus),
    /// 0 to 1.
    pub progress: f64,
    /// The answer as JSON; kept compressed.
    pub result: Option<&'a [u8]>,
    pub error: Option<(AnalysisErrorCode, String)>,
    /// The account chosen for a request that named none.
    pub account: Option<LinkedAccountId>,
    pub tasks: Vec<NewTask>,
    pub messages: Vec<NewMessage>,
    pub now: Timestamp,
}

/// Loads and locks a request for one turn; `None` when it is not there or not the tenant's.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(
    tx: &mut TenantTx,
    request: AnalysisRequestId,
    message_id: MessageId,
) -> Result<Option<Loaded>, Error> {
    let _ = (tx, request, message_id);
    todo!()
}

/// Saves a turn. The statement travels with the commit: a conflict shows there, and nothing is written.
///
/// # Errors
/// When an earlier statement failed. [`TenantTx::commit`] gives [`Error::Conflict`] when the version has moved on.
pub async fn save(tx: &mut TenantTx, save: Save<'_>) -> Result<(), Error> {
    let _ = (tx, save);
    todo!()
}
