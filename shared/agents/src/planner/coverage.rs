//! Periods against what the mirror covers: resolved, clamped, and said where something is missing.

use jiff::ToSpan;
use jiff::civil::Date;
use metrics::period::Period;

use super::intent::{Against, Time};
use super::periods::Span;
use super::refusals::{self, Refusal};

/// How far back a provisional plan looks where the mirror is not loaded yet.
const PROVISIONAL_YEARS: i64 = 30;
/// Days without an order that are worth a word at the end of a period.
const QUIET_DAYS_MAX: i64 = 2;

/// What the mirror covers, as far as the planner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    /// Not loaded yet: periods stay as they were said.
    Unknown,
    /// First and last day with orders.
    Days(Date, Date),
}

/// Today and what is covered, in the shop's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar<'a> {
    pub(super) today: Date,
    pub(super) coverage: Coverage,
    pub(super) shop_name: &'a str,
}

/// What a wish without a period of its own is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Default {
    Whole,
    LastMonth,
}

/// A resolved period, and the one to put beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) period: Period,
    pub(super) compare_to: Option<Period>,
    pub(super) notes: Vec<String>,
}

/// "1 December 2010".
pub(crate) fn day_words(day: Date) -> String {
    format!("{} {} {}", day.day(), month_name(day), day.year())
}

/// "1 December 2010 to 9 December 2011", "November 2011", "2011".
pub(crate) fn period_words(period: &Period) -> String {
    let (from, last) = (period.from, period.last_day());
    if from == last {
        return day_words(from);
    }
    if Period::month_of(from).is_ok_and(|month| month == *period) {
        return format!("{} {}", month_name(from), from.year());
    }
    if Period::year(from.year()).is_ok_and(|year| year == *period) {
        return from.year().to_string();
    }
    format!("{} to {}", day_words(from), day_words(last))
}

pub(crate) fn month_name(day: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(day.month() - 1).ok().and_then(|i| NAMES.get(i)).copied().unwrap_or_default()
}

impl Calendar<'_> {
    /// The days that a wish is about. Refused where nothing of them is covered.
    pub(super) fn resolve(&self, time: &Time, default: Default) -> Result<Window, Refusal> {
        let mut notes = Vec::new();
        let span = match (time.span, time.against) {
            (None, Against::Span(Span::Days(other))) => following(&other).map(Span::Days),
            (span, _) => span,
        };
        let (said, whole) = self.said(span, default, &mut notes)?;
        let period = if whole { said } else { self.clamp(said, &mut notes)? };
        let other = match time.against {
            Against::Nothing | Against::Span(Span::Whole) => None,
            _ if whole => {
                notes.push(
                    "Everything that is covered was asked for, so there is nothing to compare it with."
                        .to_owned(),
                );
                None
            }
            Against::Span(Span::Days(other)) if other != said => Some(other),
            Against::Span(Span::Until(day)) => Period::new(self.whole().from, day).ok(),
            Against::YearBefore | Against::Span(Span::YearBefore) => said.year_before().ok(),
            Against::Previous | Against::Span(Span::Previous | Span::Days(_)) => said.previous().ok(),
        };
        let compare_to = other.and_then(|other| self.beside(said, period, other, &mut notes));
        Ok(Window { period, compare_to, notes })
    }

    /// The last thirteen months that are covered up to a period's end: enough for a year's shape.
    pub(super) fn year_up_to(&self, period: &Period) -> Period {
        let from = period.last_day().first_of_month().checked_sub(12.months()).unwrap_or(period.from);
        let wide = Period { from: from.min(period.from), to: period.to };
        wide.intersect(&self.whole()).unwrap_or(*period)
    }

    /// Who is new depends on how far back orders are known.
    pub(super) fn first_orders(&self) -> Option<String> {
        match self.coverage {
            Coverage::Unknown => None,
            Coverage::Days(first, _) => Some(format!(
                "A customer is new at the first order that is known; orders are known from {} on.",
                day_words(first)
            )),
        }
    }

    fn whole(&self) -> Period {
        let open = match self.coverage {
            Coverage::Unknown => {
                (self.today.checked_sub(PROVISIONAL_YEARS.years()).unwrap_or(self.today), self.today)
            }
            Coverage::Days(first, last) => (first, last),
        };
        Period { from: open.0, to: after(open.1) }
    }

    /// The period as it was said, and whether it is everything.
    fn said(
        &self,
        span: Option<Span>,
        default: Default,
        notes: &mut Vec<String>,
    ) -> Result<(Period, bool), Refusal> {
        let last_month = Period::last_month(self.today).unwrap_or_else(|_| self.whole());
        match (span, default) {
            (Some(Span::Days(period)), _) => Ok((period, false)),
            (Some(Span::Whole), _) | (None, Default::Whole) => Ok((self.whole(), true)),
            (Some(Span::Until(day)), _) => {
                let whole = self.whole();
                let period = Period::new(whole.from, day.min(whole.to));
                period.map(|period| (period, false)).map_err(|_| self.before_the_first(day))
            }
            (Some(Span::Previous), _) => Ok((last_month.previous().unwrap_or(last_month), false)),
            (Some(Span::YearBefore), _) => Ok((last_month.year_before().unwrap_or(last_month), false)),
            (None, Default::LastMonth) => Ok(self.latest_month(last_month, notes)),
        }
    }

    /// The last full month, or the last one that has orders, or everything where there is no full month.
    fn latest_month(&self, last_month: Period, notes: &mut Vec<String>) -> (Period, bool) {
        let Coverage::Days(first, last) = self.coverage else { return (last_month, false) };
        let covered = |period: &Period| period.from >= first && period.from <= last;
        let over = Period::month_of(last)
            .ok()
            .filter(|month| after(last) >= month.to && month.to <= after(self.today));
        let before = Period::last_month(last).ok();
        let candidates = [Some(last_month), over, before];
        match candidates.into_iter().flatten().find(covered) {
            Some(month) => {
                notes.push(format!(
                    "No period was named: this is {}, the last full month.",
                    period_words(&month)
                ));
                (month, false)
            }
            None => {
                notes.push("No full month is covered yet: this is everything that is known.".to_owned());
                (self.whole(), true)
            }
        }
    }

    /// Cuts a period to what has happened and is covered.
    fn clamp(&self, said: Period, notes: &mut Vec<String>) -> Result<Period, Refusal> {
        let mut period = said;
        if said.from > self.today {
            return Err(self.outside(&said));
        }
        if said.to > after(self.today) {
            period.to = after(self.today);
            notes.push(format!(
                "{} is not over yet: counted up to {}.",
                period_words(&said),
                day_words(self.today)
            ));
        }
        let Coverage::Days(first, last) = self.coverage else { return Ok(period) };
        if period.to <= first || period.from > last {
            return Err(self.outside(&said));
        }
        if period.from < first {
            period.from = first;
            notes.push(format!(
                "Only part of {} is covered: orders are known from {} on.",
                period_words(&said),
                day_words(first)
            ));
        }
        let quiet = Period { from: after(last), to: period.to };
        if quiet.from < quiet.to && quiet.days() > QUIET_DAYS_MAX {
            notes.push(format!("The last order known is of {}.", day_words(last)));
        }
        Ok(period)
    }

    /// The other period of a comparison: as many days where this one is not over, nothing where nothing is covered.
    fn beside(&self, said: Period, period: Period, other: Period, notes: &mut Vec<String>) -> Option<Period> {
        let mut cut = other;
        if period.to < said.to {
            let to = other.from.checked_add(period.days().days()).unwrap_or(other.to);
            if to < other.to {
                cut.to = to;
                notes.push(format!(
                    "So that both are as long, {} is counted up to {}.",
                    period_words(&other),
                    day_words(cut.last_day())
                ));
            }
        }
        let Coverage::Days(first, _) = self.coverage else { return Some(cut) };
        let clamped = cut.intersect(&Period { from: first, to: after(self.today) });
        match clamped {
            None => notes.push(format!(
                "No orders are known for {}, so there is nothing to compare with: {}.",
                period_words(&other),
                self.covers()
            )),
            Some(part) if part.from > cut.from => {
                notes.push(format!(
                    "Only part of {} is covered: orders are known from {} on.",
                    period_words(&other),
                    day_words(first)
                ));
            }
            Some(_) => {}
        }
        clamped
    }

    fn outside(&self, said: &Period) -> Refusal {
        refusals::no_data(format!("No orders are known for {}: {}.", period_words(said), self.covers()))
    }

    fn before_the_first(&self, day: Date) -> Refusal {
        refusals::no_data(format!("No orders are known before {}: {}.", day_words(day), self.covers()))
    }

    fn covers(&self) -> String {
        match self.coverage {
            Coverage::Days(first, last) => {
                let covered = Period { from: first, to: after(last) };
                format!("the orders of {} go from {}", self.shop_name, period_words(&covered))
            }
            Coverage::Unknown => format!("today is {}", day_words(self.today)),
        }
    }
}

/// As many whole months after whole months, as many days after anything else.
fn following(period: &Period) -> Option<Period> {
    let months = (i64::from(period.to.year()) - i64::from(period.from.year())) * 12
        + (i64::from(period.to.month()) - i64::from(period.from.month()));
    let whole = period.from.day() == 1 && period.to.day() == 1;
    let to = if whole {
        period.to.checked_add(months.months())
    } else {
        period.to.checked_add(period.days().days())
    };
    Period::new(period.to, to.ok()?).ok()
}

fn after(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}
