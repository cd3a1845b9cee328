//! How a customer came to an order. Objects of these types stand for the order's row.

use super::{Fields, object, row};
use crate::server::value::{Type, Value, World};
use crate::store::Visit;

pub(super) const JOURNEY: Fields = &[
    ("ready", |_, _, _| Some(Value::Flag(true))),
    ("customerOrderIndex", |world, at, _| {
        let order = row(&world.store.orders, at)?;
        let customer = world.store.customers.get(order.customer? as usize)?;
        let range = customer.orders.start as usize..customer.orders.end as usize;
        let orders = world.store.customer_orders.get(range)?;
        let place = orders.iter().position(|&other| i64::from(other) == at)?;
        Some(Value::Int(i64::try_from(place + 1).ok()?))
    }),
    ("daysToConversion", |world, at, _| is_known(visit(world, at)?).then_some(Value::Int(0))),
    ("firstVisit", |world, at, _| {
        is_known(visit(world, at)?).then_some(()).and_then(|()| object(Type::CustomerVisit, at))
    }),
    ("lastVisit", |world, at, _| {
        is_known(visit(world, at)?).then_some(()).and_then(|()| object(Type::CustomerVisit, at))
    }),
];

pub(super) const VISIT: Fields = &[
    ("id", |world, at, _| Some(Value::Gid(Type::CustomerVisit, row(&world.store.orders, at)?.id))),
    ("occurredAt", |world, at, _| Some(Value::Time(row(&world.store.orders, at)?.created_at))),
    ("landingPage", |world, at, _| Some(Value::Text(world.text(visit(world, at)?.landing_page?)))),
    ("referrerUrl", |world, at, _| Some(Value::Text(world.text(visit(world, at)?.referrer?)))),
    ("source", |world, at, _| {
        let visit = visit(world, at)?;
        Some(Value::Text(visit.utm_source.or(visit.referrer).map_or("direct", |text| world.text(text))))
    }),
    ("sourceDescription", |_, _, _| None),
    ("sourceType", |_, _, _| None),
    ("referralCode", |_, _, _| None),
    ("utmParameters", |world, at, _| {
        let visit = visit(world, at)?;
        let is_tagged = visit.utm_source.or(visit.utm_medium).or(visit.utm_campaign).is_some();
        if is_tagged { object(Type::UtmParameters, at) } else { None }
    }),
];

pub(super) const UTM: Fields = &[
    ("source", |world, at, _| Some(Value::Text(world.text(visit(world, at)?.utm_source?)))),
    ("medium", |world, at, _| Some(Value::Text(world.text(visit(world, at)?.utm_medium?)))),
    ("campaign", |world, at, _| Some(Value::Text(world.text(visit(world, at)?.utm_campaign?)))),
    ("term", |_, _, _| None),
    ("content", |_, _, _| None),
];

fn visit<'a>(world: &World<'a>, at: i64) -> Option<&'a Visit> {
    row(&world.store.orders, at).map(|order| &order.visit)
}

fn is_known(visit: &Visit) -> bool {
    let known = [visit.utm_source, visit.utm_medium, visit.utm_campaign, visit.landing_page, visit.referrer];
    known.iter().any(Option::is_some)
}
