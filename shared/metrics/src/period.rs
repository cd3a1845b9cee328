//! Periods: half-open, in the shop's time zone.

use std::cmp::{max, min};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

/// The longest period a query may ask for.
pub const PERIOD_YEARS_MAX: i32 = 50;

/// Whole days `from <= day < to` in the shop's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

/// How time is cut: weeks begin on Monday (ISO 8601).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Day,
    Week,
    Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the period from {from} to {to} holds no day: `to` is the first day that is left out")]
    Empty { from: Date, to: Date },
    #[error("the period from {from} to {to} is longer than {PERIOD_YEARS_MAX} years")]
    TooLong { from: Date, to: Date },
    #[error("a date is out of the calendar's range")]
    OutOfRange,
}

impl Period {
    /// A period of at least one day and at most `PERIOD_YEARS_MAX` years.
    pub fn new(from: Date, to: Date) -> Result<Self, Error> {
        let period = Self { from, to };
        period.check()?;
        Ok(period)
    }

    /// Says what is wrong with a period that was read from outside.
    pub fn check(&self) -> Result<(), Error> {
        let Self { from, to } = *self;
        if from >= to {
            return Err(Error::Empty { from, to });
        }
        match from.checked_add(PERIOD_YEARS_MAX.years()) {
            Ok(longest) if to > longest => Err(Error::TooLong { from, to }),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    pub fn day(day: Date) -> Result<Self, Error> {
        Self::new(day, plus(day, 1.day())?)
    }

    /// A calendar month; `month` counts from 1.
    pub fn month(year: i16, month: i8) -> Result<Self, Error> {
        Self::months(first(year, month)?, 1)
    }

    /// A quarter; `quarter` counts from 1.
    pub fn quarter(year: i16, quarter: i8) -> Result<Self, Error> {
        match quarter {
            1..=4 => Self::months(first(year, quarter * 3 - 2)?, 3),
            _ => Err(Error::OutOfRange),
        }
    }

    pub fn year(year: i16) -> Result<Self, Error> {
        Self::months(first(year, 1)?, 12)
    }

    /// The week, Monday to Sunday, that holds a day.
    pub fn week_of(day: Date) -> Result<Self, Error> {
        let monday = Grain::Week.start_of(day)?;
        Self::new(monday, plus(monday, 1.week())?)
    }

    /// The whole month that holds a day.
    pub fn month_of(day: Date) -> Result<Self, Error> {
        Self::months(day.first_of_month(), 1)
    }

    /// The month before the one that holds `today`.
    pub fn last_month(today: Date) -> Result<Self, Error> {
        Self::months(plus(today.first_of_month(), -1.month())?, 1)
    }

    /// From the first of the month up to and with `today`.
    pub fn this_month(today: Date) -> Result<Self, Error> {
        Self::new(today.first_of_month(), plus(today, 1.day())?)
    }

    /// From 1 January up to and with `today`.
    pub fn this_year(today: Date) -> Result<Self, Error> {
        Self::new(today.first_of_year(), plus(today, 1.day())?)
    }

    /// The `n` days before `today`, which is left out because it is not over.
    pub fn last_n_days(today: Date, n: u32) -> Result<Self, Error> {
        Self::new(plus(today, -days(n)?)?, today)
    }

    /// The `n` whole months before the one that holds `today`.
    pub fn last_n_months(today: Date, n: u32) -> Result<Self, Error> {
        let this = today.first_of_month();
        let span = Span::new().try_months(-i64::from(n)).map_err(|_| Error::OutOfRange)?;
        Self::new(plus(this, span)?, this)
    }

    /// How many days it holds.
    pub fn days(&self) -> i64 {
        self.from.until(self.to).map_or(0, |span| i64::from(span.get_days()))
    }

    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day < self.to
    }

    /// The last day it holds.
    pub fn last_day(&self) -> Date {
        self.to.yesterday().unwrap_or(self.to)
    }

    /// The period before, of the same length: whole months before whole months, as many days before anything else.
    pub fn previous(&self) -> Result<Self, Error> {
        match self.whole_months() {
            Some(months) => {
                let span = Span::new().try_months(-months).map_err(|_| Error::OutOfRange)?;
                Self::new(plus(self.from, span)?, self.from)
            }
            None => Self::new(
                plus(self.from, Span::new().try_days(-self.days()).map_err(|_| Error::OutOfRange)?)?,
                self.from,
            ),
        }
    }

    /// The same dates one year earlier; 29 February becomes the 28th.
    pub fn year_before(&self) -> Result<Self, Error> {
        let (from, to) = (plus(self.from, -1.year())?, plus(self.to, -1.year())?);
        Self::new(from, if from < to { to } else { plus(from, 1.day())? })
    }

    /// What both hold, if anything.
    pub fn intersect(&self, other: &Self) -> Option<Self> {
        let (from, to) = (max(self.from, other.from), min(self.to, other.to));
        (from < to).then_some(Self { from, to })
    }

    /// Microseconds since 1970 of its first instant and of the first after it. A day that daylight saving makes 23
    /// or 25 hours long is as long as it was.
    pub fn to_instants(&self, zone: &TimeZone) -> Result<(i64, i64), Error> {
        Ok((start_of(self.from, zone)?, start_of(self.to, zone)?))
    }

    /// How many months it is, where it is whole months.
    fn whole_months(&self) -> Option<i64> {
        let months = (i64::from(self.to.year()) - i64::from(self.from.year())) * 12
            + (i64::from(self.to.month()) - i64::from(self.from.month()));
        (self.from.day() == 1 && self.to.day() == 1 && months > 0).then_some(months)
    }

    fn months(from: Date, months: i64) -> Result<Self, Error> {
        let span = Span::new().try_months(months).map_err(|_| Error::OutOfRange)?;
        Self::new(from, plus(from, span)?)
    }
}

impl Grain {
    /// The first day of the slice that holds a day.
    pub fn start_of(self, day: Date) -> Result<Date, Error> {
        match self {
            Self::Day => Ok(day),
            Self::Week => plus(day, -i64::from(day.weekday().to_monday_zero_offset()).days()),
            Self::Month => Ok(day.first_of_month()),
        }
    }

    /// The whole slice that holds a day, also where a table's period cuts it short.
    pub fn span_of(self, day: Date) -> Result<Period, Error> {
        let start = self.start_of(day)?;
        Ok(Period { from: start, to: self.next(start)? })
    }

    fn next(self, start: Date) -> Result<Date, Error> {
        plus(
            start,
            match self {
                Self::Day => 1.day(),
                Self::Week => 1.week(),
                Self::Month => 1.month(),
            },
        )
    }
}

/// A period cut by a grain, ready to cut sorted instants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slices {
    /// First day of each whole slice, ascending; the first may lie before the period.
    pub starts: Vec<Date>,
    /// Microseconds since 1970: slice `i` is `bounds[i] <= instant < bounds[i + 1]`. The outer ones are the
    /// period's own.
    pub bounds: Vec<i64>,
}

impl Slices {
    /// Every slice that the period touches, the first and the last clipped to it.
    pub fn new(period: &Period, grain: Grain, zone: &TimeZone) -> Result<Self, Error> {
        period.check()?;
        let (first, last) = period.to_instants(zone)?;
        let mut starts = vec![grain.start_of(period.from)?];
        let mut bounds = vec![first];
        let mut start = grain.next(grain.start_of(period.from)?)?;
        while start < period.to {
            starts.push(start);
            bounds.push(start_of(start, zone)?);
            start = grain.next(start)?;
        }
        bounds.push(last);
        Ok(Self { starts, bounds })
    }

    /// For ascending instants: where each slice begins, and, one more, where the last one ends.
    pub fn cut(&self, instants: &[i64]) -> Vec<usize> {
        let mut from = 0;
        self.bounds
            .iter()
            .map(|bound| {
                let rest = instants.get(from..).unwrap_or_default();
                from += rest.partition_point(|instant| instant < bound);
                from
            })
            .collect()
    }
}

/// The first instant of a day in microseconds since 1970; of the next one where the zone has skipped the day.
pub fn start_of(day: Date, zone: &TimeZone) -> Result<i64, Error> {
    let zoned = day.to_zoned(zone.clone()).map_err(|_| Error::OutOfRange)?;
    Ok(zoned.timestamp().as_microsecond())
}

fn plus(day: Date, span: Span) -> Result<Date, Error> {
    day.checked_add(span).map_err(|_| Error::OutOfRange)
}

fn days(n: u32) -> Result<Span, Error> {
    Span::new().try_days(n).map_err(|_| Error::OutOfRange)
}

fn first(year: i16, month: i8) -> Result<Date, Error> {
    Date::new(year, month, 1).map_err(|_| Error::OutOfRange)
}
