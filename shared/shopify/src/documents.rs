//! The documents we send. Each lies in a file, so that a test can hold it against the official schema.

/// One operation: its name in errors, its text, and what it costs by the model fitted on recorded operations
/// (connection 2 + s(n) x (1 + node), object 1, list not multiplied, mutation 10), in points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) cost: u32,
}

pub(crate) const SHOP: Document =
    Document { name: "shop", text: include_str!("../queries/shop.graphql"), cost: 2 };
pub(crate) const BULK_START: Document =
    Document { name: "bulk_start", text: include_str!("../queries/bulk_start.graphql"), cost: 10 };
pub(crate) const BULK_POLL: Document =
    Document { name: "bulk_poll", text: include_str!("../queries/bulk_poll.graphql"), cost: 1 };
pub(crate) const REFUND_LINES: Document =
    Document { name: "refund_lines", text: include_str!("../queries/refund_lines.graphql"), cost: 26 };
pub(crate) const REFUND_LINES_PAGE: Document = Document {
    name: "refund_lines_page",
    text: include_str!("../queries/refund_lines_page.graphql"),
    cost: 25,
};

pub(crate) const BULK_ORDERS: &str = include_str!("../queries/bulk_orders.graphql");
pub(crate) const BULK_PRODUCTS: &str = include_str!("../queries/bulk_products.graphql");
pub(crate) const BULK_CUSTOMERS: &str = include_str!("../queries/bulk_customers.graphql");
