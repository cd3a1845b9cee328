//! Work given to departments.

use domain::department::Department;
use domain::ids::{AgentTaskId, AnalysisRequestId};
use domain::status::AgentTaskStatus;
use jiff::Timestamp;
use serde_json::Value;

use crate::TenantTx;
use crate::error::Error;
use crate::outbox::NewMessage;
use crate::turns::Account;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentTask {
    pub id: AgentTaskId,
    pub request: AnalysisRequestId,
    pub department: Department,
    pub description: String,
    pub status: AgentTaskStatus,
    /// Attempts after the first.
    pub retry_count: i32,
    pub error_message: Option<String>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
}

/// A task that this call has set running.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    pub request: AnalysisRequestId,
    pub department: Department,
    pub work: Value,
    /// This attempt, from 1.
    pub attempt: i32,
    pub account: Option<Account>,
    /// Results of the request's completed tasks, as they were given, by task.
    pub results: Vec<(AgentTaskId, Vec<u8>)>,
}

#[derive(Debug)]
pub struct Finish<'a> {
    pub task: AgentTaskId,
    pub outcome: Outcome<'a>,
    /// The report to the orchestrator, or for [`Outcome::Retrying`] the task's next message.
    pub messages: Vec<NewMessage>,
    pub now: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// JSON; kept compressed.
    Completed {
        result: &'a [u8],
    },
    Failed {
        message: &'a str,
    },
    Retrying {
        message: &'a str,
    },
}

/// Sets a task running and counts the attempt. `None` when it has ended, is not there, or is not the tenant's.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn begin(tx: &mut TenantTx, task: AgentTaskId, now: Timestamp) -> Result<Option<Begun>, Error> {
    let _ = (tx, task, now);
    todo!()
}

/// Ends an attempt. The statement travels with the commit: a task that is no longer running shows there as
/// [`Error::Conflict`], and nothing is written.
///
/// # Errors
/// When an earlier statement failed.
pub async fn finish(tx: &mut TenantTx, finish: Finish<'_>) -> Result<(), Error> {
    let _ = (tx, finish);
    todo!()
}

/// The tasks of some requests, in the order of their creation.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn of_requests(tx: &mut TenantTx, requests: &[AnalysisRequestId]) -> Result<Vec<AgentTask>, Error> {
    let _ = (tx, requests);
    todo!()
}
