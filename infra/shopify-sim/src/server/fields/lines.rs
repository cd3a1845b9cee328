//! Order lines and their discounts.

use super::{Fields, bag, object, row};
use crate::server::value::{Object, Type, Value, World};
use crate::store::{Line, Order, Product, Variant};

pub(super) const LINE_ITEM: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::LineItem, line(w, at)?.id))),
    ("title", |w, at, _| Some(Value::Text(title(w, line(w, at)?)))),
    ("name", |w, at, _| Some(Value::Text(title(w, line(w, at)?)))),
    ("variantTitle", |w, at, _| Some(Value::Text(w.text(variant(w, at)?.title)))),
    ("sku", |w, at, _| Some(Value::Text(w.text(variant(w, at)?.sku?)))),
    ("vendor", |w, at, _| Some(Value::Text(w.text(product(w, at)?.vendor?)))),
    ("quantity", |w, at, _| Some(Value::Int(line(w, at)?.quantity.into()))),
    ("currentQuantity", |w, at, _| Some(Value::Int(left(line(w, at)?)))),
    ("refundableQuantity", |w, at, _| Some(Value::Int(left(line(w, at)?)))),
    ("isGiftCard", |w, at, _| Some(Value::Flag(line(w, at)?.gift_card))),
    ("requiresShipping", |w, at, _| Some(Value::Flag(!line(w, at)?.gift_card))),
    ("taxable", |w, at, _| Some(Value::Flag(!line(w, at)?.gift_card))),
    ("product", |w, at, _| object(Type::Product, variant(w, at)?.product)),
    ("variant", |w, at, _| object(Type::ProductVariant, line(w, at)?.variant?)),
    ("originalUnitPriceSet", |w, at, _| bag(line(w, at)?.unit_price)),
    ("originalTotalSet", |w, at, _| bag(line(w, at)?.gross)),
    ("discountedTotalSet", |w, at, arguments| {
        let line = line(w, at)?;
        let is_by_code = order(w, line)?.discount_code.is_some();
        let is_counted = arguments.flag("withCodeDiscounts") || !is_by_code;
        bag(if is_counted { line.gross - line.discount } else { line.gross })
    }),
    ("discountedUnitPriceAfterAllDiscountsSet", |w, at, _| {
        let line = line(w, at)?;
        let (value, count) = (line.gross - line.discount, i64::from(line.quantity.max(1)));
        bag((value + count / 2) / count)
    }),
    ("priceAfterAllDiscountsBeforeTaxesSet", |w, at, _| bag(line(w, at)?.gross - line(w, at)?.discount)),
    ("totalDiscountSet", |w, at, _| bag(line(w, at)?.discount)),
    ("discountAllocations", |w, at, _| {
        let is_discounted = line(w, at)?.discount != 0;
        Some(Value::Objects(if is_discounted {
            vec![Object::new(Type::DiscountAllocation, at)]
        } else {
            vec![]
        }))
    }),
    ("taxLines", |w, at, _| {
        let is_taxed = line(w, at)?.tax != 0;
        Some(Value::Objects(if is_taxed { vec![Object::new(Type::TaxLine, at)] } else { vec![] }))
    }),
    ("duties", |_, _, _| Some(Value::Objects(vec![]))),
];

/// Stands for its line's row.
pub(super) const ALLOCATION: Fields = &[
    ("allocatedAmountSet", |w, at, _| bag(line(w, at)?.discount)),
    ("discountApplication", |w, at, _| {
        let line = line(w, at)?;
        object(application(order(w, line)?), line.order)
    }),
];

/// Stands for its order's row. A store folder knows one discount an order.
pub(super) const APPLICATION: Fields = &[
    ("index", |_, _, _| Some(Value::Int(0))),
    ("allocationMethod", |_, _, _| Some(Value::Text("ACROSS"))),
    ("targetSelection", |_, _, _| Some(Value::Text("ALL"))),
    ("targetType", |_, _, _| Some(Value::Text("LINE_ITEM"))),
    ("code", |w, at, _| Some(Value::Text(w.text(row(&w.store.orders, at)?.discount_code?)))),
    ("value", |w, at, _| object(Type::MoneyV2, row(&w.store.orders, at)?.discounts)),
];

/// A discount without a code; stands for its order's row.
pub(super) const MANUAL_APPLICATION: Fields = &[
    ("index", |_, _, _| Some(Value::Int(0))),
    ("allocationMethod", |_, _, _| Some(Value::Text("ACROSS"))),
    ("targetSelection", |_, _, _| Some(Value::Text("ALL"))),
    ("targetType", |_, _, _| Some(Value::Text("LINE_ITEM"))),
    ("title", |_, _, _| Some(Value::Text("Discount"))),
    ("description", |_, _, _| None),
    ("value", |w, at, _| object(Type::MoneyV2, row(&w.store.orders, at)?.discounts)),
];

/// What kind of discount an order has.
pub(super) fn application(order: &Order) -> Type {
    match order.discount_code {
        Some(_) => Type::DiscountCodeApplication,
        None => Type::ManualDiscountApplication,
    }
}

fn line<'a>(world: &World<'a>, at: i64) -> Option<&'a Line> {
    row(&world.store.lines, at)
}

fn order<'a>(world: &World<'a>, line: &Line) -> Option<&'a Order> {
    world.store.orders.get(line.order as usize)
}

fn variant<'a>(world: &World<'a>, at: i64) -> Option<&'a Variant> {
    world.store.variants.get(line(world, at)?.variant? as usize)
}

fn product<'a>(world: &World<'a>, at: i64) -> Option<&'a Product> {
    world.store.products.get(variant(world, at)?.product as usize)
}

/// The title it was sold under; the product's own where the folder does not say.
fn title<'a>(world: &World<'a>, line: &Line) -> &'a str {
    let own = line.title.or_else(|| {
        let variant = world.store.variants.get(line.variant? as usize)?;
        world.store.products.get(variant.product as usize).map(|product| product.title)
    });
    own.map_or("", |title| world.text(title))
}

fn left(line: &Line) -> i64 {
    i64::from(line.quantity.saturating_sub(line.refunded).max(0))
}
