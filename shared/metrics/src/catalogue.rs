//! The catalogue: one pinned, versioned definition for each metric.

mod definitions;

use serde::{Deserialize, Serialize};

use crate::period::Grain;

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

/// How a value of a metric is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Shop currency: minor units in `Cell::Money`, minor units in the numerator of `Cell::Ratio`.
    Money,
    /// Things counted.
    Count,
    /// A plain quotient.
    Ratio,
    /// A share: the quotient times one hundred is what a person reads.
    Percent,
}

/// Over which dimensions the groups' values sum to the whole's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Additivity {
    Always,
    /// An order with several products is counted under each of them.
    NotByProduct,
    Never,
}

/// What a metric means, pinned: a changed meaning is a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Definition {
    pub name: &'static str,
    pub version: u32,
    /// What a person reads: `Net sales`.
    pub label: &'static str,
    /// One or two sentences, exact.
    pub definition: &'static str,
    /// Over base measures and other metrics.
    pub formula: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    pub unit: Unit,
    /// What the metric may be grouped and filtered by.
    pub dimensions: &'static [Dimension],
    pub additivity: Additivity,
}

/// The one definition of a metric.
pub const fn definition(metric: Metric) -> Definition {
    definitions::of(metric)
}

impl Metric {
    pub const ALL: [Self; 12] = [
        Self::GrossSales,
        Self::Discounts,
        Self::Returns,
        Self::NetSales,
        Self::Orders,
        Self::Units,
        Self::Aov,
        Self::UnitsPerOrder,
        Self::Customers,
        Self::NewCustomers,
        Self::ReturningCustomers,
        Self::RepeatPurchaseRate,
    ];

    pub const fn name(self) -> &'static str {
        definition(self).name
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    pub const fn unit(self) -> Unit {
        definition(self).unit
    }

    pub fn allows(self, dimension: Dimension) -> bool {
        definition(self).dimensions.contains(&dimension)
    }

    /// Whether the groups of such a table sum to its total.
    pub fn adds_up_over(self, by: &[Dimension]) -> bool {
        match definition(self).additivity {
            Additivity::Always => true,
            Additivity::NotByProduct => !by.contains(&Dimension::Product),
            Additivity::Never => false,
        }
    }
}

impl Dimension {
    pub const ALL: [Self; 6] =
        [Self::Day, Self::Week, Self::Month, Self::Product, Self::Country, Self::CustomerType];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Product => "product",
            Self::Country => "country",
            Self::CustomerType => "customer_type",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    pub const fn is_time(self) -> bool {
        self.grain().is_some()
    }

    /// The slices that a time dimension cuts a period into.
    pub const fn grain(self) -> Option<Grain> {
        match self {
            Self::Day => Some(Grain::Day),
            Self::Week => Some(Grain::Week),
            Self::Month => Some(Grain::Month),
            Self::Product | Self::Country | Self::CustomerType => None,
        }
    }
}

/// The value of a key where the fact is not known: an order without a customer or a country, a line whose product
/// is gone.
pub const UNKNOWN: &str = "unknown";

/// What kind of customer an order had, seen from that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustomerType {
    /// The order is its customer's first in the store.
    New,
    Returning,
    /// The order has no customer.
    Unknown,
}

impl CustomerType {
    pub const ALL: [Self; 3] = [Self::New, Self::Returning, Self::Unknown];

    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returning => "returning",
            Self::Unknown => UNKNOWN,
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Dimension, Metric, definition};

    #[test]
    fn names_read_back_and_agree_with_the_wire() {
        for metric in Metric::ALL {
            assert_eq!(Metric::parse(metric.name()), Some(metric));
            assert_eq!(serde_json::to_string(&metric).unwrap(), format!("\"{}\"", metric.name()));
        }
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::parse(dimension.name()), Some(dimension));
            assert_eq!(serde_json::to_string(&dimension).unwrap(), format!("\"{}\"", dimension.name()));
        }
        assert_eq!((Metric::parse("Net sales"), Dimension::parse("")), (None, None));
    }

    #[test]
    fn every_metric_is_defined_once_in_whole_sentences() {
        let labels: BTreeSet<_> = Metric::ALL.map(|metric| definition(metric).label).into();
        assert_eq!(labels.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            let defined = definition(metric);
            assert!(defined.version >= 1 && defined.definition.ends_with('.'), "{defined:?}");
            assert!(!defined.formula.is_empty() && !defined.source.is_empty(), "{defined:?}");
            assert!(
                Dimension::ALL.iter().filter(|it| it.is_time()).all(|it| metric.allows(*it)),
                "{defined:?}"
            );
        }
    }
}
