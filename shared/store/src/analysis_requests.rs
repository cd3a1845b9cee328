//! One question and everything that became of it.

use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use jiff::{SignedDuration, Timestamp};

use crate::TenantTx;
use crate::error::Error;

#[derive(Clone, Debug, PartialEq)]
pub struct AnalysisRequest {
    pub id: AnalysisRequestId,
    pub prompt: String,
    pub status: AnalysisRequestStatus,
    /// The answer's JSON, as `turns::save` was given it.
    pub result: Option<Vec<u8>>,
    pub error_code: Option<AnalysisErrorCode>,
    pub error_message: Option<String>,
    pub linked_account_id: Option<LinkedAccountId>,
    /// The member `plan` of the checkpoint, `flow::plan::Plan` as JSON, once there is one.
    pub plan: Option<serde_json::Value>,
    /// 0 to 1.
    pub progress: f64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    pub version: i32,
}

#[derive(Debug)]
pub struct Submit<'a> {
    pub id: AnalysisRequestId,
    /// `None` leaves the choice to the orchestrator.
    pub account: Option<LinkedAccountId>,
    pub prompt: &'a str,
    pub idempotency_key: Option<&'a str>,
    /// Submissions of this tenant in an hour; `None` where rates are off.
    pub per_hour_max: Option<i64>,
    pub message_id: MessageId,
    /// The sealed `Asked`, for the queue `orchestrator`.
    pub message: String,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Submitted {
    Created(AnalysisRequest),
    /// The same key with the same input: the first answer again.
    Repeated(AnalysisRequest),
    /// The same key with another input.
    KeyReused,
    /// The account is not there, or not the tenant's.
    NoAccount,
    TooMany {
        retry_after: SignedDuration,
    },
}

/// Which requests a page holds, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// Only older than this one (exclusive).
    pub after: Option<Position>,
    /// Only newer than this one (exclusive).
    pub before: Option<Position>,
    /// Empty: all.
    pub status: &'a [AnalysisRequestStatus],
    pub size: Size,
}

/// Which end of the range, and how many rows of it. Ask for one more than is shown to know whether there are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    First(i64),
    Last(i64),
}

impl Default for Size {
    fn default() -> Self {
        Self::First(20)
    }
}

/// Where a request stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub created_at: Timestamp,
    pub id: AnalysisRequestId,
}

/// Checks account, key and rate, and writes request, journal and message, or says why not.
///
/// # Errors
/// When the database cannot answer; a race with the same key is a [`Error::Conflict`] and worth a retry.
pub async fn submit(tx: &mut TenantTx, submit: Submit<'_>) -> Result<Submitted, Error> {
    let _ = (tx, submit);
    todo!()
}

/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn load(tx: &mut TenantTx, id: AnalysisRequestId) -> Result<Option<AnalysisRequest>, Error> {
    let _ = (tx, id);
    todo!()
}

/// One page, newest first whichever end was asked for.
///
/// # Errors
/// When the database cannot answer or a stored value is unreadable.
pub async fn page(tx: &mut TenantTx, page: Page<'_>) -> Result<Vec<AnalysisRequest>, Error> {
    let _ = (tx, page);
    todo!()
}

/// How many there are with one of the statuses (empty: in all).
///
/// # Errors
/// When the database cannot answer.
pub async fn count(tx: &mut TenantTx, status: &[AnalysisRequestStatus]) -> Result<i64, Error> {
    let _ = (tx, status);
    todo!()
}
