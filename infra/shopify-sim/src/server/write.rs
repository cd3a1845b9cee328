//! Writes plans over objects straight into bytes: no tree of JSON values is built, however many rows there are.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::money;
use serde::Deserialize;

use super::plan::{Below, Connection, EdgeOf, Item, Page, PageInfo, PartOf, Plan, Shape, What, size_factor};
use super::value::{Object, Rows, Type, Value, World};

/// Writes `{..}` and returns what it cost: nulls cost nothing, connections by the rows they had.
pub(super) fn object(out: &mut Vec<u8>, world: &World<'_>, object: Object, plan: &Plan) -> u64 {
    out.push(b'{');
    let mut cost = 0;
    for (at, item) in plan.items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        cost += field(out, world, object, item);
    }
    out.push(b'}');
    cost
}

/// Writes one `"key":value`.
pub(super) fn field(out: &mut Vec<u8>, world: &World<'_>, parent: Object, item: &Item) -> u64 {
    out.extend_from_slice(item.key.as_bytes());
    match &item.what {
        What::Typename(name) => {
            text(out, name);
            0
        }
        What::Field { resolve, arguments, below, free } => match resolve(world, parent.at, arguments) {
            None => {
                out.extend_from_slice(b"null");
                0
            }
            Some(found) => value(out, world, found, below) + u64::from(!free) * own(parent.kind, below),
        },
    }
}

fn own(parent: Type, below: &Below) -> u64 {
    match below {
        Below::Leaf => 0,
        Below::Connection(_) => 2,
        Below::Object(_) | Below::List(_) => match parent {
            Type::Mutation => 10,
            _ => 1,
        },
    }
}

fn value(out: &mut Vec<u8>, world: &World<'_>, value: Value<'_>, below: &Below) -> u64 {
    match value {
        Value::Object(found) => match below {
            Below::Object(shape) | Below::List(shape) => shaped(out, world, found, shape),
            Below::Leaf | Below::Connection(_) => null(out),
        },
        Value::Objects(found) => {
            let Below::List(shape) = below else { return null(out) };
            out.push(b'[');
            let mut most = 0;
            for (at, found) in found.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                most = most.max(shaped(out, world, found, shape));
            }
            out.push(b']');
            most
        }
        Value::Rows(rows) => match below {
            Below::Connection(connection) => page(out, world, &rows, connection),
            Below::Leaf | Below::Object(_) | Below::List(_) => null(out),
        },
        leaf => {
            scalar(out, world, leaf);
            0
        }
    }
}

fn shaped(out: &mut Vec<u8>, world: &World<'_>, found: Object, shape: &Shape) -> u64 {
    match shape.plan(found.kind) {
        Some(plan) => object(out, world, found, plan),
        None => null(out),
    }
}

fn null(out: &mut Vec<u8>) -> u64 {
    out.extend_from_slice(b"null");
    0
}

fn scalar(out: &mut Vec<u8>, world: &World<'_>, value: Value<'_>) {
    let places = world.store.shop.currency.exponent();
    match value {
        Value::Flag(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        Value::Int(number) => integer(out, number),
        Value::Big(number) => {
            out.push(b'"');
            integer(out, number);
            out.push(b'"');
        }
        Value::Text(found) => text(out, found),
        Value::Owned(found) => text(out, &found),
        Value::Raw(found) => out.extend_from_slice(found.as_bytes()),
        Value::Gid(kind, id) => gid(out, kind, id),
        // Writing into a vector cannot fail.
        Value::Time(at) => drop(write!(out, "\"{at}\"")),
        Value::Price(minor) => drop(write!(out, "\"{}\"", money::format_minor(minor.into(), places))),
        Value::Decimal(minor) => decimal(out, minor, places),
        Value::Texts(found) => {
            out.push(b'[');
            for (at, found) in found.into_iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                text(out, found);
            }
            out.push(b']');
        }
        Value::Object(_) | Value::Objects(_) | Value::Rows(_) => drop(null(out)),
    }
}

pub(super) fn gid(out: &mut Vec<u8>, kind: Type, id: i64) {
    out.extend_from_slice(b"\"gid://shopify/");
    out.extend_from_slice(kind.name().as_bytes());
    out.push(b'/');
    integer(out, id);
    out.push(b'"');
}

/// `Decimal` as Shopify writes it: at least one place, no zeros behind ("10.0", "10.5", "0.25").
fn decimal(out: &mut Vec<u8>, minor: i64, places: u32) {
    out.push(b'"');
    if minor < 0 {
        out.push(b'-');
    }
    let scale = 10u64.pow(places);
    let (whole, mut rest) = (minor.unsigned_abs() / scale, minor.unsigned_abs() % scale);
    unsigned(out, whole);
    out.push(b'.');
    let mut step = (scale / 10).max(1);
    loop {
        out.push(b'0' + u8::try_from(rest / step).unwrap_or(0));
        rest %= step;
        step = (step / 10).max(1);
        if rest == 0 {
            break;
        }
    }
    out.push(b'"');
}

fn integer(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    unsigned(out, number.unsigned_abs());
}

fn unsigned(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        out.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    // Writing into a vector cannot fail.
    drop(serde_json::to_writer(out, text));
}

#[derive(Deserialize)]
struct Cursor {
    last_id: i64,
    last_value: i64,
}

fn page(out: &mut Vec<u8>, world: &World<'_>, rows: &Rows, connection: &Connection) -> u64 {
    let wanted = Window { world, rows, reverse: connection.page.reverse };
    let range = wanted.range(&connection.page);
    let mut most = 0;
    out.push(b'{');
    for (at, part) in connection.parts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(part.key.as_bytes());
        match &part.what {
            PartOf::Typename(name) => text(out, name),
            PartOf::Nodes(shape) => {
                out.push(b'[');
                for (at, place) in range.clone().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    most = most.max(wanted.node(out, place, shape));
                }
                out.push(b']');
            }
            PartOf::Edges(parts) => {
                out.push(b'[');
                for (at, place) in range.clone().enumerate() {
                    out.extend_from_slice(if at > 0 { b",{" } else { b"{" });
                    for (at, part) in parts.iter().enumerate() {
                        if at > 0 {
                            out.push(b',');
                        }
                        out.extend_from_slice(part.key.as_bytes());
                        match &part.what {
                            EdgeOf::Typename(name) => text(out, name),
                            EdgeOf::Cursor => wanted.cursor(out, Some(place)),
                            EdgeOf::Node(shape) => most = most.max(wanted.node(out, place, shape)),
                        }
                    }
                    out.push(b'}');
                }
                out.push(b']');
            }
            PartOf::PageInfo(parts) => wanted.page_info(out, &range, parts),
        }
    }
    out.push(b'}');
    size_factor(range.len() as u64) * (1 + most)
}

/// Rows as they are paged, from either end.
struct Window<'w, 'a> {
    world: &'w World<'a>,
    rows: &'w Rows,
    reverse: bool,
}

impl Window<'_, '_> {
    fn row(&self, place: usize) -> Option<(i64, u32)> {
        let place = if self.reverse { self.rows.len().checked_sub(place + 1)? } else { place };
        self.rows.get(place)
    }

    /// Sort key and id: what a cursor remembers.
    fn mark(&self, place: usize) -> Option<(i64, i64)> {
        let (key, row) = self.row(place)?;
        Some((key, self.world.id(Object::new(self.rows.kind, row))?))
    }

    fn node(&self, out: &mut Vec<u8>, place: usize, shape: &Shape) -> u64 {
        match self.row(place) {
            Some((_, row)) => shaped(out, self.world, Object::new(self.rows.kind, row), shape),
            None => null(out),
        }
    }

    fn cursor(&self, out: &mut Vec<u8>, place: Option<usize>) {
        match place.and_then(|place| self.mark(place)) {
            Some((key, id)) => {
                let plain = format!("{{\"last_id\":{id},\"last_value\":{key}}}");
                text(out, &URL_SAFE_NO_PAD.encode(plain));
            }
            None => drop(null(out)),
        }
    }

    /// The first place whose mark is not before (`after`: behind) the cursor's.
    fn place_of(&self, cursor: &str, after: bool) -> Option<usize> {
        let plain = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let cursor: Cursor = serde_json::from_slice(&plain).ok()?;
        let wanted = (cursor.last_value, cursor.last_id);
        let (mut low, mut high) = (0, self.rows.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let mark = self.mark(middle)?;
            let is_before = if self.reverse { mark > wanted } else { mark < wanted };
            if is_before || (after && mark == wanted) { low = middle + 1 } else { high = middle }
        }
        Some(low)
    }

    fn range(&self, page: &Page) -> std::ops::Range<usize> {
        let (mut start, mut end) = (0, self.rows.len());
        for (cursor, is_after) in [(&page.after, true), (&page.before, false)] {
            let Some(cursor) = cursor else { continue };
            match self.place_of(cursor, is_after) {
                Some(place) if is_after => start = place,
                Some(place) => end = place.max(start),
                None => {
                    self.world.fail(
                        "cursor",
                        "INVALID_CURSOR",
                        format!("Invalid cursor for current pagination sort: {cursor}"),
                    );
                    return 0..0;
                }
            }
        }
        match (page.first, page.last) {
            (Some(first), _) => start..end.min(start.saturating_add(first as usize)).max(start),
            (None, Some(last)) => end.saturating_sub(last as usize).max(start)..end,
            (None, None) => start..end,
        }
    }

    fn page_info(&self, out: &mut Vec<u8>, range: &std::ops::Range<usize>, parts: &[(String, PageInfo)]) {
        out.push(b'{');
        for (at, (key, part)) in parts.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            let flag = |flag: bool| if flag { &b"true"[..] } else { &b"false"[..] };
            let last = range.end.checked_sub(1).filter(|_| !range.is_empty());
            match part {
                PageInfo::Typename => text(out, "PageInfo"),
                PageInfo::HasNextPage => out.extend_from_slice(flag(range.end < self.rows.len())),
                PageInfo::HasPreviousPage => out.extend_from_slice(flag(range.start > 0)),
                PageInfo::StartCursor => self.cursor(out, last.map(|_| range.start)),
                PageInfo::EndCursor => self.cursor(out, last),
            }
        }
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals_are_written_as_shopify_writes_them() {
        let cases = [
            (0, 2, "0.0"),
            (1050, 2, "10.5"),
            (1999, 2, "19.99"),
            (10_000, 2, "100.0"),
            (25, 2, "0.25"),
            (-5, 2, "-0.05"),
            (1000, 0, "1000.0"),
            (1, 3, "0.001"),
            (5, 2, "0.05"),
        ];
        for (minor, places, expected) in cases {
            let mut out = Vec::new();
            decimal(&mut out, minor, places);
            assert_eq!(String::from_utf8(out).unwrap(), format!("\"{expected}\""));
        }
    }
}
