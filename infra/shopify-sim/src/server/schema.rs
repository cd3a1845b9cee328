//! Shopify's own names: the committed extract of the official schema, as a table to look things up in.

use std::collections::HashMap;
use std::sync::LazyLock;

const EXTRACT: &str = include_str!("../../schema/admin_2026-10.fields.txt");

static SCHEMA: LazyLock<HashMap<&'static str, Object>> = LazyLock::new(|| read(EXTRACT));

/// An object type of the official schema.
pub(super) struct Object {
    pub(super) is_node: bool,
    pub(super) fields: HashMap<&'static str, Field>,
}

/// A field of the official schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) kind: Kind,
    /// The type inside lists and connections, without marks; for a leaf the type as it is written.
    pub(super) of: &'static str,
    /// Names of arguments; true for one that must be given.
    pub(super) arguments: Vec<(&'static str, bool)>,
    pub(super) nullable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Leaf,
    Object,
    List,
    Connection,
}

/// Interfaces and unions: their own fields, and the types behind them that the simulator plays.
pub(super) struct Abstract {
    pub(super) fields: &'static [&'static str],
    pub(super) behind: &'static [&'static str],
}

const NODE: Abstract = Abstract {
    fields: &["id"],
    behind: &[
        "Order",
        "LineItem",
        "Refund",
        "Product",
        "ProductVariant",
        "InventoryItem",
        "Customer",
        "Shop",
        "BulkOperation",
    ],
};
const DISCOUNT_APPLICATION: Abstract = Abstract {
    fields: &["allocationMethod", "index", "targetSelection", "targetType", "value"],
    behind: &["DiscountCodeApplication", "ManualDiscountApplication"],
};
const PRICING_VALUE: Abstract = Abstract { fields: &[], behind: &["MoneyV2"] };

pub(super) fn object(name: &str) -> Option<&'static Object> {
    SCHEMA.get(name)
}

pub(super) fn abstraction(name: &str) -> Option<&'static Abstract> {
    match name {
        "Node" => Some(&NODE),
        "DiscountApplication" => Some(&DISCOUNT_APPLICATION),
        "PricingValue" => Some(&PRICING_VALUE),
        _ => None,
    }
}

/// Whether a fragment on `condition` selects from an object of type `name`.
pub(super) fn applies(condition: &str, name: &str) -> bool {
    condition == name
        || (condition == "Node" && object(name).is_some_and(|object| object.is_node))
        || abstraction(condition).is_some_and(|found| found.behind.contains(&name))
}

fn read(extract: &'static str) -> HashMap<&'static str, Object> {
    let mut objects = HashMap::new();
    let mut open: Option<(&'static str, Object)> = None;
    for line in extract.lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("type ") {
            objects.extend(open.take());
            let (name, mark) = head.split_once(' ').unwrap_or((head, ""));
            open = Some((name, Object { is_node: mark == "node", fields: HashMap::new() }));
        } else if let (Some((_, object)), Some((name, field))) = (&mut open, field(line.trim())) {
            object.fields.insert(name, field);
        }
    }
    objects.extend(open);
    objects
}

/// `lineItems(after,first) connection LineItem`
fn field(line: &'static str) -> Option<(&'static str, Field)> {
    let (head, rest) = line.split_once(' ')?;
    let (name, arguments) = head.split_once('(').unwrap_or((head, ")"));
    let (kind, of) = rest.split_once(' ')?;
    let arguments = arguments.trim_end_matches(')').split(',').filter(|name| !name.is_empty());
    let kind = match kind {
        "leaf" => Kind::Leaf,
        "object" => Kind::Object,
        "list" => Kind::List,
        "connection" => Kind::Connection,
        _ => return None,
    };
    let field = Field {
        kind,
        of: if kind == Kind::Leaf { of } else { of.trim_end_matches('!') },
        arguments: arguments.map(|name| (name.trim_end_matches('!'), name.ends_with('!'))).collect(),
        nullable: !of.ends_with('!') && matches!(kind, Kind::Leaf | Kind::Object),
    };
    Some((name, field))
}
