//! The roots: queries and mutations.

use super::{Fields, object};
use crate::server::bulk;
use crate::server::search::{self, Sorting};
use crate::server::value::{Arguments, Object, RowSet, Rows, Type, UserError, Value, World};

pub(super) const QUERY: Fields = &[
    ("shop", |_, _, _| object(Type::Shop, 0)),
    ("currentAppInstallation", |_, _, _| object(Type::AppInstallation, 1)),
    ("appInstallation", |_, _, _| object(Type::AppInstallation, 1)),
    ("app", |_, _, _| object(Type::App, 1)),
    ("publicApiVersions", |_, _, _| {
        Some(Value::Objects((0..2).map(|at| Object::new(Type::ApiVersion, at)).collect()))
    }),
    ("order", |w, _, arguments| of_kind(w, arguments, Type::Order)),
    ("product", |w, _, arguments| of_kind(w, arguments, Type::Product)),
    ("productVariant", |w, _, arguments| of_kind(w, arguments, Type::ProductVariant)),
    ("inventoryItem", |w, _, arguments| of_kind(w, arguments, Type::InventoryItem)),
    ("customer", |w, _, arguments| of_kind(w, arguments, Type::Customer)),
    ("refund", |w, _, arguments| of_kind(w, arguments, Type::Refund)),
    ("bulkOperation", |w, _, arguments| of_kind(w, arguments, Type::BulkOperation)),
    ("currentBulkOperation", |w, _, _| object(Type::BulkOperation, w.operations.latest()?)),
    ("node", |w, _, arguments| Some(Value::Object(find(w, &arguments.key, arguments.text("id")?)?))),
    ("nodes", |w, _, arguments| {
        let ids = arguments.given.get("ids")?.as_array()?;
        if ids.len() > 250 {
            let message =
                format!("The input array size of {} is greater than the maximum allowed of 250.", ids.len());
            w.fail(&arguments.key, "MAX_INPUT_SIZE_EXCEEDED", message);
            return None;
        }
        // An id that is not there is null in its place.
        let missing = Object::new(Type::QueryRoot, -1);
        let found =
            ids.iter().map(|id| find(w, &arguments.key, id.as_str().unwrap_or("")).unwrap_or(missing));
        Some(Value::Objects(found.collect()))
    }),
    ("orders", |w, _, arguments| rows(w, arguments, Type::Order)),
    ("products", |w, _, arguments| rows(w, arguments, Type::Product)),
    ("productVariants", |w, _, arguments| rows(w, arguments, Type::ProductVariant)),
    ("customers", |w, _, arguments| rows(w, arguments, Type::Customer)),
    ("ordersCount", |w, _, arguments| count(w, arguments, Type::Order)),
    ("productsCount", |w, _, arguments| count(w, arguments, Type::Product)),
    ("productVariantsCount", |w, _, arguments| count(w, arguments, Type::ProductVariant)),
    ("customersCount", |w, _, arguments| count(w, arguments, Type::Customer)),
];

pub(super) const MUTATION: Fields = &[
    ("bulkOperationRunQuery", |w, _, arguments| {
        let query = arguments.text("query").unwrap_or("");
        match bulk::submit(w, query, arguments.flag("groupObjects")) {
            Ok(operation) => object(Type::BulkOperationRunQueryPayload, operation),
            Err(refused) => {
                w.user_errors.borrow_mut().extend(refused);
                object(Type::BulkOperationRunQueryPayload, 0)
            }
        }
    }),
    ("bulkOperationCancel", |w, _, arguments| match of_kind(w, arguments, Type::BulkOperation)? {
        Value::Object(found) => {
            if !w.operations.cancel(found.at) {
                let message = "A bulk operation cannot be canceled when it is completed".to_owned();
                w.user_errors.borrow_mut().push(UserError { code: "INVALID", field: "id", message });
            }
            object(Type::BulkOperationCancelPayload, found.at)
        }
        _ => None,
    }),
];

/// The object behind a global id, if it is of the wanted type.
fn of_kind<'a>(world: &World<'a>, arguments: &Arguments, kind: Type) -> Option<Value<'a>> {
    let id = arguments.text("id")?;
    let found = find(world, &arguments.key, id)?;
    if found.kind == kind {
        return Some(Value::Object(found));
    }
    world.fail(&arguments.key, "RESOURCE_NOT_FOUND", format!("Invalid id: {id}"));
    None
}

/// Any object by its global id.
fn find(world: &World<'_>, key: &str, gid: &str) -> Option<Object> {
    let parsed = gid.strip_prefix("gid://shopify/").and_then(|rest| rest.split_once('/'));
    let Some((kind, id)) = parsed.and_then(|(kind, id)| Some((kind, id.parse::<i64>().ok()?))) else {
        world.fail(key, "INVALID_ID", format!("Invalid global id '{gid}'"));
        return None;
    };
    let (kind, store) = (Type::named(kind)?, world.store);
    let row = match kind {
        Type::Order => store.orders.binary_search_by_key(&id, |row| row.id).ok()?,
        Type::Product => store.products.binary_search_by_key(&id, |row| row.id).ok()?,
        Type::Customer => store.customers.binary_search_by_key(&id, |row| row.id).ok()?,
        Type::ProductVariant | Type::InventoryItem => store.variant_ids.row(id)? as usize,
        Type::LineItem => store.line_ids.row(id)? as usize,
        Type::Refund => store.refund_ids.row(id)? as usize,
        Type::BulkOperation => return world.operations.has(id).then(|| Object::new(kind, id)),
        Type::Shop => return Some(Object::new(kind, 0)),
        _ => return None,
    };
    Some(Object::new(kind, i64::try_from(row).ok()?))
}

fn rows<'a>(world: &World<'a>, arguments: &Arguments, kind: Type) -> Option<Value<'a>> {
    let Some(sorting) = Sorting::named(kind, arguments.text("sortKey")) else {
        let message = format!("this simulator does not sort by {}", arguments.text("sortKey").unwrap_or(""));
        world.fail(&arguments.key, "NOT_SIMULATED", message);
        return None;
    };
    let set = RowSet::Keyed(search::rows(world, arguments, kind, sorting));
    Some(Value::Rows(Rows { kind, set }))
}

/// Counted to 10,000 unless `limit` says otherwise; `limit: null` counts them all.
fn count<'a>(world: &World<'a>, arguments: &Arguments, kind: Type) -> Option<Value<'a>> {
    let found = i64::try_from(search::rows(world, arguments, kind, Sorting::Id).len()).ok()?;
    let most = if arguments.is_null("limit") { i64::MAX } else { arguments.int("limit").unwrap_or(10_000) };
    object(Type::Count, if found > most { -1 - most } else { found })
}
