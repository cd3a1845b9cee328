//! The nodes of our bulk queries as serde sees them. Unknown fields are skipped; a missing one is an error.

use jiff::Timestamp;
use serde::Deserialize;

use super::value::{self, Amount, Gid, Money, Set};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) id: Gid<value::Order>,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
    pub(super) processed_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) cancelled_at: Option<Timestamp>,
    pub(super) cancel_reason: Option<String>,
    pub(super) test: bool,
    pub(super) taxes_included: bool,
    pub(super) currency_code: String,
    pub(super) display_financial_status: Option<String>,
    pub(super) display_fulfillment_status: Option<String>,
    pub(super) source_name: Option<String>,
    pub(super) discount_codes: Vec<String>,
    pub(super) tags: Vec<String>,
    pub(super) note: Option<String>,
    pub(super) customer: Option<Reference<value::Customer>>,
    pub(super) shipping_address: Option<Address>,
    pub(super) customer_journey_summary: Option<Journey>,
    pub(super) subtotal_price_set: Option<Set>,
    pub(super) total_discounts_set: Option<Set>,
    pub(super) total_shipping_price_set: Set,
    pub(super) total_tax_set: Option<Set>,
    pub(super) refunds: Vec<Refund>,
}

#[derive(Deserialize)]
#[serde(bound = "K: value::Kind")]
pub(super) struct Reference<K> {
    pub(super) id: Gid<K>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Address {
    pub(super) country_code_v2: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Journey {
    pub(super) ready: bool,
    pub(super) last_visit: Option<Visit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Visit {
    pub(super) utm_parameters: Option<Utm>,
}

#[derive(Default, Deserialize)]
pub(super) struct Utm {
    pub(super) source: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) campaign: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refund {
    pub(super) id: Gid<value::Refund>,
    pub(super) processed_at: Timestamp,
    pub(super) note: Option<String>,
    pub(super) total_refunded_set: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineItem {
    pub(super) id: Gid<value::LineItem>,
    #[serde(rename = "__parentId")]
    pub(super) parent: Gid<value::Order>,
    pub(super) title: String,
    pub(super) quantity: i32,
    pub(super) is_gift_card: bool,
    pub(super) product: Option<Reference<value::Product>>,
    pub(super) variant: Option<Reference<value::ProductVariant>>,
    pub(super) original_total_set: Set,
    pub(super) discount_allocations: Vec<Allocation>,
    pub(super) tax_lines: Vec<TaxLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Allocation {
    pub(super) allocated_amount_set: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxLine {
    pub(super) price_set: Set,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Product {
    pub(super) id: Gid<value::Product>,
    pub(super) title: String,
    pub(super) handle: String,
    pub(super) vendor: String,
    pub(super) product_type: String,
    pub(super) status: String,
    pub(super) tags: Vec<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variant {
    pub(super) id: Gid<value::ProductVariant>,
    #[serde(rename = "__parentId")]
    pub(super) parent: Gid<value::Product>,
    pub(super) title: String,
    pub(super) sku: Option<String>,
    pub(super) price: Amount,
    pub(super) compare_at_price: Option<Amount>,
    pub(super) inventory_quantity: Option<i32>,
    pub(super) inventory_item: InventoryItem,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InventoryItem {
    pub(super) unit_cost: Option<Money>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Customer {
    pub(super) id: Gid<value::Customer>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) tags: Vec<String>,
    /// `UnsignedInt64`: a text.
    pub(super) number_of_orders: String,
    pub(super) default_address: Option<Address>,
}
