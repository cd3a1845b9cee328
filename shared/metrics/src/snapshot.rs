//! A snapshot: every segment of one store, checked against each other and indexed for the kernels.

mod build;
mod codes;

use std::sync::Arc;

use domain::digest::Digest;
use domain::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::catalogue::CustomerType;
use crate::columns::{Columns, Dataset, Invalid, country_name};

/// Where and in what money the shop counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopClock {
    /// An IANA time zone name.
    pub timezone: String,
    pub currency: Currency,
}

/// Why segments do not make a snapshot. All are faults of the mirror, none of the question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is not a time zone of the IANA database")]
    Timezone(String),
    #[error("a segment said to be {} holds {}", .said.name(), .held.name())]
    Mislabelled { said: Dataset, held: Dataset },
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("two segments of {} overlap in time", .0.name())]
    Overlap(Dataset),
    #[error("order {0} is there twice")]
    DuplicateOrder(i64),
    #[error("product {0} is there twice")]
    DuplicateProduct(i64),
    #[error("lines of order {0} are without their order or out of its turn")]
    StrayLines(i64),
    #[error("amounts are so large that their sum would not fit into 64 bits")]
    TooLarge,
    #[error("more rows than 32 bits can count")]
    TooManyRows,
}

/// One store's facts at one moment, immutable; built once and shared by any number of queries.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) zone: TimeZone,
    currency: Currency,
    digest: Digest,
    pub(crate) orders: Orders,
    pub(crate) lines: Lines,
    pub(crate) returns: Returns,
    /// For each customer, the place of their second order, or `NONE`.
    pub(crate) second_orders: Vec<u32>,
    /// Sorted by id; the code after the last stands for "unknown".
    products: Vec<Product>,
    /// Sorted; the code after the last stands for "unknown".
    countries: Vec<u16>,
}

/// "There is none", among indexes.
pub(crate) const NONE: u32 = u32::MAX;

/// Orders by time. Sums are over the order's lines.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    pub(crate) processed_at: Vec<i64>,
    /// Index of the customer, or `NONE`.
    pub(crate) customer: Vec<u32>,
    pub(crate) kind: Vec<CustomerType>,
    pub(crate) country: Vec<u32>,
    /// Where the order's lines begin in `Lines`; one more entry than orders.
    pub(crate) lines_from: Vec<u32>,
    /// Without gift cards.
    pub(crate) gross: Vec<i64>,
    pub(crate) discount: Vec<i64>,
    pub(crate) units: Vec<i64>,
    /// The order's own word and what its lines say, gift cards included.
    pub(crate) subtotal: Vec<i64>,
    pub(crate) subtotal_of_lines: Vec<i64>,
    pub(crate) discounts: Vec<i64>,
    pub(crate) discounts_of_lines: Vec<i64>,
}

/// Lines by order, without gift cards.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) product: Vec<u32>,
    pub(crate) quantity: Vec<i32>,
    pub(crate) gross: Vec<i64>,
    pub(crate) discount: Vec<i64>,
}

/// Returned lines by time, without gift cards.
#[derive(Debug, Default)]
pub(crate) struct Returns {
    pub(crate) processed_at: Vec<i64>,
    pub(crate) kind: Vec<CustomerType>,
    pub(crate) country: Vec<u32>,
    pub(crate) product: Vec<u32>,
    pub(crate) subtotal: Vec<i64>,
}

#[derive(Debug)]
struct Product {
    id: i64,
    /// None for a product that is only known from lines.
    title: Option<Box<str>>,
}

impl Snapshot {
    /// Indexes decoded segments, months in any order. `digest` names the list of segments.
    pub fn new(
        shop: ShopClock,
        digest: Digest,
        segments: Vec<(Dataset, Arc<Columns>)>,
    ) -> Result<Self, Error> {
        build::snapshot(&shop, digest, &segments)
    }

    pub const fn digest(&self) -> Digest {
        self.digest
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn orders(&self) -> usize {
        self.orders.processed_at.len()
    }

    /// Days, in the shop's time zone, of the first and the last order.
    pub fn covers(&self) -> Option<(Date, Date)> {
        let day = |instant: &i64| {
            Some(Timestamp::from_microsecond(*instant).ok()?.to_zoned(self.zone.clone()).date())
        };
        Some((day(self.orders.processed_at.first()?)?, day(self.orders.processed_at.last()?)?))
    }

    /// How many codes products have, "unknown" included.
    pub(crate) fn product_codes(&self) -> usize {
        self.products.len() + 1
    }

    pub(crate) fn product_code(&self, id: i64) -> Option<usize> {
        self.products.binary_search_by_key(&id, |product| product.id).ok()
    }

    /// Id and title behind a code; `None` for "unknown".
    pub(crate) fn product(&self, code: usize) -> Option<(i64, Option<&str>)> {
        self.products.get(code).map(|product| (product.id, product.title.as_deref()))
    }

    /// How many codes countries have, "unknown" included.
    pub(crate) fn country_codes(&self) -> usize {
        self.countries.len() + 1
    }

    pub(crate) fn country_code(&self, letters: u16) -> Option<usize> {
        self.countries.binary_search(&letters).ok()
    }

    /// The letters behind a code; `None` for "unknown".
    pub(crate) fn country(&self, code: usize) -> Option<String> {
        country_name(*self.countries.get(code)?)
    }
}
