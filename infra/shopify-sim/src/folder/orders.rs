//! Orders and their lines, and what follows from them.

use super::table::{Column, Table};
use super::{Error, Reading, Reason, rows_of, settle_rows};
use crate::store::{Customer, Ids, Line, Order, Refund, Refunded, Return, Visit};

const FINANCIAL: &[&str] = &[
    "AUTHORIZED",
    "EXPIRED",
    "PAID",
    "PARTIALLY_PAID",
    "PARTIALLY_REFUNDED",
    "PENDING",
    "REFUNDED",
    "VOIDED",
];
const FULFILLMENT: &[&str] = &[
    "FULFILLED",
    "FULFILLMENT_NOT_REQUIRED",
    "IN_PROGRESS",
    "ON_HOLD",
    "OPEN",
    "PARTIALLY_FULFILLED",
    "PENDING_FULFILLMENT",
    "REQUEST_DECLINED",
    "RESTOCKED",
    "SCHEDULED",
    "UNFULFILLED",
];
const CANCEL_REASONS: &[&str] = &["CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"];

pub(super) fn orders(reading: &mut Reading, customers: &[Customer]) -> Result<Vec<Order>, Error> {
    let mut table = Table::open(reading, "orders")?;
    let columns = Columns::of(&table)?;
    let mut rows = Vec::new();
    while table.advance()? {
        let row = columns.order(&table, reading, customers)?;
        rows.push((table.line(), row));
    }
    settle_rows(&table.file, &mut rows, |row| row.id, |_| ())?;
    Ok(rows_of(rows))
}

struct Columns {
    id: Column,
    name: Column,
    customer_id: Column,
    created_at: Column,
    processed_at: Column,
    cancelled_at: Column,
    cancel_reason: Column,
    test: Column,
    currency: Column,
    financial_status: Column,
    fulfillment_status: Column,
    source_name: Column,
    country_code: Column,
    discount_code: Column,
    shipping: Column,
    tax: Column,
    tags: Column,
    note: Column,
    visit: [Column; 5],
}

impl Columns {
    fn of(table: &Table) -> Result<Self, Error> {
        Ok(Self {
            id: table.needed("id")?,
            name: table.column("name")?,
            customer_id: table.needed("customer_id")?,
            created_at: table.needed("created_at")?,
            processed_at: table.column("processed_at")?,
            cancelled_at: table.column("cancelled_at")?,
            cancel_reason: table.column("cancel_reason")?,
            test: table.column("test")?,
            currency: table.column("currency")?,
            financial_status: table.column("financial_status")?,
            fulfillment_status: table.column("fulfillment_status")?,
            source_name: table.column("source_name")?,
            country_code: table.column("country_code")?,
            discount_code: table.column("discount_code")?,
            shipping: table.column("shipping")?,
            tax: table.column("tax")?,
            tags: table.column("tags")?,
            note: table.column("note")?,
            visit: [
                table.column("utm_source")?,
                table.column("utm_medium")?,
                table.column("utm_campaign")?,
                table.column("landing_page")?,
                table.column("referrer")?,
            ],
        })
    }

    fn order(&self, table: &Table, reading: &mut Reading, customers: &[Customer]) -> Result<Order, Error> {
        let id = table.id(self.id)?;
        if let Some(found) = table.cell(self.currency).filter(|&found| found != reading.currency.code()) {
            let reason = Reason::OtherCurrency { found: found.to_owned(), expected: reading.currency };
            return Err(table.wrong(self.currency, reason));
        }
        let created_at = table.time(self.created_at)?;
        let name = match table.maybe_text(self.name, reading)? {
            Some(name) => name,
            None => reading.keep(&format!("#{id}")).map_err(|reason| table.wrong(self.name, reason))?,
        };
        Ok(Order {
            id,
            name,
            customer: self.customer(table, customers)?,
            created_at,
            processed_at: table.maybe_time(self.processed_at)?.unwrap_or(created_at),
            updated_at: created_at,
            cancelled_at: table.maybe_time(self.cancelled_at)?,
            cancel_reason: table.one_of(self.cancel_reason, CANCEL_REASONS, reading)?,
            test: table.flag(self.test)?,
            financial_status: table.one_of(self.financial_status, FINANCIAL, reading)?,
            fulfillment_status: table.one_of(self.fulfillment_status, FULFILLMENT, reading)?,
            source_name: table.maybe_text(self.source_name, reading)?,
            country_code: table.country(self.country_code, reading)?,
            discount_code: table.maybe_text(self.discount_code, reading)?,
            shipping: table.money(self.shipping, reading)?,
            tax: table.money(self.tax, reading)?,
            tags: table.maybe_text(self.tags, reading)?,
            note: table.maybe_text(self.note, reading)?,
            visit: self.visit(table, reading)?,
            gross: 0,
            discounts: 0,
            refunded: Refunded::default(),
            lines: 0..0,
            refunds: 0..0,
        })
    }

    fn customer(&self, table: &Table, customers: &[Customer]) -> Result<Option<u32>, Error> {
        let Some(id) = table.maybe_id(self.customer_id)? else { return Ok(None) };
        let place = customers.binary_search_by_key(&id, |customer| customer.id);
        let at = place.ok().and_then(|at| u32::try_from(at).ok());
        at.map(Some)
            .ok_or_else(|| table.wrong(self.customer_id, Reason::PointsNowhere { table: "customers", id }))
    }

    fn visit(&self, table: &Table, reading: &mut Reading) -> Result<Visit, Error> {
        let [utm_source, utm_medium, utm_campaign, landing_page, referrer] = self.visit;
        Ok(Visit {
            utm_source: table.maybe_text(utm_source, reading)?,
            utm_medium: table.maybe_text(utm_medium, reading)?,
            utm_campaign: table.maybe_text(utm_campaign, reading)?,
            landing_page: table.maybe_text(landing_page, reading)?,
            referrer: table.maybe_text(referrer, reading)?,
        })
    }
}

pub(super) fn lines(
    reading: &mut Reading,
    orders: &mut [Order],
    variants: &Ids,
) -> Result<(Vec<Line>, Ids), Error> {
    let mut table = Table::open(reading, "order_lines")?;
    let (id, order_id, quantity) =
        (table.needed("id")?, table.needed("order_id")?, table.needed("quantity")?);
    let (price, variant_id, title) =
        (table.needed("unit_price")?, table.column("variant_id")?, table.column("title")?);
    let (discount, tax, gift) =
        (table.column("line_discount")?, table.column("tax")?, table.column("gift_card")?);
    let mut rows = Vec::new();
    while table.advance()? {
        table.full(price)?;
        let (unit_price, count) = (table.money(price, reading)?, table.quantity(quantity)?);
        let gross =
            unit_price.checked_mul(count.into()).ok_or_else(|| table.wrong(price, Reason::TooLarge))?;
        let row = Line {
            id: table.id(id)?,
            order: order_row(&table, order_id, orders)?,
            variant: match table.maybe_id(variant_id)? {
                None => None,
                Some(key) => Some(variants.row(key).ok_or_else(|| {
                    table.wrong(variant_id, Reason::PointsNowhere { table: "variants", id: key })
                })?),
            },
            title: table.maybe_text(title, reading)?,
            quantity: count,
            refunded: 0,
            gift_card: table.flag(gift)?,
            unit_price,
            gross,
            discount: table.money(discount, reading)?,
            tax: table.money(tax, reading)?,
        };
        if row.discount > gross {
            return Err(table.wrong(discount, Reason::DiscountTooLarge));
        }
        rows.push((table.line(), row));
    }
    let ids = settle_rows(&table.file, &mut rows, |row| row.id, |row| row.order)?;
    let lines = rows_of(rows);
    for (row, at) in lines.iter().zip(0u32..) {
        if let Some(order) = orders.get_mut(row.order as usize) {
            let start = if order.lines.is_empty() { at } else { order.lines.start };
            order.lines = start..at + 1;
            order.gross = order.gross.saturating_add(row.gross);
            order.discounts = order.discounts.saturating_add(row.discount);
        }
    }
    Ok((lines, ids))
}

/// The row of the order that a cell points to.
pub(super) fn order_row(table: &Table, column: Column, orders: &[Order]) -> Result<u32, Error> {
    let id = table.id(column)?;
    let place = orders.binary_search_by_key(&id, |order| order.id);
    let at = place.ok().and_then(|at| u32::try_from(at).ok());
    at.ok_or_else(|| table.wrong(column, Reason::PointsNowhere { table: "orders", id }))
}

/// What an order learns from the rows that came after it.
pub(super) fn settle(orders: &mut [Order], refunds: &[Refund], returns: &[Return]) {
    for refund in refunds {
        if let Some(order) = orders.get_mut(refund.order as usize) {
            order.updated_at = order.updated_at.max(refund.processed_at);
            order.refunded.subtotal = order.refunded.subtotal.saturating_add(refund.parts.subtotal);
            order.refunded.tax = order.refunded.tax.saturating_add(refund.parts.tax);
            order.refunded.shipping = order.refunded.shipping.saturating_add(refund.parts.shipping);
        }
    }
    for returned in returns {
        if let Some(order) = orders.get_mut(returned.order as usize) {
            order.updated_at = order.updated_at.max(returned.created_at);
        }
    }
    for order in orders {
        let latest = order.updated_at.max(order.processed_at);
        order.updated_at = order.cancelled_at.map_or(latest, |at| latest.max(at));
    }
}

/// The orders of each customer, side by side.
pub(super) fn by_customer(orders: &[Order], customers: &mut [Customer]) -> Vec<u32> {
    let mut pairs: Vec<(u32, u32)> =
        orders.iter().zip(0u32..).filter_map(|(order, at)| Some((order.customer?, at))).collect();
    pairs.sort_unstable();
    for (&(customer, order), at) in pairs.iter().zip(0u32..) {
        let updated_at = orders.get(order as usize).map(|order| order.updated_at);
        if let (Some(customer), Some(updated_at)) = (customers.get_mut(customer as usize), updated_at) {
            let start = if customer.orders.is_empty() { at } else { customer.orders.start };
            customer.orders = start..at + 1;
            customer.updated_at = customer.updated_at.max(updated_at);
        }
    }
    pairs.into_iter().map(|(_, order)| order).collect()
}
