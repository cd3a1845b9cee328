//! A made-up store whose truth is known: the same seed writes the same bytes on every machine.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

/// What to write.
#[derive(Clone, Debug)]
pub struct Settings {
    pub seed: u64,
    /// Calendar months, the one of `end` included.
    pub months: u32,
    /// Orders in all, test orders included.
    pub orders: u32,
    /// The last day of the store's life; its clock starts at the end of it.
    pub end: Date,
    /// The folder to write; made where it is not there. Files of the same names are replaced.
    pub out: PathBuf,
}

impl Settings {
    /// 24 months of 10,000 orders up to 31 October 2026.
    pub fn new(seed: u64, out: PathBuf) -> Self {
        Self { seed, months: 24, orders: 10_000, end: jiff::civil::date(2026, 10, 31), out }
    }
}

/// Why a twin was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a twin has 1 to {most} months, not {months}", most = Settings::MONTHS_MAX)]
    Months { months: u32 },
    #[error("a twin has 1 to {most} orders, not {orders}", most = Settings::ORDERS_MAX)]
    Orders { orders: u32 },
    #[error("{path} cannot be written: {source}")]
    Write { path: String, source: std::io::Error },
}

impl Settings {
    pub const MONTHS_MAX: u32 = 120;
    pub const ORDERS_MAX: u32 = 5_000_000;
}

/// What `truth.json` says: control figures from the generator's own records, and the causes it planted.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    pub seed: u64,
}

/// Writes the store folder and its `truth.json`.
pub fn write(settings: Settings) -> Result<Truth, Error> {
    Ok(Truth { seed: settings.seed })
}
