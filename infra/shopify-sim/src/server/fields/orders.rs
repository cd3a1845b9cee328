//! Orders, with the sums that follow from their lines and refunds.

use super::lines::application;
use super::{Fields, bag, nothing, object, row, tags};
use crate::server::value::{Object, Rows, Type, Value, World};
use crate::store::Order;

pub(super) const ORDER: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::Order, order(w, at)?.id))),
    ("legacyResourceId", |w, at, _| Some(Value::Big(order(w, at)?.id))),
    ("name", |w, at, _| Some(Value::Text(w.text(order(w, at)?.name)))),
    ("number", |w, at, _| Some(Value::Int(order(w, at)?.id))),
    ("createdAt", |w, at, _| Some(Value::Time(order(w, at)?.created_at))),
    ("processedAt", |w, at, _| Some(Value::Time(order(w, at)?.processed_at))),
    ("updatedAt", |w, at, _| Some(Value::Time(order(w, at)?.updated_at))),
    ("cancelledAt", |w, at, _| Some(Value::Time(order(w, at)?.cancelled_at?))),
    ("cancelReason", |w, at, _| Some(Value::Text(w.text(order(w, at)?.cancel_reason?)))),
    ("closedAt", nothing),
    ("closed", |_, _, _| Some(Value::Flag(false))),
    ("test", |w, at, _| Some(Value::Flag(order(w, at)?.test))),
    ("confirmed", |_, _, _| Some(Value::Flag(true))),
    ("edited", |_, _, _| Some(Value::Flag(false))),
    ("currencyCode", |w, _, _| Some(Value::Text(w.store.shop.currency.code()))),
    ("presentmentCurrencyCode", |w, _, _| Some(Value::Text(w.store.shop.currency.code()))),
    ("taxesIncluded", |_, _, _| Some(Value::Flag(false))),
    ("estimatedTaxes", |_, _, _| Some(Value::Flag(false))),
    ("dutiesIncluded", |_, _, _| Some(Value::Flag(false))),
    ("taxExempt", |_, _, _| Some(Value::Flag(false))),
    ("displayFinancialStatus", |w, at, _| Some(Value::Text(w.text(order(w, at)?.financial_status?)))),
    ("displayFulfillmentStatus", |w, at, _| {
        Some(Value::Text(order(w, at)?.fulfillment_status.map_or("UNFULFILLED", |status| w.text(status))))
    }),
    ("returnStatus", |w, at, _| {
        let is_returned = order(w, at)?.refunded.subtotal > 0;
        Some(Value::Text(if is_returned { "RETURNED" } else { "NO_RETURN" }))
    }),
    ("fullyPaid", |w, at, _| Some(Value::Flag(is_paid(w, order(w, at)?)))),
    ("unpaid", |w, at, _| Some(Value::Flag(!is_paid(w, order(w, at)?)))),
    ("originalTotalPriceSet", |w, at, _| bag(total(order(w, at)?))),
    ("totalPriceSet", |w, at, _| bag(total(order(w, at)?))),
    ("currentTotalPriceSet", |w, at, _| bag(total(order(w, at)?) - order(w, at)?.refunded.total())),
    ("subtotalPriceSet", |w, at, _| bag(subtotal(order(w, at)?))),
    ("currentSubtotalPriceSet", |w, at, _| bag(subtotal(order(w, at)?) - order(w, at)?.refunded.subtotal)),
    ("totalDiscountsSet", |w, at, _| bag(order(w, at)?.discounts)),
    ("totalRefundedSet", |w, at, _| bag(order(w, at)?.refunded.total())),
    ("totalRefundedShippingSet", |w, at, _| bag(order(w, at)?.refunded.shipping)),
    ("refundDiscrepancySet", |_, _, _| bag(0)),
    ("totalReceivedSet", |w, at, _| bag(received(w, order(w, at)?))),
    ("netPaymentSet", |w, at, _| bag(received(w, order(w, at)?) - order(w, at)?.refunded.total())),
    ("totalOutstandingSet", |w, at, _| bag(total(order(w, at)?) - received(w, order(w, at)?))),
    ("totalTaxSet", |w, at, _| bag(order(w, at)?.tax)),
    ("currentTotalTaxSet", |w, at, _| bag(order(w, at)?.tax - order(w, at)?.refunded.tax)),
    ("taxLines", |w, at, _| {
        let lines = if order(w, at)?.tax == 0 { vec![] } else { vec![Object::new(Type::TaxLine, -1 - at)] };
        Some(Value::Objects(lines))
    }),
    ("totalShippingPriceSet", |w, at, _| bag(order(w, at)?.shipping)),
    ("currentShippingPriceSet", |w, at, _| bag(order(w, at)?.shipping - order(w, at)?.refunded.shipping)),
    ("totalTipReceivedSet", |_, _, _| bag(0)),
    ("currentTotalDutiesSet", nothing),
    ("originalTotalDutiesSet", nothing),
    ("currentTotalAdditionalFeesSet", nothing),
    ("shippingLine", |_, at, _| object(Type::ShippingLine, at)),
    ("shippingLines", |_, at, _| Some(Value::Rows(one(Type::ShippingLine, at)?))),
    ("discountCode", |w, at, _| Some(Value::Text(w.text(order(w, at)?.discount_code?)))),
    ("discountCodes", |w, at, _| {
        Some(Value::Texts(order(w, at)?.discount_code.map(|code| w.text(code)).into_iter().collect()))
    }),
    ("discountApplications", |w, at, _| {
        let order = order(w, at)?;
        let range = if order.discounts == 0 { 0..0 } else { one_range(at)? };
        Some(Value::Rows(Rows::range(application(order), &range)))
    }),
    ("customer", |w, at, _| object(Type::Customer, order(w, at)?.customer?)),
    ("customerJourneySummary", |_, at, _| object(Type::CustomerJourneySummary, at)),
    ("app", nothing),
    ("attribution", nothing),
    ("publication", nothing),
    ("retailLocation", nothing),
    ("sourceName", |w, at, _| Some(Value::Text(w.text(order(w, at)?.source_name?)))),
    ("sourceIdentifier", nothing),
    ("landingPageUrl", |w, at, _| Some(Value::Text(w.text(order(w, at)?.visit.landing_page?)))),
    ("referrerUrl", |w, at, _| Some(Value::Text(w.text(order(w, at)?.visit.referrer?)))),
    ("shippingAddress", |w, at, _| order(w, at)?.country_code.and_then(|_| object(Type::MailingAddress, at))),
    ("billingAddress", |w, at, _| order(w, at)?.country_code.and_then(|_| object(Type::MailingAddress, at))),
    ("paymentGatewayNames", |_, _, _| Some(Value::Texts(vec!["shopify_payments"]))),
    ("tags", |w, at, _| Some(Value::Texts(order(w, at)?.tags.map_or(vec![], |text| tags(w.text(text)))))),
    ("note", |w, at, _| Some(Value::Text(w.text(order(w, at)?.note?)))),
    ("email", |w, at, _| {
        let customer = w.store.customers.get(order(w, at)?.customer? as usize)?;
        Some(Value::Text(w.text(customer.email?)))
    }),
    ("lineItems", |w, at, _| Some(Value::Rows(Rows::range(Type::LineItem, &order(w, at)?.lines)))),
    ("refunds", |w, at, arguments| {
        let all = order(w, at)?.refunds.clone().map(|refund| Object::new(Type::Refund, refund));
        let first =
            arguments.int("first").and_then(|first| usize::try_from(first).ok()).unwrap_or(usize::MAX);
        Some(Value::Objects(all.take(first).collect()))
    }),
    ("transactions", |w, at, _| {
        let paid = is_paid(w, order(w, at)?);
        Some(Value::Objects(if paid { vec![Object::new(Type::OrderTransaction, at)] } else { vec![] }))
    }),
];

/// Stands for its order's row.
pub(super) const SHIPPING_LINE: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::ShippingLine, order(w, at)?.id))),
    ("title", |_, _, _| Some(Value::Text("Standard"))),
    ("code", |_, _, _| Some(Value::Text("Standard"))),
    ("source", |_, _, _| Some(Value::Text("shopify"))),
    ("isRemoved", |_, _, _| Some(Value::Flag(false))),
    ("originalPriceSet", |w, at, _| bag(order(w, at)?.shipping)),
    ("discountedPriceSet", |w, at, _| bag(order(w, at)?.shipping)),
    ("currentDiscountedPriceSet", |w, at, _| bag(order(w, at)?.shipping - order(w, at)?.refunded.shipping)),
    ("taxLines", |_, _, _| Some(Value::Objects(vec![]))),
];

/// The payment of an order; stands for its row.
pub(super) const TRANSACTION: Fields = &[
    ("id", |w, at, _| Some(Value::Gid(Type::OrderTransaction, order(w, at)?.id))),
    ("kind", |_, _, _| Some(Value::Text("SALE"))),
    ("status", |_, _, _| Some(Value::Text("SUCCESS"))),
    ("test", |w, at, _| Some(Value::Flag(order(w, at)?.test))),
    ("gateway", |_, _, _| Some(Value::Text("shopify_payments"))),
    ("processedAt", |w, at, _| Some(Value::Time(order(w, at)?.processed_at))),
    ("createdAt", |w, at, _| Some(Value::Time(order(w, at)?.created_at))),
    ("amountSet", |w, at, _| bag(total(order(w, at)?))),
    ("fees", |_, _, _| Some(Value::Objects(vec![]))),
];

fn order<'a>(world: &World<'a>, at: i64) -> Option<&'a Order> {
    row(&world.store.orders, at)
}

fn subtotal(order: &Order) -> i64 {
    order.gross - order.discounts
}

/// Prices exclude tax in a store folder.
pub(super) fn total(order: &Order) -> i64 {
    subtotal(order).saturating_add(order.shipping).saturating_add(order.tax)
}

fn is_paid(world: &World<'_>, order: &Order) -> bool {
    let status = order.financial_status.map(|status| world.text(status));
    matches!(status, Some("PAID" | "PARTIALLY_REFUNDED" | "REFUNDED"))
}

fn received(world: &World<'_>, order: &Order) -> i64 {
    if is_paid(world, order) { total(order) } else { 0 }
}

fn one_range(at: i64) -> Option<std::ops::Range<u32>> {
    let at = u32::try_from(at).ok()?;
    Some(at..at + 1)
}

fn one(kind: Type, at: i64) -> Option<Rows> {
    Some(Rows::range(kind, &one_range(at)?))
}
