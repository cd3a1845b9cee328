//! What was done, by whom and when. Rows are added, never changed.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::Error;
use crate::session::Param;
use crate::sql::Sql;

const APPEND: Sql = Sql::new(
    "-- audit_log.append
insert into audit_log (id, event, subject, detail, created_at) values ($1, $2, $3, $4, $5)",
);

pub(crate) const STATEMENTS: &[Sql] = &[APPEND];

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// `account_linked`...
    pub event: &'a str,
    /// What it happened to, as an opaque id.
    pub subject: &'a str,
    pub detail: Value,
    pub now: Timestamp,
}

/// # Errors
/// When an earlier statement failed; the entry travels with the next statement or the commit.
pub async fn append(tx: &mut TenantTx, entry: Entry<'_>) -> Result<(), Error> {
    let Entry { event, subject, detail, now } = entry;
    let (event, subject) = (event.to_owned(), subject.to_owned());
    let params: Vec<Param> =
        vec![Box::new(Uuid::now_v7()), Box::new(event), Box::new(subject), Box::new(detail), Box::new(now)];
    tx.session.ahead(APPEND, params).await
}
