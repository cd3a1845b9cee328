//! Starting a bulk operation and asking how far it is.

use jiff::Timestamp;
use serde::Deserialize;

use super::Bulk;
use crate::{
    documents::{BULK_POLL, BULK_START},
    error::Error,
    reader::Reader,
    wire,
};

/// Stands in the inner queries where the filter goes.
const FILTER: &str = "@filter";

/// A bulk operation that Shopify accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its global id.
    pub id: String,
    /// By Shopify's clock: whatever changed before this instant is in the file.
    pub created_at: Timestamp,
}

/// How far a bulk operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Running {
        objects: u64,
    },
    /// Without a file when nothing matched.
    Completed {
        file: Option<File>,
        objects: u64,
    },
    /// `TIMEOUT`, `INTERNAL_SERVER_ERROR`, `ACCESS_DENIED`, or `CANCELED`.
    Failed {
        code: String,
    },
    /// Shopify no longer knows the operation, or its file is older than 7 days: start another.
    Expired,
}

/// The finished file.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Signed: not for logs.
    pub url: String,
    pub bytes: Option<u64>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartData {
    bulk_operation_run_query: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    bulk_operation: Option<Created>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    id: String,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct UserError {
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PollData {
    bulk_operation: Option<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    status: Status,
    error_code: Option<String>,
    object_count: String,
    file_size: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Canceled,
    Canceling,
    Completed,
    Created,
    Expired,
    Failed,
    Running,
}

pub(crate) async fn start(reader: &Reader, bulk: Bulk, since: Option<Timestamp>) -> Result<Started, Error> {
    let variables = serde_json::json!({ "query": query(bulk, since) });
    let data: StartData = reader.ask(BULK_START, variables).await?;
    let payload = data.bulk_operation_run_query.ok_or(bad("bulkOperationRunQuery"))?;
    if !payload.user_errors.is_empty() {
        let codes = payload.user_errors.iter().map(|error| error.code.as_deref().unwrap_or("no code"));
        let codes: Vec<String> = codes.map(wire::code).collect();
        let busy = codes.iter().any(|code| code == "OPERATION_IN_PROGRESS" || code == "LIMIT_REACHED");
        return Err(if busy {
            Error::BulkBusy
        } else {
            Error::Refused { operation: BULK_START.name, codes }
        });
    }
    let created = payload.bulk_operation.ok_or(bad("bulkOperation"))?;
    Ok(Started { id: created.id, created_at: created.created_at })
}

/// The inner query; without a filter it reads everything.
pub(crate) fn query(bulk: Bulk, since: Option<Timestamp>) -> String {
    let filter = since.map(|since| format!("updated_at:>='{since:.0}'")).unwrap_or_default();
    bulk.text().replace(FILTER, &filter)
}

pub(crate) async fn poll(reader: &Reader, id: &str) -> Result<State, Error> {
    let data: PollData = reader.ask(BULK_POLL, serde_json::json!({ "id": id })).await?;
    let Some(operation) = data.bulk_operation else {
        return Ok(State::Expired);
    };
    let number = |text: &str, field| {
        text.parse::<u64>().map_err(|_| Error::Field { operation: BULK_POLL.name, field })
    };
    let objects = number(&operation.object_count, "objectCount")?;
    Ok(match operation.status {
        Status::Created | Status::Running | Status::Canceling => State::Running { objects },
        Status::Completed => {
            let bytes = operation.file_size.map(|size| number(&size, "fileSize")).transpose()?;
            State::Completed { file: operation.url.map(|url| File { url, bytes }), objects }
        }
        Status::Failed => {
            State::Failed { code: wire::code(operation.error_code.as_deref().unwrap_or("no code")) }
        }
        Status::Canceled => State::Failed { code: "CANCELED".to_owned() },
        Status::Expired => State::Expired,
    })
}

const fn bad(field: &'static str) -> Error {
    Error::Field { operation: BULK_START.name, field }
}

#[cfg(test)]
mod tests {
    use super::{Bulk, query};

    #[test]
    fn a_sweep_asks_only_for_what_changed_since() {
        let since = "2011-12-09T12:50:00.123Z".parse().ok();
        for bulk in Bulk::ALL {
            assert!(query(bulk, None).contains(r#"(sortKey: UPDATED_AT, query: "")"#), "{}", bulk.name());
            let swept = query(bulk, since);
            assert!(swept.contains(r#"query: "updated_at:>='2011-12-09T12:50:00Z'")"#), "{swept}");
        }
    }
}
