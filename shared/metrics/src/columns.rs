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
