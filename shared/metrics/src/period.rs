//! Periods: half-open, in the shop's time zone.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Whole days `from <= day < to` in the shop's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}
