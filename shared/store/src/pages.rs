//! What the lists share that are read page by page: newest first, by time and id.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// Where a row stands in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub created_at: Timestamp,
    pub id: Uuid,
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

/// The rows between two places (exclusive) of the table called `t`, as parameters: `$1` and `$2` the time and id after
/// which, `$3` and `$4` those before which, `$5` how many. Both bounds are always there and are bare parameters:
/// behind row security PostgreSQL takes a comparison into the index only where it knows that it leaks nothing, and of
/// `coalesce` it does not know. Page 50,000 then costs what page 1 costs.
macro_rules! between {
    ($t:literal) => {
        concat!(
            "(",
            $t,
            ".created_at, ",
            $t,
            ".id) < ($1, $2) and (",
            $t,
            ".created_at, ",
            $t,
            ".id) > ($3, $4)"
        )
    };
}
pub(crate) use between;

/// The parameters of [`between!`].
pub(crate) struct Range {
    after: Position,
    before: Position,
    rows: i64,
}

impl Range {
    pub(crate) fn new(after: Option<Position>, before: Option<Position>, size: Size) -> Self {
        let newest = Position { created_at: Timestamp::MAX, id: Uuid::max() };
        let oldest = Position { created_at: YEAR_ONE, id: Uuid::nil() };
        let (Size::First(rows) | Size::Last(rows)) = size;
        Self { after: after.unwrap_or(newest), before: before.unwrap_or(oldest), rows }
    }

    pub(crate) fn params(&self) -> [&(dyn ToSql + Sync); 5] {
        [&self.after.created_at, &self.after.id, &self.before.created_at, &self.before.id, &self.rows]
    }
}

/// Before anything that was ever created, and within what PostgreSQL can say.
const YEAR_ONE: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// Newest first, whichever end the rows were read from.
pub(crate) fn newest_first<T>(mut rows: Vec<T>, size: Size) -> Vec<T> {
    if matches!(size, Size::Last(_)) {
        rows.reverse();
    }
    rows
}
