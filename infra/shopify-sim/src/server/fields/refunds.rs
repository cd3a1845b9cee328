//! Refunds and their lines.

use super::{Fields, bag, money, nothing, object, row};
use crate::server::value::{Rows, Type, Value, World};
use crate::store::{Refund, RefundLine};

pub(super) const REFUND: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::Refund, refund(w, at)?.id))),
    ("legacyResourceId", |w, at, _| Some(Value::Big(refund(w, at)?.id))),
    ("createdAt", |w, at, _| Some(Value::Time(refund(w, at)?.processed_at))),
    ("processedAt", |w, at, _| Some(Value::Time(refund(w, at)?.processed_at))),
    ("updatedAt", |w, at, _| Some(Value::Time(refund(w, at)?.processed_at))),
    ("note", |w, at, _| Some(Value::Text(w.text(refund(w, at)?.reason?)))),
    ("order", |w, at, _| object(Type::Order, refund(w, at)?.order)),
    ("return", nothing),
    ("totalRefundedSet", |w, at, _| bag(refund(w, at)?.parts.total())),
    ("totalRefunded", |w, at, _| money(refund(w, at)?.parts.total())),
    ("refundLineItems", |w, at, _| {
        Some(Value::Rows(Rows::range(Type::RefundLineItem, &refund(w, at)?.lines)))
    }),
    ("refundShippingLines", |w, at, _| {
        let at = u32::try_from(at).ok()?;
        let range = if refund(w, at.into())?.parts.shipping == 0 { 0..0 } else { at..at + 1 };
        Some(Value::Rows(Rows::range(Type::RefundShippingLine, &range)))
    }),
    ("orderAdjustments", |_, _, _| Some(Value::Rows(Rows::range(Type::RefundShippingLine, &(0..0))))),
    ("duties", |_, _, _| Some(Value::Objects(vec![]))),
    ("transactions", |_, _, _| Some(Value::Rows(Rows::range(Type::OrderTransaction, &(0..0))))),
];

pub(super) const LINE: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::RefundLineItem, line(w, at)?.id))),
    ("quantity", |w, at, _| Some(Value::Int(line(w, at)?.quantity.into()))),
    ("restockType", |w, at, _| Some(Value::Text(w.text(line(w, at)?.restock_type)))),
    ("restocked", |w, at, _| Some(Value::Flag(w.text(line(w, at)?.restock_type) != "NO_RESTOCK"))),
    ("subtotalSet", |w, at, _| bag(line(w, at)?.subtotal)),
    ("totalTaxSet", |w, at, _| bag(line(w, at)?.tax)),
    ("priceSet", |w, at, _| bag(w.store.lines.get(line(w, at)?.line as usize)?.unit_price)),
    ("lineItem", |w, at, _| object(Type::LineItem, line(w, at)?.line)),
    ("location", nothing),
];

/// Stands for its refund's row.
pub(super) const SHIPPING_LINE: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::RefundShippingLine, refund(w, at)?.id))),
    ("shippingLine", |w, at, _| object(Type::ShippingLine, refund(w, at)?.order)),
    ("subtotalAmountSet", |w, at, _| bag(refund(w, at)?.parts.shipping)),
    ("taxAmountSet", |_, _, _| bag(0)),
];

fn refund<'a>(world: &World<'a>, at: i64) -> Option<&'a Refund> {
    row(&world.store.refunds, at)
}

fn line<'a>(world: &World<'a>, at: i64) -> Option<&'a RefundLine> {
    row(&world.store.refund_lines, at)
}
