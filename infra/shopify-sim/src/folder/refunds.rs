//! Refunds, their lines, and returns.

use super::orders::order_row;
use super::table::Table;
use super::{Error, Reading, Reason, rows_of, settle_rows};
use crate::store::{Ids, Line, Order, Refund, RefundLine, Refunded, Return};

const RESTOCK_TYPES: &[&str] = &["CANCEL", "LEGACY_RESTOCK", "NO_RESTOCK", "RETURN"];
const RETURN_REASONS: &[&str] = &[
    "COLOR",
    "DEFECTIVE",
    "NOT_AS_DESCRIBED",
    "OTHER",
    "SIZE_TOO_LARGE",
    "SIZE_TOO_SMALL",
    "STYLE",
    "UNKNOWN",
    "UNWANTED",
    "WRONG_ITEM",
];

pub(super) fn refunds(reading: &mut Reading, orders: &mut [Order]) -> Result<(Vec<Refund>, Ids), Error> {
    let mut table = Table::open(reading, "refunds")?;
    let (id, order_id, processed_at) =
        (table.needed("id")?, table.needed("order_id")?, table.needed("processed_at")?);
    let (reason, shipping) = (table.column("reason")?, table.column("shipping_refunded")?);
    let mut rows = Vec::new();
    while table.advance()? {
        let row = Refund {
            id: table.id(id)?,
            order: order_row(&table, order_id, orders)?,
            processed_at: table.time(processed_at)?,
            reason: table.maybe_text(reason, reading)?,
            parts: Refunded { shipping: table.money(shipping, reading)?, ..Refunded::default() },
            lines: 0..0,
        };
        rows.push((table.line(), row));
    }
    let ids = settle_rows(&table.file, &mut rows, |row| row.id, |row| row.order)?;
    let refunds = rows_of(rows);
    for (row, at) in refunds.iter().zip(0u32..) {
        if let Some(order) = orders.get_mut(row.order as usize) {
            let start = if order.refunds.is_empty() { at } else { order.refunds.start };
            order.refunds = start..at + 1;
        }
    }
    Ok((refunds, ids))
}

pub(super) fn refund_lines(
    reading: &mut Reading,
    refunds: &mut [Refund],
    refund_ids: &Ids,
    lines: &mut [Line],
    line_ids: &Ids,
) -> Result<Vec<RefundLine>, Error> {
    let mut table = Table::open(reading, "refund_lines")?;
    let (id, refund_id, line_id) =
        (table.needed("id")?, table.needed("refund_id")?, table.needed("order_line_id")?);
    let (quantity, subtotal) = (table.needed("quantity")?, table.needed("subtotal")?);
    let (tax, restock) = (table.column("tax")?, table.column("restock_type")?);
    let mut rows = Vec::new();
    while table.advance()? {
        let key = table.id(refund_id)?;
        let missing = Reason::PointsNowhere { table: "refunds", id: key };
        let refund = refund_ids.row(key).ok_or_else(|| table.wrong(refund_id, missing))?;
        let key = table.id(line_id)?;
        let missing = Reason::PointsNowhere { table: "order_lines", id: key };
        let line = line_ids.row(key).ok_or_else(|| table.wrong(line_id, missing))?;
        let sold = lines.get(line as usize).map(|line| line.order);
        if sold != refunds.get(refund as usize).map(|refund| refund.order) {
            return Err(table.wrong(line_id, Reason::OtherOrder { line: key }));
        }
        table.full(subtotal)?;
        let given = table.one_of(restock, RESTOCK_TYPES, reading)?;
        let row = RefundLine {
            id: table.id(id)?,
            refund,
            line,
            quantity: table.quantity(quantity)?,
            subtotal: table.money(subtotal, reading)?,
            tax: table.money(tax, reading)?,
            restock_type: match given {
                Some(given) => given,
                None => reading.keep("NO_RESTOCK").map_err(|reason| table.wrong(restock, reason))?,
            },
        };
        rows.push((table.line(), row));
    }
    settle_rows(&table.file, &mut rows, |row| row.id, |row| row.refund)?;
    let refund_lines = rows_of(rows);
    for (row, at) in refund_lines.iter().zip(0u32..) {
        if let Some(refund) = refunds.get_mut(row.refund as usize) {
            let start = if refund.lines.is_empty() { at } else { refund.lines.start };
            refund.lines = start..at + 1;
            refund.parts.subtotal = refund.parts.subtotal.saturating_add(row.subtotal);
            refund.parts.tax = refund.parts.tax.saturating_add(row.tax);
        }
        if let Some(line) = lines.get_mut(row.line as usize) {
            line.refunded = line.refunded.saturating_add(row.quantity);
        }
    }
    Ok(refund_lines)
}

pub(super) fn returns(
    reading: &mut Reading,
    orders: &[Order],
    lines: &[Line],
    line_ids: &Ids,
) -> Result<Vec<Return>, Error> {
    let mut table = Table::open(reading, "returns")?;
    let (id, order_id, line_id) =
        (table.needed("id")?, table.needed("order_id")?, table.needed("order_line_id")?);
    let (quantity, created_at) = (table.needed("quantity")?, table.needed("created_at")?);
    let (reason, note) = (table.column("reason")?, table.column("note")?);
    let mut rows = Vec::new();
    while table.advance()? {
        let order = order_row(&table, order_id, orders)?;
        let key = table.id(line_id)?;
        let missing = Reason::PointsNowhere { table: "order_lines", id: key };
        let line = line_ids.row(key).ok_or_else(|| table.wrong(line_id, missing))?;
        if lines.get(line as usize).map(|line| line.order) != Some(order) {
            return Err(table.wrong(line_id, Reason::OtherOrder { line: key }));
        }
        let row = Return {
            id: table.id(id)?,
            order,
            line,
            quantity: table.quantity(quantity)?,
            reason: table.one_of(reason, RETURN_REASONS, reading)?,
            note: table.maybe_text(note, reading)?,
            created_at: table.time(created_at)?,
        };
        rows.push((table.line(), row));
    }
    settle_rows(&table.file, &mut rows, |row| row.id, |_| ())?;
    Ok(rows_of(rows))
}
