//! Amounts. An object of these types stands for its minor units.

use super::{Fields, bag, row};
use crate::server::value::{Object, Type, Value, World};

pub(super) const BAG: Fields = &[
    ("shopMoney", |_, minor, _| Some(Value::Object(Object::new(Type::MoneyV2, minor)))),
    ("presentmentMoney", |_, minor, _| Some(Value::Object(Object::new(Type::MoneyV2, minor)))),
];

pub(super) const MONEY: Fields = &[
    ("amount", |_, minor, _| Some(Value::Decimal(minor))),
    ("currencyCode", |world, _, _| Some(Value::Text(world.store.shop.currency.code()))),
];

/// Stands for a line's row, or for an order's as `-1 - row`.
pub(super) const TAX_LINE: Fields = &[
    ("title", |_, _, _| Some(Value::Text("Tax"))),
    ("rate", |world, at, _| rate(world, at, 10_000)),
    ("ratePercentage", |world, at, _| rate(world, at, 100)),
    ("priceSet", |world, at, _| bag(parts(world, at)?.0)),
    ("price", |world, at, _| Some(Value::Price(parts(world, at)?.0))),
    ("channelLiable", |_, _, _| Some(Value::Flag(false))),
    ("source", |_, _, _| None),
];

/// Tax and what it was charged on.
fn parts(world: &World<'_>, at: i64) -> Option<(i64, i64)> {
    if at < 0 {
        let order = row(&world.store.orders, -1 - at)?;
        return Some((order.tax, order.gross - order.discounts + order.shipping));
    }
    let line = row(&world.store.lines, at)?;
    Some((line.tax, line.gross - line.discount))
}

/// The rate to four decimals of one, exact enough for a display and free of floats.
fn rate<'a>(world: &World<'a>, at: i64, scale: i64) -> Option<Value<'a>> {
    let (tax, base) = parts(world, at)?;
    let base = i128::from(base.max(1));
    let parts = (i128::from(tax) * 10_000 + base / 2) / base;
    let scale = i128::from(scale);
    Some(Value::Raw(format!("{}.{:0width$}", parts / scale, parts % scale, width = digits(scale))))
}

const fn digits(scale: i128) -> usize {
    if scale == 100 { 2 } else { 4 }
}
