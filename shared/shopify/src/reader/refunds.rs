//! Refunds with their lines, by id: the way Shopify allows (see `queries/refund_lines.graphql`).

use domain::{facts, money::Currency};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    bulk::value::{self, Gid, Set},
    documents::{REFUND_LINES, REFUND_LINES_PAGE},
    error::Error,
    reader::Reader,
};

/// Shopify's bound on an input array. The cost model counts a list once, whatever its length, so the bound on ids is
/// the only one: 250 refunds cost 26 of the 1,000 points a document may.
pub const REFUNDS_AT_ONCE: usize = 250;
/// Further pages of one refund's lines: 250 lines each, far beyond any real refund.
const PAGES_MAX: usize = 100;

/// One refund in full: with what was given back for shipping, which bulk operations cannot tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    pub refund: facts::Refund,
    pub lines: Vec<facts::RefundLine>,
}

#[derive(Deserialize)]
struct Data {
    nodes: Vec<Option<Refund>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    id: Gid<value::Refund>,
    processed_at: Timestamp,
    note: Option<String>,
    order: Reference,
    total_refunded_set: Set,
    refund_shipping_lines: Connection<ShippingLine>,
    refund_line_items: Connection<Line>,
}

#[derive(Deserialize)]
struct Reference {
    id: Gid<value::Order>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection<T> {
    nodes: Vec<T>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShippingLine {
    subtotal_amount_set: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: Option<Gid<value::RefundLineItem>>,
    quantity: i32,
    restock_type: String,
    line_item: LineReference,
    subtotal_set: Set,
    total_tax_set: Set,
}

#[derive(Deserialize)]
struct LineReference {
    id: Gid<value::LineItem>,
}

#[derive(Deserialize)]
struct PageData {
    refund: Option<Page>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    refund_line_items: Connection<Line>,
}

pub(super) async fn read(
    reader: &Reader,
    currency: Currency,
    refunds: &[i64],
) -> Result<Vec<Refunded>, Error> {
    let mut out = Vec::with_capacity(refunds.len());
    for some in refunds.chunks(REFUNDS_AT_ONCE) {
        let ids: Vec<_> = some.iter().map(|id| value::gid::<value::Refund>(*id)).collect();
        let data: Data = reader.ask(REFUND_LINES, serde_json::json!({ "ids": ids })).await?;
        for refund in data.nodes.into_iter().flatten() {
            out.push(whole(reader, currency, refund).await?);
        }
    }
    Ok(out)
}

async fn whole(reader: &Reader, currency: Currency, refund: Refund) -> Result<Refunded, Error> {
    let id = refund.id.number();
    if refund.refund_shipping_lines.page_info.has_next_page {
        return Err(bad("refundShippingLines"));
    }
    let mut shipping = 0;
    for line in &refund.refund_shipping_lines.nodes {
        shipping += minor(&line.subtotal_amount_set, currency, "subtotalAmountSet")?;
    }
    let mut lines = Vec::new();
    let mut connection = refund.refund_line_items;
    for _ in 0..PAGES_MAX {
        for line in connection.nodes {
            lines.push(fact(currency, id, line)?);
        }
        let PageInfo { has_next_page, end_cursor } = connection.page_info;
        if !has_next_page {
            let refund = facts::Refund {
                id,
                order_id: refund.order.id.number(),
                processed_at: refund.processed_at,
                note: refund.note,
                total: minor(&refund.total_refunded_set, currency, "totalRefundedSet")?,
                shipping,
            };
            return Ok(Refunded { refund, lines });
        }
        let after = end_cursor.ok_or(bad("endCursor"))?;
        let variables = serde_json::json!({ "id": value::gid::<value::Refund>(id), "after": after });
        let page: PageData = reader.ask(REFUND_LINES_PAGE, variables).await?;
        connection = page.refund.ok_or(bad("refund"))?.refund_line_items;
    }
    Err(Error::TooLong { operation: REFUND_LINES_PAGE.name })
}

fn fact(currency: Currency, refund_id: i64, line: Line) -> Result<facts::RefundLine, Error> {
    Ok(facts::RefundLine {
        id: line.id.ok_or(bad("refundLineItems.id"))?.number(),
        refund_id,
        order_line_id: line.line_item.id.number(),
        quantity: line.quantity,
        subtotal: minor(&line.subtotal_set, currency, "subtotalSet")?,
        tax: minor(&line.total_tax_set, currency, "totalTaxSet")?,
        restock_type: line.restock_type,
    })
}

fn minor(set: &Set, currency: Currency, field: &'static str) -> Result<i64, Error> {
    set.shop_money.amount.minor(currency).ok_or(bad(field))
}

const fn bad(field: &'static str) -> Error {
    Error::Field { operation: REFUND_LINES.name, field }
}
