//! What comes back: cancellations, ordinary returns, and the month in which one product comes back in heaps.

use jiff::{SignedDuration, Timestamp};

use super::catalogue::{LINES, RETURNED};
use super::market::Market;
use super::records::{Line, Refund, RefundLine};

/// Cancelled orders, of a thousand.
const CANCELLED: u64 = 12;
/// Sold lines of the bad batch that come back, of a thousand.
const BAD_BATCH: u64 = 620;
pub(super) const BAD_BATCH_REASON: &str = "SIZE_TOO_SMALL";

const REASONS: [&str; 6] = ["UNWANTED", "DEFECTIVE", "NOT_AS_DESCRIBED", "COLOR", "STYLE", "OTHER"];

/// Decides for every order, in their order, what comes back of it.
pub(super) fn settle(market: &mut Market) {
    for at in 0..market.records.orders.len() {
        let refund =
            if market.chance.permille(CANCELLED) { cancel(market, at) } else { give_back(market, at) };
        if let Some(mut refund) = refund {
            refund.id = i64::try_from(market.records.refunds.len()).unwrap_or(0) + 1;
            market.records.refunds.push(refund);
        }
    }
}

fn cancel(market: &mut Market, at: usize) -> Option<Refund> {
    let after = SignedDuration::from_mins(market.chance.between(20, 1_800));
    let order = market.records.orders.get_mut(at)?;
    let cancelled_at = order.processed_at.checked_add(after).ok().filter(|time| *time <= market.end)?;
    order.cancelled_at = Some(cancelled_at);
    let lines = order.lines.iter().enumerate().map(|(place, line)| RefundLine {
        line: place,
        quantity: line.quantity,
        subtotal: line.net(),
        tax: line.tax,
        restock_type: "CANCEL",
        reason: "",
    });
    Some(Refund {
        id: 0,
        order: at,
        processed_at: cancelled_at,
        is_cancellation: true,
        note: "Cancelled by the customer",
        shipping: order.shipping,
        lines: lines.collect(),
    })
}

fn give_back(market: &mut Market, at: usize) -> Option<Refund> {
    let placed = market.records.orders.get(at)?.processed_at;
    let month = market.records.calendar.month(market.timezone.to_datetime(placed).date());
    let is_bad_batch = market.records.calendar.returns.is_some_and(|bad| month + 1 == bad || month == bad);
    let (mut lines, mut is_bad) = (Vec::new(), false);
    for place in 0..market.records.orders.get(at)?.lines.len() {
        let line = market.records.orders.get(at)?.lines.get(place)?;
        let variant = market.records.variants.get(line.variant)?;
        let is_bad_line = is_bad_batch && (variant.line, variant.place) == RETURNED;
        let share = if is_bad_line { BAD_BATCH } else { LINES.get(variant.line)?.returned };
        let (comes_back, whole, damaged) =
            (market.chance.permille(share), market.chance.permille(800), market.chance.permille(170));
        let reason = market.chance.pick(&REASONS, "OTHER");
        if !comes_back {
            continue;
        }
        is_bad |= is_bad_line;
        let quantity = if whole { line.quantity } else { (line.quantity + 1) / 2 };
        lines.push(part(line, place, quantity, damaged, if is_bad_line { BAD_BATCH_REASON } else { reason }));
    }
    let processed_at = moment(market, placed, is_bad)?;
    let note = if is_bad { "Sleeves far too short, the size is wrong" } else { "Returned by the customer" };
    (!lines.is_empty() && processed_at <= market.end).then_some(Refund {
        id: 0,
        order: at,
        processed_at,
        is_cancellation: false,
        note,
        shipping: 0,
        lines,
    })
}

/// When the money goes back: in days, or, for the bad batch, within the month of its recall at the earliest.
fn moment(market: &mut Market, placed: Timestamp, is_bad: bool) -> Option<Timestamp> {
    let minutes = market.chance.between(3 * 1_440, 24 * 1_440);
    let recall = market.chance.between(0, 24 * 86_400);
    if is_bad && let Some(month) = market.records.calendar.returns {
        let first = market.records.calendar.first_of(month);
        let wanted = market.instant(first, recall);
        let soonest = placed.checked_add(SignedDuration::from_hours(48)).ok()?;
        return Some(wanted.max(soonest));
    }
    placed.checked_add(SignedDuration::from_mins(minutes)).ok()
}

/// A share of a line; what is left over of a cent stays with the store.
fn part(line: &Line, place: usize, quantity: i64, damaged: bool, reason: &'static str) -> RefundLine {
    RefundLine {
        line: place,
        quantity,
        subtotal: line.net() * quantity / line.quantity,
        tax: line.tax * quantity / line.quantity,
        restock_type: if damaged { "NO_RESTOCK" } else { "RETURN" },
        reason,
    }
}
