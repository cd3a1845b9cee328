//! A snapshot: every segment of one store, indexed for the kernels.

use std::sync::Arc;

use domain::digest::Digest;
use domain::money::Currency;

use crate::columns::{Columns, Dataset};

/// Where and in what money the shop counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopClock {
    /// An IANA time zone name.
    pub timezone: String,
    pub currency: Currency,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is not a time zone of the IANA database")]
    Timezone(String),
}

#[derive(Debug)]
pub struct Snapshot {}

impl Snapshot {
    /// Indexes decoded segments, months in any order. `digest` names the list of segments.
    pub fn new(shop: ShopClock, digest: Digest, segments: Vec<(Dataset, Arc<Columns>)>) -> Result<Self, Error> {
        let _ = (digest, segments);
        Err(Error::Timezone(shop.timezone))
    }
}
