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
/// which, `$3` and `$4` those before which, `$5` how many. The bounds always compare, so that the index of times
/// serves every page.
macro_rules! between {
    ($t:literal) => {
        concat!(
            "(", $t, ".created_at, ", $t, ".id) < (coalesce($1::timestamptz, 'infinity'), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
  and (", $t, ".created_at, ", $t, ".id) > (coalesce($3::timestamptz, '-infinity'), coalesce($4, '00000000-0000-0000-0000-000000000000'::uuid))"
        )
    };
}
pub(crate) use between;

/// The parameters of [`between!`].
pub(crate) struct Range {
    after: (Option<Timestamp>, Option<Uuid>),
    before: (Option<Timestamp>, Option<Uuid>),
    rows: i64,
}

impl Range {
    pub(crate) fn new(after: Option<Position>, before: Option<Position>, size: Size) -> Self {
        let at = |position: Option<Position>| (position.map(|at| at.created_at), position.map(|at| at.id));
        let (Size::First(rows) | Size::Last(rows)) = size;
        Self { after: at(after), before: at(before), rows }
    }

    pub(crate) fn params(&self) -> [&(dyn ToSql + Sync); 5] {
        [&self.after.0, &self.after.1, &self.before.0, &self.before.1, &self.rows]
    }
}

/// Newest first, whichever end the rows were read from.
pub(crate) fn newest_first<T>(mut rows: Vec<T>, size: Size) -> Vec<T> {
    if matches!(size, Size::Last(_)) {
        rows.reverse();
    }
    rows
}
