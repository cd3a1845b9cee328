//! Columns in memory: one `Month` of each dataset, decoded from a segment. Money in minor units of the shop's
//! currency, times in microseconds since 1970 (UTC), ids as Shopify's numbers, 0 where there is none.

use serde::{Deserialize, Serialize};

/// What a segment holds. Orders, lines and returns are cut by month (shop time zone); products is one segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dataset {
    Orders,
    Lines,
    Returns,
    Products,
}

impl Dataset {
    pub const ALL: [Self; 4] = [Self::Orders, Self::Lines, Self::Returns, Self::Products];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Lines => "lines",
            Self::Returns => "returns",
            Self::Products => "products",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.name() == name)
    }
}

/// Orders that are not tests, sorted by `(processed_at, order_id)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    pub order_id: Vec<i64>,
    pub processed_at: Vec<i64>,
    pub customer_id: Vec<i64>,
    /// Two ASCII letters as `(first << 8) | second`, 0 where unknown.
    pub country: Vec<u16>,
    /// Control totals from the order itself (`subtotalPriceSet`, `totalDiscountsSet`).
    pub subtotal: Vec<i64>,
    pub discounts: Vec<i64>,
    pub shipping: Vec<i64>,
    pub tax: Vec<i64>,
}

/// Sold lines, sorted by `(processed_at, order_id, line_id)` of their order; gift cards are flagged, not left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub line_id: Vec<i64>,
    pub order_id: Vec<i64>,
    pub product_id: Vec<i64>,
    pub variant_id: Vec<i64>,
    pub quantity: Vec<i32>,
    pub gross: Vec<i64>,
    pub discount: Vec<i64>,
    pub gift_card: Vec<bool>,
}

/// Returned lines, sorted by `(processed_at, refund_id, refund_line_id)`; booked at the refund's `processed_at`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    pub refund_line_id: Vec<i64>,
    pub refund_id: Vec<i64>,
    pub processed_at: Vec<i64>,
    pub order_id: Vec<i64>,
    pub order_processed_at: Vec<i64>,
    pub customer_id: Vec<i64>,
    pub country: Vec<u16>,
    pub product_id: Vec<i64>,
    pub variant_id: Vec<i64>,
    pub quantity: Vec<i32>,
    pub subtotal: Vec<i64>,
    pub gift_card: Vec<bool>,
}

/// Names of products, sorted by `product_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Products {
    pub product_id: Vec<i64>,
    pub title: Vec<String>,
    pub vendor: Vec<String>,
    pub product_type: Vec<String>,
}

/// One decoded segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    Orders(Orders),
    Lines(Lines),
    Returns(Returns),
    Products(Products),
}

/// What makes columns unfit to be a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("the columns of {} differ in length", .0.name())]
    Lengths(Dataset),
    #[error("row {row} of {} does not come after the row before it", .dataset.name())]
    Order { dataset: Dataset, row: usize },
    #[error("row {row} of {} has a country that is not two capital letters", .dataset.name())]
    Country { dataset: Dataset, row: usize },
}

impl Columns {
    pub const fn dataset(&self) -> Dataset {
        match self {
            Self::Orders(_) => Dataset::Orders,
            Self::Lines(_) => Dataset::Lines,
            Self::Returns(_) => Dataset::Returns,
            Self::Products(_) => Dataset::Products,
        }
    }

    /// How many rows there are.
    pub const fn rows(&self) -> usize {
        match self {
            Self::Orders(it) => it.order_id.len(),
            Self::Lines(it) => it.line_id.len(),
            Self::Returns(it) => it.refund_line_id.len(),
            Self::Products(it) => it.product_id.len(),
        }
    }

    /// Equal lengths, rows in their order without repetition, well-formed countries. That lines follow their
    /// orders is seen when a snapshot puts both together.
    pub fn check(&self) -> Result<(), Invalid> {
        let dataset = self.dataset();
        if self.lengths().iter().any(|length| *length != self.rows()) {
            return Err(Invalid::Lengths(dataset));
        }
        let (misplaced, countries) = match self {
            Self::Orders(it) => (misplaced(it.processed_at.iter().zip(&it.order_id)), it.country.as_slice()),
            // Within an order only: the orders' times are not here.
            Self::Lines(it) => {
                let pairs = it.order_id.windows(2).zip(it.line_id.windows(2));
                let stays = |(orders, lines): (&[i64], &[i64])| match (orders, lines) {
                    ([order, next], [line, later]) => order == next && line >= later,
                    _ => false,
                };
                (pairs.map(stays).position(|stays| stays).map(|row| row + 1), [].as_slice())
            }
            Self::Returns(it) => {
                let keys = it.processed_at.iter().zip(it.refund_id.iter().zip(&it.refund_line_id));
                (misplaced(keys), it.country.as_slice())
            }
            Self::Products(it) => (misplaced(it.product_id.iter()), [].as_slice()),
        };
        match (misplaced, countries.iter().position(|code| !is_country(*code))) {
            (Some(row), _) => Err(Invalid::Order { dataset, row }),
            (None, Some(row)) => Err(Invalid::Country { dataset, row }),
            (None, None) => Ok(()),
        }
    }

    fn lengths(&self) -> Vec<usize> {
        match self {
            Self::Orders(it) => vec![
                it.processed_at.len(),
                it.customer_id.len(),
                it.country.len(),
                it.subtotal.len(),
                it.discounts.len(),
                it.shipping.len(),
                it.tax.len(),
            ],
            Self::Lines(it) => vec![
                it.order_id.len(),
                it.product_id.len(),
                it.variant_id.len(),
                it.quantity.len(),
                it.gross.len(),
                it.discount.len(),
                it.gift_card.len(),
            ],
            Self::Returns(it) => vec![
                it.refund_id.len(),
                it.processed_at.len(),
                it.order_id.len(),
                it.order_processed_at.len(),
                it.customer_id.len(),
                it.country.len(),
                it.product_id.len(),
                it.variant_id.len(),
                it.quantity.len(),
                it.subtotal.len(),
                it.gift_card.len(),
            ],
            Self::Products(it) => vec![it.title.len(), it.vendor.len(), it.product_type.len()],
        }
    }
}

/// Two ASCII capitals as a number; 0, which means unknown, for anything else.
pub fn country_code(text: &str) -> u16 {
    match text.as_bytes() {
        [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => (u16::from(*first) << 8) | u16::from(*second),
        _ => 0,
    }
}

/// The two letters; `None` where unknown.
pub fn country_name(code: u16) -> Option<String> {
    (code != 0).then(|| code.to_be_bytes().map(char::from).iter().collect())
}

fn is_country(code: u16) -> bool {
    code == 0 || code.to_be_bytes().iter().all(u8::is_ascii_uppercase)
}

/// The first row whose key is not greater than the key before it.
fn misplaced<K: PartialOrd>(keys: impl Iterator<Item = K>) -> Option<usize> {
    let mut before = None;
    for (row, key) in keys.enumerate() {
        if before.is_some_and(|before| before >= key) {
            return Some(row);
        }
        before = Some(key);
    }
    None
}
