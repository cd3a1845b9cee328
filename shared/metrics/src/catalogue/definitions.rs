//! The words of the catalogue. A changed meaning needs a new version; the snapshot test shows the change.

use super::{Additivity, Definition, Dimension, Metric, Unit};

pub(super) const fn of(metric: Metric) -> Definition {
    match metric {
        Metric::GrossSales => GROSS_SALES,
        Metric::Discounts => DISCOUNTS,
        Metric::Returns => RETURNS,
        Metric::NetSales => NET_SALES,
        Metric::Orders => ORDERS,
        Metric::Units => UNITS,
        Metric::Aov => AOV,
        Metric::UnitsPerOrder => UNITS_PER_ORDER,
        Metric::Customers => CUSTOMERS,
        Metric::NewCustomers => NEW_CUSTOMERS,
        Metric::ReturningCustomers => RETURNING_CUSTOMERS,
        Metric::RepeatPurchaseRate => REPEAT_PURCHASE_RATE,
    }
}

const SALES_REPORTS: &str =
    "Shopify sales report definitions: a sale on its order's day, a return on its refund's day";
const CUSTOMER_REPORTS: &str = "Shopify customer report definitions, over the orders that the snapshot holds";
const OWN: &str = "Alatar, over the measures of Shopify's sales reports";

/// Without product: a quotient of whole orders has no meaning for one of their products.
const OF_ORDERS: &[Dimension] =
    &[Dimension::Day, Dimension::Week, Dimension::Month, Dimension::Country, Dimension::CustomerType];

const GROSS_SALES: Definition = Definition {
    name: "gross_sales",
    version: 1,
    label: "Gross sales",
    definition: "Price times quantity before discounts, returns, tax and shipping, booked when the order was \
                 processed; cancelled and unpaid orders are included, test orders and gift cards are not. An order \
                 is new if it is its customer's first in the store, else returning.",
    formula: "sum(line price * quantity)",
    source: SALES_REPORTS,
    unit: Unit::Money,
    dimensions: &Dimension::ALL,
    additivity: Additivity::Always,
};

const DISCOUNTS: Definition = Definition {
    name: "discounts",
    label: "Discounts",
    definition: "All discounts on the lines of gross_sales, an order's own shared out to its lines, as a positive \
                 amount, booked with the sale.",
    formula: "sum(line discount)",
    ..GROSS_SALES
};

const RETURNS: Definition = Definition {
    name: "returns",
    label: "Returns",
    definition: "Value of returned goods after discounts, before tax and shipping, as a positive amount, booked when \
                 the refund was processed; gift cards are not included. The customer type is that of the original \
                 order.",
    formula: "sum(refund line subtotal)",
    ..GROSS_SALES
};

const NET_SALES: Definition = Definition {
    name: "net_sales",
    label: "Net sales",
    definition: "Gross sales less the discounts of the same sales and the returns booked in the same time.",
    formula: "gross_sales - discounts - returns",
    ..GROSS_SALES
};

const UNITS: Definition = Definition {
    name: "units",
    label: "Units sold",
    definition: "Quantity on the lines of gross_sales, before returns.",
    formula: "sum(line quantity)",
    unit: Unit::Count,
    ..GROSS_SALES
};

const ORDERS: Definition = Definition {
    name: "orders",
    label: "Orders",
    definition: "Orders processed, cancelled and unpaid ones included, test orders not; an order of nothing but gift \
                 cards counts too. By product, an order counts under each product of which it has a line that is not \
                 a gift card.",
    formula: "count(order)",
    unit: Unit::Count,
    additivity: Additivity::NotByProduct,
    ..GROSS_SALES
};

const AOV: Definition = Definition {
    name: "aov",
    label: "Average order value",
    definition: "Gross sales less discounts, before returns, divided by orders.",
    formula: "(gross_sales - discounts) / orders",
    dimensions: OF_ORDERS,
    additivity: Additivity::Never,
    ..GROSS_SALES
};

const UNITS_PER_ORDER: Definition = Definition {
    name: "units_per_order",
    label: "Units per order",
    definition: "Units sold divided by orders.",
    formula: "units / orders",
    source: OWN,
    unit: Unit::Ratio,
    ..AOV
};

const CUSTOMERS: Definition = Definition {
    name: "customers",
    label: "Customers",
    definition: "Different customers with an order counted; orders without a customer are left out.",
    formula: "count(distinct customer)",
    source: CUSTOMER_REPORTS,
    unit: Unit::Count,
    additivity: Additivity::Never,
    ..GROSS_SALES
};

const NEW_CUSTOMERS: Definition = Definition {
    name: "new_customers",
    label: "New customers",
    definition: "Customers whose first order in the store is one of the orders counted.",
    formula: "count(customer whose first order is counted)",
    additivity: Additivity::NotByProduct,
    ..CUSTOMERS
};

const RETURNING_CUSTOMERS: Definition = Definition {
    name: "returning_customers",
    label: "Returning customers",
    definition: "Customers with an order counted whose first order in the store is not one of them.",
    formula: "customers - new_customers",
    ..CUSTOMERS
};

const REPEAT_PURCHASE_RATE: Definition = Definition {
    name: "repeat_purchase_rate",
    label: "Repeat purchase rate",
    definition: "Share of the customers counted who had placed two or more orders in the store by the end of the \
                 period, or of each day, week or month where rows are cut by it.",
    formula: "customers with two or more orders by the end / customers",
    source: OWN,
    unit: Unit::Percent,
    dimensions: OF_ORDERS,
    ..CUSTOMERS
};
