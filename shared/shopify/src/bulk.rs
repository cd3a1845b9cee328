//! Bulk operations: started and polled by the reader; their files of JSON lines streamed into typed facts with
//! bounded memory, from any byte on.

use domain::facts;

use crate::documents;

pub mod download;
mod node;
pub mod operation;
mod parse;
pub(crate) mod value;

/// What one bulk operation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bulk {
    /// Orders with their lines and refunds (without refund lines, which bulk operations refuse).
    Orders,
    /// Products with their variants.
    Products,
    Customers,
}

impl Bulk {
    pub const ALL: [Self; 3] = [Self::Orders, Self::Products, Self::Customers];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Products => "products",
            Self::Customers => "customers",
        }
    }

    /// The inner query, with the place of the filter still in it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Orders => documents::BULK_ORDERS,
            Self::Products => documents::BULK_PRODUCTS,
            Self::Customers => documents::BULK_CUSTOMERS,
        }
    }
}

/// Rows as they came, by kind. Children may come long after their parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    pub orders: Vec<facts::Order>,
    pub lines: Vec<facts::OrderLine>,
    /// Their `shipping` is not known yet, and 0: refund lines bring it.
    pub refunds: Vec<facts::Refund>,
    pub products: Vec<facts::Product>,
    pub variants: Vec<facts::Variant>,
    pub customers: Vec<facts::Customer>,
}

/// A place in a bulk operation's file: before the line that comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub bytes: u64,
    pub lines: u64,
}
