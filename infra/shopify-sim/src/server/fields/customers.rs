//! Customers and addresses.

use super::orders::total;
use super::{Fields, money, nothing, object, row, tags};
use crate::server::value::{Object, RowSet, Rows, Type, Value, World};
use crate::store::{Customer, Text};

pub(super) const CUSTOMER: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::Customer, customer(w, at)?.id))),
    ("legacyResourceId", |w, at, _| Some(Value::Big(customer(w, at)?.id))),
    ("createdAt", |w, at, _| Some(Value::Time(customer(w, at)?.created_at))),
    ("updatedAt", |w, at, _| Some(Value::Time(customer(w, at)?.updated_at))),
    ("firstName", |w, at, _| Some(Value::Text(w.text(customer(w, at)?.first_name?)))),
    ("lastName", |w, at, _| Some(Value::Text(w.text(customer(w, at)?.last_name?)))),
    ("displayName", |w, at, _| {
        let customer = customer(w, at)?;
        let names: Vec<&str> = [customer.first_name, customer.last_name]
            .into_iter()
            .flatten()
            .map(|text| w.text(text))
            .collect();
        Some(Value::Owned(names.join(" ")))
    }),
    ("email", |w, at, _| Some(Value::Text(w.text(customer(w, at)?.email?)))),
    ("state", |_, _, _| Some(Value::Text("DISABLED"))),
    ("locale", |_, _, _| Some(Value::Text("en"))),
    ("tags", |w, at, _| Some(Value::Texts(customer(w, at)?.tags.map_or(vec![], |text| tags(w.text(text)))))),
    ("note", |w, at, _| Some(Value::Text(w.text(customer(w, at)?.note?)))),
    ("taxExempt", |_, _, _| Some(Value::Flag(false))),
    ("verifiedEmail", |_, _, _| Some(Value::Flag(true))),
    ("dataSaleOptOut", |_, _, _| Some(Value::Flag(false))),
    ("numberOfOrders", |w, at, _| Some(Value::Big(i64::try_from(customer(w, at)?.orders.len()).ok()?))),
    ("amountSpent", |w, at, _| {
        let orders = orders(w, at)?.iter().filter_map(|&order| w.store.orders.get(order as usize));
        let paid = orders.filter(|order| order.cancelled_at.is_none() && !order.test);
        money(
            paid.map(|order| total(order).saturating_sub(order.refunded.total()))
                .fold(0, i64::saturating_add),
        )
    }),
    ("lifetimeDuration", |w, at, _| {
        let days = w.now.duration_since(customer(w, at)?.created_at).as_hours() / 24;
        Some(Value::Owned(format!("{days} days")))
    }),
    ("statistics", |_, at, _| object(Type::CustomerStatistics, at)),
    ("defaultEmailAddress", |w, at, _| {
        customer(w, at)?.email.and_then(|_| object(Type::CustomerEmailAddress, at))
    }),
    ("defaultPhoneNumber", nothing),
    ("defaultAddress", |w, at, _| {
        customer(w, at)?.country_code.and_then(|_| object(Type::MailingAddress, -1 - at))
    }),
    ("addressesV2", |_, _, _| Some(Value::Rows(Rows::range(Type::MailingAddress, &(0..0))))),
    ("lastOrder", |w, at, _| object(Type::Order, *orders(w, at)?.last()?)),
    ("orders", |w, at, _| {
        let rows = orders(w, at)?.iter().map(|&order| (0, order)).collect();
        Some(Value::Rows(Rows { kind: Type::Order, set: RowSet::Keyed(rows) }))
    }),
];

pub(super) const STATISTICS: Fields = &[("predictedSpendTier", nothing), ("rfmGroup", nothing)];

pub(super) const EMAIL_ADDRESS: Fields = &[
    ("emailAddress", |w, at, _| Some(Value::Text(w.text(customer(w, at)?.email?)))),
    ("marketingState", |w, at, _| {
        Some(Value::Text(if customer(w, at)?.accepts_marketing { "SUBSCRIBED" } else { "NOT_SUBSCRIBED" }))
    }),
    ("marketingOptInLevel", nothing),
    ("marketingUpdatedAt", nothing),
    ("validFormat", |_, _, _| Some(Value::Flag(true))),
];

/// Stands for an order's row, or for a customer's as `-1 - row`.
pub(super) const ADDRESS: Fields = &[
    ("id", |w, at, _| {
        let owner = if at < 0 { Object::new(Type::Customer, -1 - at) } else { Object::new(Type::Order, at) };
        Some(Value::Owned(format!("gid://shopify/MailingAddress/{}?model_name=Address", w.id(owner)?)))
    }),
    ("countryCodeV2", |w, at, _| Some(Value::Text(w.text(country(w, at)?)))),
    ("countryCode", |w, at, _| Some(Value::Text(w.text(country(w, at)?)))),
    ("provinceCode", nothing),
    ("province", nothing),
    ("city", nothing),
    ("zip", nothing),
];

fn country(world: &World<'_>, at: i64) -> Option<Text> {
    if at < 0 { customer(world, -1 - at)?.country_code } else { row(&world.store.orders, at)?.country_code }
}

fn customer<'a>(world: &World<'a>, at: i64) -> Option<&'a Customer> {
    row(&world.store.customers, at)
}

fn orders<'a>(world: &World<'a>, at: i64) -> Option<&'a [u32]> {
    let range = customer(world, at)?.orders.clone();
    world.store.customer_orders.get(range.start as usize..range.end as usize)
}
