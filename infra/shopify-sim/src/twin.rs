//! A made-up store whose truth is known: the same seed writes the same bytes on every machine.

mod calendar;
mod catalogue;
mod chance;
mod codes;
mod files;
mod market;
mod people;
mod records;
mod returns;
pub mod truth;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use self::calendar::Calendar;
use self::market::Market;
use self::truth::Truth;

/// What to write.
#[derive(Clone, Debug)]
pub struct Settings {
    pub seed: u64,
    /// Calendar months, the one of `end` included.
    pub months: u32,
    /// Orders in all, test orders included.
    pub orders: u32,
    /// The last day of the store's life; its clock starts on the next morning.
    pub end: Date,
    /// The folder to write; made where it is not there. Files of the same names are replaced.
    pub out: PathBuf,
}

impl Settings {
    pub const MONTHS_MAX: u32 = 120;
    pub const ORDERS_MAX: u32 = 5_000_000;

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
    #[error("a twin lives between the years 2000 and 2100, not until {end}")]
    End { end: Date },
    #[error("the time zones cannot be read: {0}")]
    TimeZone(#[from] jiff::Error),
    #[error("{path} cannot be written: {source}")]
    Write { path: String, source: std::io::Error },
}

/// Writes the store folder and its `truth.json`.
pub fn write(settings: Settings) -> Result<Truth, Error> {
    let Settings { seed, months, orders, end, .. } = settings;
    if !(1..=Settings::MONTHS_MAX).contains(&months) {
        return Err(Error::Months { months });
    }
    if !(1..=Settings::ORDERS_MAX).contains(&orders) {
        return Err(Error::Orders { orders });
    }
    if !(2_011..=2_100).contains(&end.year()) {
        return Err(Error::End { end });
    }
    let timezone = TimeZone::get(files::TIMEZONE)?;
    let midnight = timezone.to_zoned(end.checked_add(1.day())?.into())?.timestamp();
    let last = midnight.checked_sub(SignedDuration::from_secs(1))?;
    let now = midnight.checked_add(SignedDuration::from_hours(8))?;
    let calendar = Calendar::new(&settings);
    let records = Market::new(seed, orders, calendar, timezone.clone(), last).run();
    let truth = truth::tell(seed, &records, &timezone);
    std::fs::create_dir_all(&settings.out).map_err(|source| failed(&settings.out, source))?;
    for (name, text) in files::all(seed, &records, &timezone, now) {
        put(&settings.out.join(name), text.as_bytes())?;
    }
    let path = settings.out.join("truth.json");
    let mut text = serde_json::to_vec_pretty(&truth).map_err(|error| failed(&path, error.into()))?;
    text.push(b'\n');
    put(&path, &text)?;
    Ok(truth)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    std::fs::write(path, bytes).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::Write { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests;
