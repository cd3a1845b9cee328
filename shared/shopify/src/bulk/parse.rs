//! One JSON line to typed rows.

use domain::{facts, money::Currency};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{
    Bulk, Rows, node,
    value::{Amount, Set},
};

/// What is wrong with a line, without any of its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The line ends in the middle of its JSON.
    Cut,
    Field {
        field: String,
        problem: &'static str,
    },
}

/// Adds what the line says to `rows`.
pub(super) fn line(bulk: Bulk, currency: Currency, line: &[u8], rows: &mut Rows) -> Result<(), Fault> {
    match (bulk, is_child(line)) {
        (Bulk::Orders, false) => order(currency, json(line)?, rows),
        (Bulk::Orders, true) => {
            rows.lines.push(order_line(currency, json(line)?)?);
            Ok(())
        }
        (Bulk::Products, false) => {
            rows.products.push(product(json(line)?));
            Ok(())
        }
        (Bulk::Products, true) => {
            rows.variants.push(variant(currency, json(line)?)?);
            Ok(())
        }
        (Bulk::Customers, false) => {
            rows.customers.push(customer(json(line)?)?);
            Ok(())
        }
        (Bulk::Customers, true) => Err(fault("__parentId", "customers have no children here")),
    }
}

/// Whether the object has the key that only nested nodes carry. A text that quotes the key is not followed by a colon.
fn is_child(line: &[u8]) -> bool {
    const KEY: &[u8] = b"\"__parentId\"";
    line.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY).any(|(at, _)| {
        let after = line.get(at + KEY.len()..).unwrap_or_default();
        after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
    })
}

fn json<T: DeserializeOwned>(line: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(line).map_err(|error| match serde_json::from_slice::<IgnoredAny>(line) {
        Err(whole) if whole.is_eof() => Fault::Cut,
        Err(_) => fault("line", "is not JSON"),
        Ok(_) => data_fault(line, &error),
    })
}

/// Serde's own text may quote the value, so only the field's name is taken from it or from the place it points to.
fn data_fault(line: &[u8], error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    if let Some((field, _)) = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`')) {
        return fault(field, "is missing");
    }
    let upto = line.get(..error.column().min(line.len())).unwrap_or_default();
    fault(last_key(upto).unwrap_or("line"), "has another type or form than expected")
}

/// The last key of the outermost object that begins before the end of `text`.
fn last_key(text: &[u8]) -> Option<&str> {
    let (mut depth, mut start, mut key, mut escaped) = (0_u32, None, None, false);
    let mut at_key = false;
    for (at, byte) in text.iter().enumerate() {
        match (start, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                if at_key {
                    key = text.get(from + 1..at);
                }
                (start, at_key) = (None, false);
            }
            (Some(_), _) => {}
            (None, b'"') => start = Some(at),
            (None, b'{' | b'[') => {
                depth += 1;
                at_key = depth == 1;
            }
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, b',') => at_key = depth == 1,
            (None, _) => {}
        }
    }
    key.and_then(|key| std::str::from_utf8(key).ok()).filter(|key| key.len() <= 64)
}

fn fault(field: &str, problem: &'static str) -> Fault {
    Fault::Field { field: field.to_owned(), problem }
}

fn minor(currency: Currency, set: &Set, field: &'static str) -> Result<i64, Fault> {
    set.shop_money.amount.minor(currency).ok_or_else(|| fault(field, NOT_MONEY))
}

fn sum<'a>(
    currency: Currency,
    sets: impl Iterator<Item = &'a Set>,
    field: &'static str,
) -> Result<i64, Fault> {
    let mut total: i64 = 0;
    for set in sets {
        total = total.checked_add(minor(currency, set, field)?).ok_or_else(|| fault(field, NOT_MONEY))?;
    }
    Ok(total)
}

const NOT_MONEY: &str = "is not an amount of the shop's currency";

fn order(currency: Currency, order: node::Order, rows: &mut Rows) -> Result<(), Fault> {
    if order.currency_code != currency.code() {
        return Err(fault("currencyCode", "is not the shop's currency"));
    }
    let subtotal = order.subtotal_price_set.ok_or_else(|| fault("subtotalPriceSet", "is null"))?;
    // Null means that no discount, or no tax, was worked out: there is none to book.
    let optional = |set: Option<Set>, field| set.map_or(Ok(0), |set| minor(currency, &set, field));
    // Before the journey is ready its visits are missing, which is not the same as a direct visit.
    let journey = order.customer_journey_summary.filter(|journey| journey.ready);
    let utm = journey.and_then(|journey| journey.last_visit).and_then(|visit| visit.utm_parameters);
    let utm = utm.unwrap_or_default();
    let id = order.id.number();
    for refund in order.refunds {
        rows.refunds.push(facts::Refund {
            id: refund.id.number(),
            order_id: id,
            processed_at: refund.processed_at,
            note: refund.note,
            total: minor(currency, &refund.total_refunded_set, "refunds.totalRefundedSet")?,
            shipping: 0,
        });
    }
    rows.orders.push(facts::Order {
        id,
        name: order.name,
        customer_id: order.customer.map(|customer| customer.id.number()),
        created_at: order.created_at,
        processed_at: order.processed_at,
        updated_at: order.updated_at,
        cancelled_at: order.cancelled_at,
        cancel_reason: order.cancel_reason,
        test: order.test,
        taxes_included: order.taxes_included,
        financial_status: order.display_financial_status,
        fulfillment_status: order.display_fulfillment_status,
        source_name: order.source_name,
        country_code: order.shipping_address.and_then(|address| address.country_code_v2),
        discount_codes: order.discount_codes,
        tags: order.tags,
        note: order.note,
        subtotal: minor(currency, &subtotal, "subtotalPriceSet")?,
        discounts: optional(order.total_discounts_set, "totalDiscountsSet")?,
        shipping: minor(currency, &order.total_shipping_price_set, "totalShippingPriceSet")?,
        tax: optional(order.total_tax_set, "totalTaxSet")?,
        utm_source: utm.source,
        utm_medium: utm.medium,
        utm_campaign: utm.campaign,
    });
    Ok(())
}

fn order_line(currency: Currency, line: node::LineItem) -> Result<facts::OrderLine, Fault> {
    let allocations = line.discount_allocations.iter().map(|allocation| &allocation.allocated_amount_set);
    Ok(facts::OrderLine {
        id: line.id.number(),
        order_id: line.parent.number(),
        title: line.product.is_none().then_some(line.title),
        product_id: line.product.map(|product| product.id.number()),
        variant_id: line.variant.map(|variant| variant.id.number()),
        quantity: line.quantity,
        gross: minor(currency, &line.original_total_set, "originalTotalSet")?,
        discount: sum(currency, allocations, "discountAllocations")?,
        tax: sum(currency, line.tax_lines.iter().map(|tax| &tax.price_set), "taxLines")?,
        gift_card: line.is_gift_card,
    })
}

fn product(product: node::Product) -> facts::Product {
    facts::Product {
        id: product.id.number(),
        title: product.title,
        handle: product.handle,
        vendor: product.vendor,
        product_type: product.product_type,
        status: product.status,
        tags: product.tags,
        created_at: product.created_at,
        updated_at: product.updated_at,
    }
}

fn variant(currency: Currency, variant: node::Variant) -> Result<facts::Variant, Fault> {
    let money = |amount: Amount, field| amount.minor(currency).ok_or_else(|| fault(field, NOT_MONEY));
    let unit_cost = variant.inventory_item.unit_cost.map(|cost| money(cost.amount, "inventoryItem.unitCost"));
    Ok(facts::Variant {
        id: variant.id.number(),
        product_id: variant.parent.number(),
        title: variant.title,
        sku: variant.sku,
        price: money(variant.price, "price")?,
        compare_at_price: variant.compare_at_price.map(|price| money(price, "compareAtPrice")).transpose()?,
        unit_cost: unit_cost.transpose()?,
        inventory_quantity: variant.inventory_quantity,
    })
}

fn customer(customer: node::Customer) -> Result<facts::Customer, Fault> {
    let orders_count = customer.number_of_orders.parse().ok().filter(|count: &i64| *count >= 0);
    Ok(facts::Customer {
        id: customer.id.number(),
        created_at: customer.created_at,
        updated_at: customer.updated_at,
        country_code: customer.default_address.and_then(|address| address.country_code_v2),
        tags: customer.tags,
        orders_count: orders_count.ok_or_else(|| fault("numberOfOrders", "is not a count"))?,
    })
}

#[cfg(test)]
mod tests;
