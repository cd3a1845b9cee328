//! The facts of a store as the mirror keeps them: what Shopify says, typed, in shop currency, money in minor units.
//! Ids are the numeric part of Shopify's global ids. Names, e-mails and addresses of customers are not kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::money::Currency;

/// The shop itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    pub name: String,
    pub myshopify_domain: String,
    pub currency: Currency,
    /// An IANA time zone name; days, weeks and months are cut in it.
    pub iana_timezone: String,
    pub taxes_included: bool,
    /// What the plan is called to the merchant.
    pub plan: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: i64,
    pub name: String,
    pub customer_id: Option<i64>,
    pub created_at: Timestamp,
    /// The instant a sale is booked at.
    pub processed_at: Timestamp,
    pub updated_at: Timestamp,
    pub cancelled_at: Option<Timestamp>,
    pub cancel_reason: Option<String>,
    pub test: bool,
    pub taxes_included: bool,
    pub financial_status: Option<String>,
    pub fulfillment_status: Option<String>,
    pub source_name: Option<String>,
    /// ISO 3166-1 alpha-2 of the shipping address.
    pub country_code: Option<String>,
    pub discount_codes: Vec<String>,
    pub tags: Vec<String>,
    pub note: Option<String>,
    /// Lines after discounts, before returns, shipping and tax (Shopify's `subtotalPriceSet`): an independent control
    /// total of the lines.
    pub subtotal: i64,
    /// All discounts of the order (`totalDiscountsSet`), another control total.
    pub discounts: i64,
    pub shipping: i64,
    pub tax: i64,
    /// Attribution of the last visit, where the journey is ready.
    pub utm_source: Option<String>,
    pub utm_medium: Option<String>,
    pub utm_campaign: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    pub id: i64,
    pub order_id: i64,
    pub product_id: Option<i64>,
    pub variant_id: Option<i64>,
    /// Only where the product is gone: otherwise the product's own title serves.
    pub title: Option<String>,
    pub quantity: i32,
    /// Price x quantity before discounts (`originalTotalSet`).
    pub gross: i64,
    /// The line's share of all discounts.
    pub discount: i64,
    pub tax: i64,
    pub gift_card: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: i64,
    pub order_id: i64,
    /// The instant a return is booked at.
    pub processed_at: Timestamp,
    pub note: Option<String>,
    /// Money given back in all.
    pub total: i64,
    pub shipping: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundLine {
    pub id: i64,
    pub refund_id: i64,
    pub order_line_id: i64,
    pub quantity: i32,
    /// Value of the returned goods after discounts, before tax.
    pub subtotal: i64,
    pub tax: i64,
    pub restock_type: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub id: i64,
    pub title: String,
    pub handle: String,
    pub vendor: String,
    pub product_type: String,
    pub status: String,
    pub tags: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub id: i64,
    pub product_id: i64,
    pub title: String,
    pub sku: Option<String>,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub unit_cost: Option<i64>,
    pub inventory_quantity: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub country_code: Option<String>,
    pub tags: Vec<String>,
    pub orders_count: i64,
}
