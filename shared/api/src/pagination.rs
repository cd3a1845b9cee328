//! Relay paging by keyset: a cursor is a place in one list, sealed for one tenant.

use async_graphql::{Error, SimpleObject};
use auth::Tenant;
use auth::keys::{Keys, Purpose};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::limits::{PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX};
use jiff::Timestamp;
use store::pages::{Position, Size};
use uuid::Uuid;

use crate::errors::Code;

/// Microseconds since 1970 and the id.
const PLACE_BYTES: usize = 8 + 16;
const MAC_BYTES: usize = 16;

/// Where a page stands in its list.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct PageInfo {
    /// Whether there is more after this page.
    pub(crate) has_next_page: bool,
    /// Whether there is more before this page.
    pub(crate) has_previous_page: bool,
    /// The first element's cursor; null on an empty page.
    pub(crate) start_cursor: Option<String>,
    /// The last element's cursor; null on an empty page.
    pub(crate) end_cursor: Option<String>,
}

/// The arguments of a paged field, as they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
}

/// What is paged. A cursor of one list means nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    AnalysisRequests,
    ProposedActions,
}

impl List {
    const fn name(self) -> &'static str {
        match self {
            Self::AnalysisRequests => "analysis_requests",
            Self::ProposedActions => "proposed_actions",
        }
    }
}

/// The part of a list that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) after: Option<Position>,
    pub(crate) before: Option<Position>,
    /// Elements at most.
    pub(crate) size: usize,
    pub(crate) from_end: bool,
}

impl Window {
    /// # Errors
    /// `BAD_USER_INPUT` for sizes out of bounds, both ends at once, or cursors that are not this tenant's or list's.
    pub(crate) fn read(
        keys: &Keys,
        tenant: &Tenant,
        list: List,
        arguments: &Arguments,
    ) -> Result<Self, Error> {
        let (size, from_end) = match (arguments.first, arguments.last) {
            (Some(_), Some(_)) => {
                return Err(Code::BadUserInput.raise("\"first\" and \"last\" cannot be used together."));
            }
            (first, None) => (page_size("first", first)?, false),
            (None, last) => (page_size("last", last)?, true),
        };
        let place = |name: &str, cursor: &Option<String>| match cursor {
            None => Ok(None),
            Some(cursor) => match open(keys, tenant, list, cursor) {
                Some(position) => Ok(Some(position)),
                None => Err(Code::BadUserInput.raise(format!("\"{name}\" is not a cursor of this list."))),
            },
        };
        let (after, before) = (place("after", &arguments.after)?, place("before", &arguments.before)?);
        Ok(Self { after, before, size, from_end })
    }

    /// One more than is shown: whether it is there says whether the list goes on.
    pub(crate) fn probe(&self) -> Size {
        let rows = i64::try_from(self.size + 1).unwrap_or(i64::MAX);
        if self.from_end { Size::Last(rows) } else { Size::First(rows) }
    }

    /// Cuts the probe's extra row off and says where the page stands. An element behind a cursor of ours was there when
    /// the cursor was given out.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, cursor: impl Fn(&T) -> String) -> PageInfo {
        let more = rows.len() > self.size;
        if more && self.from_end {
            rows.remove(0);
        }
        rows.truncate(self.size);
        let (has_next_page, has_previous_page) =
            if self.from_end { (self.before.is_some(), more) } else { (more, self.after.is_some()) };
        let (start_cursor, end_cursor) = (rows.first().map(&cursor), rows.last().map(&cursor));
        PageInfo { has_next_page, has_previous_page, start_cursor, end_cursor }
    }
}

fn page_size(name: &str, asked: Option<i32>) -> Result<usize, Error> {
    let Some(asked) = asked else { return Ok(PAGE_SIZE_DEFAULT) };
    usize::try_from(asked).ok().filter(|size| *size <= PAGE_SIZE_MAX).ok_or_else(|| {
        Code::BadUserInput.raise(format!("\"{name}\" is {asked}; it must be from 0 to {PAGE_SIZE_MAX}."))
    })
}

/// The cursor of a place, for this tenant and list only.
pub(crate) fn cursor(keys: &Keys, tenant: &Tenant, list: List, position: Position) -> String {
    let mut bytes = Vec::with_capacity(PLACE_BYTES + MAC_BYTES);
    bytes.extend_from_slice(&position.created_at.as_microsecond().to_be_bytes());
    bytes.extend_from_slice(position.id.as_bytes());
    let mac = mac(keys, tenant, list, &bytes);
    bytes.extend_from_slice(&mac);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn open(keys: &Keys, tenant: &Tenant, list: List, cursor: &str) -> Option<Position> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (place, sealed) = bytes.split_at_checked(PLACE_BYTES)?;
    // A cursor gives no access, only a place: comparing its short MAC need not hide how much of it is right.
    if mac(keys, tenant, list, place) != sealed {
        return None;
    }
    let (at, id) = place.split_at_checked(8)?;
    let created_at = Timestamp::from_microsecond(i64::from_be_bytes(at.try_into().ok()?)).ok()?;
    Some(Position { created_at, id: Uuid::from_slice(id).ok()? })
}

fn mac(keys: &Keys, tenant: &Tenant, list: List, place: &[u8]) -> [u8; MAC_BYTES] {
    let mut data = tenant.user_id().uuid().as_bytes().to_vec();
    data.extend_from_slice(list.name().as_bytes());
    data.extend_from_slice(place);
    let mut out = [0; MAC_BYTES];
    out.iter_mut().zip(keys.mac(Purpose::Cursor, &data)).for_each(|(out, byte)| *out = byte);
    out
}

#[cfg(test)]
mod tests;
