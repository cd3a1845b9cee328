//! The catalogue: one pinned, versioned definition for each metric.

use serde::{Deserialize, Serialize};

/// A metric of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    GrossSales,
    Discounts,
    Returns,
    NetSales,
    Orders,
    Units,
    Aov,
    UnitsPerOrder,
    Customers,
    NewCustomers,
    ReturningCustomers,
    RepeatPurchaseRate,
}

/// What rows can be grouped or filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    Day,
    Week,
    Month,
    Product,
    Country,
    CustomerType,
}
