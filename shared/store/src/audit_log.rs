//! What was done, by whom and when. Rows are added, never changed.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::TenantTx;
use crate::error::Error;
use crate::session::Param;
use crate::sql::Sql;
use crate::values::get;

const APPEND: Sql = Sql::new(
    "-- audit_log.append
insert into audit_log (id, event, subject, detail, created_at) values ($1, $2, $3, $4, $5)",
);

const OF_SUBJECTS: Sql = Sql::new(
    "-- audit_log.of_subjects
select e.subject, e.event, e.detail, e.created_at
from unnest($1::text[]) as asked (subject) cross join lateral (
  select subject, event, detail, created_at, id from audit_log
  where subject = asked.subject order by created_at desc, id desc limit $2
) e
order by e.created_at, e.id",
);

pub(crate) const STATEMENTS: &[Sql] = &[APPEND, OF_SUBJECTS];

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// `account_unlinked`...
    pub event: &'a str,
    /// What it happened to: see [`subject`].
    pub subject: &'a str,
    pub detail: Value,
    pub now: Timestamp,
}

/// A line as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub subject: String,
    pub event: String,
    pub detail: Value,
    pub at: Timestamp,
}

/// What the log calls a thing: its kind and its id, as in an opaque id.
pub fn subject(id: Uuid, kind: &str) -> String {
    format!("{kind}:{id}")
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

/// The latest lines about each of some things, oldest first.
///
/// # Errors
/// When the database cannot answer.
pub async fn of_subjects(
    tx: &mut TenantTx,
    subjects: &[String],
    of_each_max: i64,
) -> Result<Vec<Written>, Error> {
    let rows = tx.session.query(OF_SUBJECTS, &[&subjects, &of_each_max]).await?;
    rows.iter().map(written).collect()
}

fn written(row: &Row) -> Result<Written, Error> {
    Ok(Written {
        subject: get(row, "subject")?,
        event: get(row, "event")?,
        detail: get(row, "detail")?,
        at: get(row, "created_at")?,
    })
}
