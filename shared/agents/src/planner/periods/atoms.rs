//! Single stretches of time: "last month", "Q4 2010", "2011-11-01".

use jiff::ToSpan;
use jiff::civil::Date;
use metrics::period::Period;

use super::{parts, relative};
use crate::planner::words::{Fit, Token, fit};

/// A stretch of time and how many words name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) len: usize,
    pub(super) period: Period,
    pub(super) loose: Loose,
}

/// What the words left open, or said beyond doubt, about the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loose {
    No,
    /// A month without a year; the latest that has begun was taken.
    Month(i8),
    Quarter(i8),
    /// A month or quarter with its year.
    MonthOf(i16),
    /// Nothing but a year.
    Year(i16),
}

const MONTHS: [(&str, &str); 12] = [
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may", "may"),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sep"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
];

/// The stretch of time named at `at`, if one is.
pub(super) fn read(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    relative::day_words(tokens, at, today)
        .or_else(|| relative::weekday(tokens, at, today))
        .or_else(|| relative::to_date(tokens, at, today))
        .or_else(|| relative::read(tokens, at, today))
        .or_else(|| relative::ago(tokens, at, today))
        .or_else(|| written(tokens, at))
        .or_else(|| day_of_month(tokens, at, today))
        .or_else(|| parts::read(tokens, at, today))
        .or_else(|| month(tokens, at, today))
        .or_else(|| year(tokens, at))
}

/// "October to November 2011": the first end takes the second's year, or the one before where it would come after it.
pub(super) fn year_from_end(first: Atom, second: Atom) -> Atom {
    let Some(year) = second.loose.year_of(&second.period) else { return first };
    let same = first.with_year(year);
    if same.period.from > second.period.from { first.with_year(year - 1) } else { same }
}

/// "November 2010 to February": the second end comes after the first.
pub(super) fn year_from_start(first: Atom, second: Atom) -> Atom {
    if first.loose.year_of(&first.period).is_none() || second.loose.year_of(&second.period).is_some() {
        return second;
    }
    let same = second.with_year(first.period.from.year());
    if same.period.from < first.period.from { second.with_year(first.period.from.year() + 1) } else { same }
}

/// The years of two stretches that stand side by side.
pub(super) fn agree(a: (Period, Loose), b: (Period, Loose)) -> (Period, Period) {
    let atom = |(period, loose)| Atom { len: 0, period, loose };
    let (left, right) = (atom(a), atom(b));
    match (a.1, b.1) {
        (Loose::Month(_) | Loose::Quarter(_), Loose::MonthOf(year)) => (left.with_year(year).period, b.0),
        (Loose::MonthOf(year), Loose::Month(_) | Loose::Quarter(_)) => (a.0, right.with_year(year).period),
        (Loose::MonthOf(from), Loose::Year(to)) => (a.0, shifted(a.0, to - from).unwrap_or(b.0)),
        _ => (a.0, b.0),
    }
}

impl Loose {
    /// The year where the words said it.
    pub(super) fn year_of(self, period: &Period) -> Option<i16> {
        match self {
            Self::Month(_) | Self::Quarter(_) => None,
            Self::No => Some(period.from.year()),
            Self::MonthOf(year) | Self::Year(year) => Some(year),
        }
    }
}

impl Atom {
    pub(super) fn with_year(self, year: i16) -> Self {
        let period = match self.loose {
            Loose::Month(month) => Period::month(year, month),
            Loose::Quarter(quarter) => Period::quarter(year, quarter),
            Loose::No | Loose::MonthOf(_) | Loose::Year(_) => Ok(self.period),
        };
        Self { period: period.unwrap_or(self.period), ..self }
    }
}

fn shifted(period: Period, years: i16) -> Option<Period> {
    let move_by = |day: Date| day.checked_add(i64::from(years).years()).ok();
    Period::new(move_by(period.from)?, move_by(period.to)?).ok()
}

pub(super) const fn firm(len: usize, period: Period) -> Atom {
    Atom { len, period, loose: Loose::No }
}

/// Dates in digits: "2011-11-01", "2011/11/01", "2011-11", "11/2011", "01.11.2011", "2010-2011".
fn written(tokens: &[Token], at: usize) -> Option<Atom> {
    let text = &tokens.get(at)?.text;
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let year = |text: &str| (text.len() == 4).then(|| text.parse::<i16>().ok()).flatten();
    let small = |text: &str| (text.len() <= 2).then(|| text.parse::<i8>().ok()).flatten();
    match parts.as_slice() {
        [y, m, d] if year(y).is_some() => day(year(y)?, small(m)?, small(d)?, 1),
        [d, m, y] if text.contains('.') => day(year(y)?, small(m)?, small(d)?, 1),
        // 13/11/2011 and 11/13/2011 can be told apart, 01/11/2011 cannot.
        [a, b, y] if small(a)? > 12 => day(year(y)?, small(b)?, small(a)?, 1),
        [a, b, y] if small(b)? > 12 => day(year(y)?, small(a)?, small(b)?, 1),
        [from, to] if year(from).is_some() && year(to).is_some() => Some(firm(
            1,
            Period::new(Period::year(year(from)?).ok()?.from, Period::year(year(to)?).ok()?.to).ok()?,
        )),
        [y, m] if year(y).is_some() => month_of(year(y)?, small(m)?, 1),
        [m, y] if year(y).is_some() && !text.contains('.') => month_of(year(y)?, small(m)?, 1),
        _ => None,
    }
}

fn day(year: i16, month: i8, day: i8, len: usize) -> Option<Atom> {
    Some(firm(len, Period::day(Date::new(year, month, day).ok()?).ok()?))
}

fn month_of(year: i16, month: i8, len: usize) -> Option<Atom> {
    Some(Atom { len, period: Period::month(year, month).ok()?, loose: Loose::MonthOf(year) })
}

/// "1 November 2011", "1st of November", "November 1, 2011".
fn day_of_month(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let (day_at, month_at, end) = match ordinal(tokens.get(at)?) {
        Some(_) => {
            let of = usize::from(tokens.get(at + 1)?.is("of"));
            (at, at + 1 + of, at + 2 + of)
        }
        None => (at + 1, at, at + 2),
    };
    let (number, month) = (ordinal(tokens.get(day_at)?)?, month_name(tokens, month_at)?);
    let said = tokens.get(end).and_then(plain_year);
    let recent =
        if (month, number) <= (today.month(), today.day()) { today.year() } else { today.year() - 1 };
    day(said.unwrap_or(recent), month, number, end - at + usize::from(said.is_some()))
}

/// "1", "1st", "22nd": a day of a month.
pub(super) fn ordinal(token: &Token) -> Option<i8> {
    let text = &token.text;
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text);
    let short = digits.len() <= 2 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|day| short && (1..=31).contains(day))
}

/// "November", "November 2011", "Nov. of 2011", "November last year".
pub(super) fn month(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let number = month_name(tokens, at)?;
    let of = usize::from(tokens.get(at + 1).is_some_and(|token| token.is_one_of(&["of", "in"])));
    if let Some(said) = tokens.get(at + 1 + of).and_then(plain_year) {
        return month_of(said, number, 2 + of);
    }
    let year =
        relative::read(tokens, at + 1 + of, today).filter(|atom| atom.len == 2 && atom.period.days() > 360);
    if let Some(year) = year {
        return month_of(year.period.from.year(), number, 1 + of + year.len);
    }
    let year = if number <= today.month() { today.year() } else { today.year() - 1 };
    Some(Atom { len: 1, period: Period::month(year, number).ok()?, loose: Loose::Month(number) })
}

fn month_name(tokens: &[Token], at: usize) -> Option<i8> {
    let token = tokens.get(at)?;
    if token.is("sept") {
        return Some(9);
    }
    let found = MONTHS.iter().position(|(long, short)| {
        let slip = long.len() > 5 && fit(token, long) == Some(Fit::Near);
        token.is(long) || token.is(short) || slip
    })?;
    if token.is("may") && !is_month_of_may(tokens, at) {
        return None;
    }
    i8::try_from(found + 1).ok()
}

/// "may" is a verb more often than a month.
fn is_month_of_may(tokens: &[Token], at: usize) -> bool {
    const BEFORE: [&str; 19] = [
        "in", "of", "for", "during", "since", "from", "to", "until", "till", "vs", "versus", "against",
        "than", "with", "last", "this", "between", "through", "after",
    ];
    let before = at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|token| token.is_one_of(&BEFORE));
    let capital = tokens.get(at).is_some_and(|token| token.raw.starts_with('M') && !token.opens_sentence);
    let year = tokens.get(at + 1).is_some_and(|next| plain_year(next).is_some());
    before || capital || year
}

fn year(tokens: &[Token], at: usize) -> Option<Atom> {
    let year = plain_year(tokens.get(at)?)?;
    let ranked = at
        .checked_sub(1)
        .and_then(|i| tokens.get(i))
        .is_some_and(|token| token.is_one_of(&["top", "bottom", "best", "worst", "first"]));
    (!ranked).then(|| Period::year(year).ok()).flatten().map(|period| Atom {
        len: 1,
        period,
        loose: Loose::Year(year),
    })
}

pub(super) fn plain_year(token: &Token) -> Option<i16> {
    let four_digits = token.text.len() == 4 && token.text.bytes().all(|byte| byte.is_ascii_digit());
    token.text.parse().ok().filter(|year| four_digits && (1990..=2100).contains(year))
}
