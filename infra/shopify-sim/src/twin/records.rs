//! What the generator remembers of everything it made up: the files and the truth are both written from it.

use jiff::Timestamp;

use super::calendar::Calendar;
use super::catalogue::Variant;

pub(super) struct Records {
    pub(super) calendar: Calendar,
    pub(super) variants: Vec<Variant>,
    pub(super) customers: Vec<Customer>,
    pub(super) orders: Vec<Order>,
    pub(super) refunds: Vec<Refund>,
    pub(super) codes: Vec<Code>,
}

pub(super) struct Customer {
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) country: &'static str,
    pub(super) created_at: Timestamp,
    pub(super) accepts_marketing: bool,
}

pub(super) struct Order {
    pub(super) id: i64,
    /// Its place among the customers; a guest has none.
    pub(super) customer: Option<usize>,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Timestamp,
    pub(super) cancelled_at: Option<Timestamp>,
    pub(super) is_test: bool,
    pub(super) is_pending: bool,
    pub(super) country: &'static str,
    pub(super) source_name: &'static str,
    pub(super) code: Option<String>,
    pub(super) shipping: i64,
    pub(super) note: Option<&'static str>,
    pub(super) visit: Option<Visit>,
    pub(super) lines: Vec<Line>,
}

pub(super) struct Visit {
    pub(super) source: &'static str,
    pub(super) medium: &'static str,
    pub(super) campaign: String,
    pub(super) landing_page: &'static str,
    pub(super) referrer: &'static str,
}

pub(super) struct Line {
    pub(super) id: i64,
    /// Its place among the variants.
    pub(super) variant: usize,
    pub(super) is_gift_card: bool,
    pub(super) quantity: i64,
    pub(super) unit_price: i64,
    pub(super) discount: i64,
    pub(super) tax: i64,
}

impl Line {
    pub(super) fn gross(&self) -> i64 {
        self.unit_price * self.quantity
    }

    pub(super) fn net(&self) -> i64 {
        self.gross() - self.discount
    }
}

pub(super) struct Refund {
    pub(super) id: i64,
    /// Its place among the orders.
    pub(super) order: usize,
    pub(super) processed_at: Timestamp,
    pub(super) is_cancellation: bool,
    pub(super) note: &'static str,
    pub(super) shipping: i64,
    pub(super) lines: Vec<RefundLine>,
}

pub(super) struct RefundLine {
    /// Its place among the order's lines.
    pub(super) line: usize,
    pub(super) quantity: i64,
    pub(super) subtotal: i64,
    pub(super) tax: i64,
    pub(super) restock_type: &'static str,
    pub(super) reason: &'static str,
}

/// A discount code.
pub(super) struct Code {
    pub(super) code: String,
    pub(super) title: &'static str,
    pub(super) percent: i64,
    pub(super) starts_at: Timestamp,
    pub(super) ends_at: Option<Timestamp>,
}
