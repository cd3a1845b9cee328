//! One store's facts in memory: rows as small structs, texts kept once, money in minor units, links as row numbers.

use std::num::NonZeroU32;
use std::ops::Range;

use domain::money::Currency;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A loaded store: immutable, shared by all requests.
#[derive(Debug)]
pub struct Store {
    pub shop: Shop,
    pub(crate) texts: Texts,
    /// In the order of their ids, as every table but those below.
    pub(crate) products: Vec<Product>,
    /// Those of one product stand together.
    pub(crate) variants: Vec<Variant>,
    pub(crate) customers: Vec<Customer>,
    /// Row numbers of orders, those of one customer together.
    pub(crate) customer_orders: Vec<u32>,
    pub(crate) orders: Vec<Order>,
    /// Those of one order stand together.
    pub(crate) lines: Vec<Line>,
    /// Those of one order stand together.
    pub(crate) refunds: Vec<Refund>,
    /// Those of one refund stand together.
    pub(crate) refund_lines: Vec<RefundLine>,
    pub(crate) returns: Vec<Return>,
    pub(crate) discounts: Vec<Discount>,
    /// Row numbers by id, where rows do not stand in the order of their ids.
    pub(crate) variant_ids: Ids,
    pub(crate) line_ids: Ids,
    pub(crate) refund_ids: Ids,
}

impl Store {
    /// How many rows each table holds: products, variants, customers, orders, lines, refunds, refund lines.
    pub fn counts(&self) -> Counts {
        Counts {
            products: self.products.len(),
            variants: self.variants.len(),
            customers: self.customers.len(),
            orders: self.orders.len(),
            order_lines: self.lines.len(),
            refunds: self.refunds.len(),
            refund_lines: self.refund_lines.len(),
            returns: self.returns.len(),
            discounts: self.discounts.len(),
        }
    }
}

/// Rows in each table of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub products: usize,
    pub variants: usize,
    pub customers: usize,
    pub orders: usize,
    pub order_lines: usize,
    pub refunds: usize,
    pub refund_lines: usize,
    pub returns: usize,
    pub discounts: usize,
}

/// What `store.json` says.
#[derive(Clone, Debug)]
pub struct Shop {
    pub name: String,
    pub myshopify_domain: String,
    pub currency: Currency,
    pub iana_timezone: String,
    pub timezone: TimeZone,
    pub plan: String,
    pub created_at: Option<Timestamp>,
    /// Where the simulator's clock starts; real time where absent.
    pub now: Option<Timestamp>,
    /// Where the data came from.
    pub source: Option<String>,
}

/// The number of a text in [`Texts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Text(NonZeroU32);

/// Every text of the store, each once, end to end.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    pub(crate) fn get(&self, text: Text) -> &str {
        let at = text.0.get() as usize - 1;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|&end| self.bytes.get(start..end)).unwrap_or("")
    }

    /// `None` when more than 2^32 - 1 texts are kept.
    pub(crate) fn push(&mut self, text: &str) -> Option<Text> {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        u32::try_from(self.ends.len()).ok().and_then(NonZeroU32::new).map(Text)
    }
}

/// Row numbers sorted by the id they stand for.
#[derive(Debug, Default)]
pub(crate) struct Ids(pub(crate) Vec<(i64, u32)>);

impl Ids {
    pub(crate) fn row(&self, id: i64) -> Option<u32> {
        let at = self.0.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        self.0.get(at).map(|&(_, row)| row)
    }
}

#[derive(Debug)]
pub(crate) struct Product {
    pub(crate) id: i64,
    pub(crate) title: Text,
    pub(crate) handle: Text,
    pub(crate) vendor: Option<Text>,
    pub(crate) product_type: Option<Text>,
    pub(crate) tags: Option<Text>,
    pub(crate) status: Text,
    pub(crate) created_at: Timestamp,
    pub(crate) description: Option<Text>,
    pub(crate) variants: Range<u32>,
}

#[derive(Debug)]
pub(crate) struct Variant {
    pub(crate) id: i64,
    pub(crate) product: u32,
    pub(crate) title: Text,
    pub(crate) sku: Option<Text>,
    pub(crate) price: i64,
    pub(crate) compare_at_price: Option<i64>,
    pub(crate) unit_cost: Option<i64>,
    pub(crate) inventory_quantity: Option<i64>,
}

#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) id: i64,
    pub(crate) email: Option<Text>,
    pub(crate) first_name: Option<Text>,
    pub(crate) last_name: Option<Text>,
    pub(crate) country_code: Option<Text>,
    pub(crate) created_at: Timestamp,
    /// The latest of its creation and its orders' updates.
    pub(crate) updated_at: Timestamp,
    pub(crate) tags: Option<Text>,
    pub(crate) accepts_marketing: bool,
    pub(crate) note: Option<Text>,
    /// Where its orders stand in `Store::customer_orders`, in the order of their ids.
    pub(crate) orders: Range<u32>,
}

#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) name: Text,
    pub(crate) customer: Option<u32>,
    pub(crate) created_at: Timestamp,
    pub(crate) processed_at: Timestamp,
    /// The latest of the order's events.
    pub(crate) updated_at: Timestamp,
    pub(crate) cancelled_at: Option<Timestamp>,
    pub(crate) cancel_reason: Option<Text>,
    pub(crate) test: bool,
    pub(crate) financial_status: Option<Text>,
    pub(crate) fulfillment_status: Option<Text>,
    pub(crate) source_name: Option<Text>,
    pub(crate) country_code: Option<Text>,
    pub(crate) discount_code: Option<Text>,
    pub(crate) shipping: i64,
    pub(crate) tax: i64,
    pub(crate) tags: Option<Text>,
    pub(crate) note: Option<Text>,
    pub(crate) visit: Visit,
    /// Sum of the lines before discounts.
    pub(crate) gross: i64,
    /// Sum of the lines' discounts.
    pub(crate) discounts: i64,
    /// What its refunds gave back, by part.
    pub(crate) refunded: Refunded,
    pub(crate) lines: Range<u32>,
    pub(crate) refunds: Range<u32>,
}

/// Sums over refunds, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refunded {
    pub(crate) subtotal: i64,
    pub(crate) tax: i64,
    pub(crate) shipping: i64,
}

impl Refunded {
    pub(crate) fn total(self) -> i64 {
        self.subtotal.saturating_add(self.tax).saturating_add(self.shipping)
    }
}

/// How the customer came, as far as it is known.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) utm_source: Option<Text>,
    pub(crate) utm_medium: Option<Text>,
    pub(crate) utm_campaign: Option<Text>,
    pub(crate) landing_page: Option<Text>,
    pub(crate) referrer: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) order: u32,
    pub(crate) variant: Option<u32>,
    pub(crate) title: Option<Text>,
    pub(crate) quantity: i32,
    /// How many of them were refunded.
    pub(crate) refunded: i32,
    pub(crate) gift_card: bool,
    pub(crate) unit_price: i64,
    /// Unit price x quantity.
    pub(crate) gross: i64,
    pub(crate) discount: i64,
    pub(crate) tax: i64,
}

#[derive(Debug)]
pub(crate) struct Refund {
    pub(crate) id: i64,
    pub(crate) order: u32,
    pub(crate) processed_at: Timestamp,
    pub(crate) reason: Option<Text>,
    pub(crate) parts: Refunded,
    pub(crate) lines: Range<u32>,
}

#[derive(Debug)]
pub(crate) struct RefundLine {
    pub(crate) id: i64,
    pub(crate) refund: u32,
    pub(crate) line: u32,
    pub(crate) quantity: i32,
    pub(crate) subtotal: i64,
    pub(crate) tax: i64,
    pub(crate) restock_type: Text,
}

#[expect(dead_code, reason = "checked when it is read; served once the reader asks for returns")]
#[derive(Debug)]
pub(crate) struct Return {
    pub(crate) id: i64,
    pub(crate) order: u32,
    pub(crate) line: u32,
    pub(crate) quantity: i32,
    pub(crate) reason: Option<Text>,
    pub(crate) note: Option<Text>,
    pub(crate) created_at: Timestamp,
}

#[expect(dead_code, reason = "checked when it is read; served once the reader asks for discounts")]
#[derive(Debug)]
pub(crate) struct Discount {
    pub(crate) id: i64,
    pub(crate) code: Option<Text>,
    pub(crate) title: Option<Text>,
    pub(crate) kind: Text,
    /// As written: a percentage or an amount.
    pub(crate) value: Text,
    pub(crate) starts_at: Option<Timestamp>,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) usage_limit: Option<i64>,
}
