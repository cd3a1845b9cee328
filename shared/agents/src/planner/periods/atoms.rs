//! Single stretches of time: "last month", "Q4 2010", "2011-11-01".

use jiff::ToSpan;
use jiff::civil::Date;
use metrics::period::Period;

use crate::planner::words::{Fit, Token, fit, number};

/// The longest "last N days" that is understood; more means everything anyway.
const LAST_N_MAX: u32 = 10_000;

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

const MONTHS: [(&str, &str); 12] = [
    ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may", "may"), ("june", "jun"),
    ("july", "jul"), ("august", "aug"), ("september", "sep"), ("october", "oct"), ("november", "nov"),
    ("december", "dec"),
];

/// The stretch of time named at `at`, if one is.
pub(super) fn read(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    day_words(tokens, at, today)
        .or_else(|| to_date(tokens, at, today))
        .or_else(|| relative(tokens, at, today))
        .or_else(|| ago(tokens, at, today))
        .or_else(|| written(tokens, at))
        .or_else(|| day_of_month(tokens, at, today))
        .or_else(|| part_of_year(tokens, at, today))
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
    fn year_of(self, period: &Period) -> Option<i16> {
        match self {
            Self::Month(_) | Self::Quarter(_) => None,
            Self::No => Some(period.from.year()),
            Self::MonthOf(year) | Self::Year(year) => Some(year),
        }
    }
}

impl Atom {
    fn with_year(self, year: i16) -> Self {
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

const fn firm(len: usize, period: Period) -> Atom {
    Atom { len, period, loose: Loose::No }
}

fn step(token: &Token) -> Option<Step> {
    let known = [
        ("day", Step::Day), ("week", Step::Week), ("month", Step::Month), ("quarter", Step::Quarter), ("year", Step::Year),
    ];
    known.into_iter().find(|(word, _)| fit(token, word).is_some()).map(|(_, step)| step)
}

fn day_words(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let token = tokens.get(at)?;
    if token.is("today") {
        return Some(firm(1, Period::day(today).ok()?));
    }
    if token.is("yesterday") || fit(token, "yesterday") == Some(Fit::Near) {
        return Some(firm(1, Period::day(today.yesterday().ok()?).ok()?));
    }
    let words = ["day", "before", "yesterday"];
    let before = words.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|token| token.is(word)));
    before.then(|| Period::day(today.checked_sub(2.days()).ok()?).ok().map(|period| firm(3, period)))?
}

/// "year to date", "YTD".
fn to_date(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let token = tokens.get(at)?;
    let spelled = tokens.get(at + 1).is_some_and(|it| it.is("to")) && tokens.get(at + 2).is_some_and(|it| it.is("date"));
    let len = if spelled { 3 } else { 1 };
    let period = match token.text.as_str() {
        "ytd" => Period::this_year(today),
        "mtd" => Period::this_month(today),
        "year" if spelled => Period::this_year(today),
        "month" if spelled => Period::this_month(today),
        _ => return None,
    };
    Some(firm(len, period.ok()?))
}

/// "this month", "last quarter", "the past 30 days", "the month before last".
fn relative(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let word = tokens.get(at)?;
    if let Some(unit) = step(word) {
        let before_last = tokens.get(at + 1)?.is("before") && tokens.get(at + 2)?.is("last");
        return if before_last { Some(firm(3, calendar(unit, today, -2)?)) } else { None };
    }
    if word.is_one_of(&["this", "current"]) {
        let next = tokens.get(at + 1)?;
        let extra = usize::from(next.is_one_of(&["current", "calendar"]));
        return Some(firm(2 + extra, calendar(step(tokens.get(at + 1 + extra)?)?, today, 0)?));
    }
    if !word.is_one_of(&["last", "past", "previous", "prior", "latest", "recent"]) {
        return None;
    }
    let next = tokens.get(at + 1)?;
    if let Some(atom) = month(tokens, at + 1, today).filter(|atom| atom.loose.year_of(&atom.period).is_none()) {
        return Some(last_named(atom, today, 1));
    }
    let counted = number(next).filter(|n| (1..=LAST_N_MAX).contains(n));
    let mut here = at + 1 + usize::from(counted.is_some());
    // "a couple of months"
    here += usize::from(counted.is_some() && tokens.get(here)?.is("of"));
    here += usize::from(tokens.get(here)?.is_one_of(&["full", "complete", "calendar", "whole"]));
    let unit = step(tokens.get(here)?)?;
    let len = here + 1 - at;
    match counted {
        Some(n) => Some(firm(len, last_n(unit, today, n)?)),
        // "over the past year" runs up to now, "last year" is the calendar's.
        None if word.is("past") && unit == Step::Year => Some(firm(len, last_n(Step::Month, today, 12)?)),
        None if word.is("past") && unit == Step::Month => Some(firm(len, last_n(Step::Day, today, 30)?)),
        None if word.is("past") && unit == Step::Week => Some(firm(len, last_n(Step::Day, today, 7)?)),
        None => Some(firm(len, calendar(unit, today, -1)?)),
    }
}

/// "last November": the latest one that is over.
fn last_named(atom: Atom, today: Date, skipped: usize) -> Atom {
    let year = atom.period.from.year() - i16::from(atom.period.to > today);
    Atom { len: atom.len + skipped, loose: Loose::MonthOf(year), ..atom.with_year(year) }
}

/// "two months ago".
fn ago(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let n = number(tokens.get(at)?).filter(|n| (1..=LAST_N_MAX).contains(n))?;
    let unit = step(tokens.get(at + 1)?)?;
    let back = i32::try_from(n).ok()?.checked_neg()?;
    tokens.get(at + 2)?.is("ago").then(|| calendar(unit, today, back)).flatten().map(|period| firm(3, period))
}

/// The calendar's own day, week, month, quarter or year, `back` of them away from today's.
fn calendar(unit: Step, today: Date, back: i32) -> Option<Period> {
    let moved = |months: i32| today.first_of_month().checked_add(i64::from(months).months()).ok();
    let period = match unit {
        Step::Day => Period::day(today.checked_add(i64::from(back).days()).ok()?),
        Step::Week => Period::week_of(today.checked_add(i64::from(back).weeks()).ok()?),
        Step::Month => Period::month_of(moved(back)?),
        Step::Quarter => {
            let day = moved(back.checked_mul(3)?)?;
            Period::quarter(day.year(), (day.month() - 1) / 3 + 1)
        }
        Step::Year => Period::year(today.year().checked_add(i16::try_from(back).ok()?)?),
    };
    period.ok()
}

/// The last `n` whole ones: days end with yesterday, months with last month.
fn last_n(unit: Step, today: Date, n: u32) -> Option<Period> {
    let back = -i32::try_from(n).ok()?;
    match unit {
        Step::Day => Period::last_n_days(today, n).ok(),
        Step::Month => Period::last_n_months(today, n).ok(),
        Step::Week | Step::Quarter | Step::Year => {
            Period::new(calendar(unit, today, back)?.from, calendar(unit, today, 0)?.from).ok()
        }
    }
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
        [from, to] if year(from).is_some() && year(to).is_some() => {
            Some(firm(1, Period::new(Period::year(year(from)?).ok()?.from, Period::year(year(to)?).ok()?.to).ok()?))
        }
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
    let recent = if (month, number) <= (today.month(), today.day()) { today.year() } else { today.year() - 1 };
    day(said.unwrap_or(recent), month, number, end - at + usize::from(said.is_some()))
}

/// "1", "1st", "22nd": a day of a month.
fn ordinal(token: &Token) -> Option<i8> {
    let text = &token.text;
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text);
    let short = digits.len() <= 2 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|day| short && (1..=31).contains(day))
}

/// "Q4", "Q4 2010", "2010 Q4", "the third quarter of 2011", "H1 2011".
fn part_of_year(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    if let Some(said) = tokens.get(at).and_then(plain_year) {
        let (part, len) = part(tokens, at + 1)?;
        return part.of(said, 1 + len);
    }
    let (part, len) = part(tokens, at)?;
    let of = usize::from(tokens.get(at + len).is_some_and(|token| token.is_one_of(&["of", "in"])));
    let the = usize::from(tokens.get(at + len + of).is_some_and(|token| token.is("the")));
    if let Some(said) = tokens.get(at + len + of).and_then(plain_year) {
        return part.of(said, len + of + 1);
    }
    if let Some(year) = relative(tokens, at + len + of + the, today).filter(|atom| atom.period.days() > 360) {
        return part.of(year.period.from.year(), len + of + the + year.len);
    }
    part.latest(len, today)
}

/// A quarter (4 parts) or a half (2 parts) of a year, counted from 1.
#[derive(Clone, Copy)]
struct Part {
    index: i8,
    parts: i8,
}

impl Part {
    fn period(self, year: i16) -> Option<Period> {
        let quarters = 4 / self.parts;
        let first = Period::quarter(year, (self.index - 1) * quarters + 1).ok()?;
        Period::new(first.from, Period::quarter(year, self.index * quarters).ok()?.to).ok()
    }

    fn of(self, year: i16, len: usize) -> Option<Atom> {
        Some(Atom { len, period: self.period(year)?, loose: Loose::MonthOf(year) })
    }

    /// The latest that has begun.
    fn latest(self, len: usize, today: Date) -> Option<Atom> {
        let this = self.period(today.year())?;
        let period = if this.from > today { self.period(today.year() - 1)? } else { this };
        let loose = if self.parts == 4 { Loose::Quarter(self.index) } else { Loose::No };
        Some(Atom { len, period, loose })
    }
}

fn part(tokens: &[Token], at: usize) -> Option<(Part, usize)> {
    const ORDINALS: [[&str; 2]; 4] = [["first", "1st"], ["second", "2nd"], ["third", "3rd"], ["fourth", "4th"]];
    let token = tokens.get(at)?;
    let short = |letter: char, parts: i8| {
        let index = token.text.strip_prefix(letter)?.parse::<i8>().ok()?;
        (1..=parts).contains(&index).then_some((Part { index, parts }, 1))
    };
    if let Some(found) = short('q', 4).or_else(|| short('h', 2)) {
        return Some(found);
    }
    let next = tokens.get(at + 1)?;
    if token.is("quarter") {
        let index = number(next).and_then(|n| i8::try_from(n).ok()).filter(|n| (1..=4).contains(n))?;
        return Some((Part { index, parts: 4 }, 2));
    }
    let index = ORDINALS.iter().position(|names| token.is_one_of(names)).and_then(|i| i8::try_from(i + 1).ok())?;
    let parts = if next.is("quarter") { 4 } else { 2 };
    ((next.is("half") || parts == 4) && index <= parts).then_some((Part { index, parts }, 2))
}

/// "November", "November 2011", "Nov. of 2011", "November last year".
fn month(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let number = month_name(tokens, at)?;
    let of = usize::from(tokens.get(at + 1).is_some_and(|token| token.is_one_of(&["of", "in"])));
    if let Some(said) = tokens.get(at + 1 + of).and_then(plain_year) {
        return month_of(said, number, 2 + of);
    }
    let year = relative(tokens, at + 1 + of, today).filter(|atom| atom.len == 2 && atom.period.days() > 360);
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
        "in", "of", "for", "during", "since", "from", "to", "until", "till", "vs", "versus", "against", "than", "with",
        "last", "this", "between", "through", "after",
    ];
    let before = at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|token| token.is_one_of(&BEFORE));
    let capital = tokens.get(at).is_some_and(|token| token.raw.starts_with('M') && !token.opens_sentence);
    let year = tokens.get(at + 1).is_some_and(|next| plain_year(next).is_some());
    before || capital || year
}

fn year(tokens: &[Token], at: usize) -> Option<Atom> {
    let year = plain_year(tokens.get(at)?)?;
    let ranked = at.checked_sub(1).and_then(|i| tokens.get(i)).is_some_and(|token| {
        token.is_one_of(&["top", "bottom", "best", "worst", "first"])
    });
    (!ranked).then(|| Period::year(year).ok()).flatten().map(|period| Atom { len: 1, period, loose: Loose::Year(year) })
}

fn plain_year(token: &Token) -> Option<i16> {
    let four_digits = token.text.len() == 4 && token.text.bytes().all(|byte| byte.is_ascii_digit());
    token.text.parse().ok().filter(|year| four_digits && (1990..=2100).contains(year))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use crate::planner::periods::{Ends, Span, read};
    use crate::planner::words::tokens;

    fn spans(prompt: &str, ends: Ends) -> Vec<String> {
        let found = read(&tokens(prompt), date(2011, 12, 9), ends);
        found
            .into_iter()
            .map(|found| match found.span {
                Span::Days(period) => format!("{}..{}", period.from, period.to),
                Span::Until(day) => format!("..{day}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn stretches_of_time_are_read() {
        // Today is Friday, 9 December 2011.
        let cases = [
            ("today", "2011-12-09..2011-12-10"), ("yesterday", "2011-12-08..2011-12-09"),
            ("this week", "2011-12-05..2011-12-12"), ("last week", "2011-11-28..2011-12-05"),
            ("this month", "2011-12-01..2012-01-01"), ("last month", "2011-11-01..2011-12-01"),
            ("last quarter", "2011-07-01..2011-10-01"), ("this year", "2011-01-01..2012-01-01"),
            ("last year", "2010-01-01..2011-01-01"), ("the month before last", "2011-10-01..2011-11-01"),
            ("last 30 days", "2011-11-09..2011-12-09"), ("the past two weeks", "2011-11-21..2011-12-05"),
            ("last three months", "2011-09-01..2011-12-01"), ("the past year", "2010-12-01..2011-12-01"),
            ("two months ago", "2011-10-01..2011-11-01"), ("in November", "2011-11-01..2011-12-01"),
            ("in december", "2011-12-01..2012-01-01"), ("Novmber 2010", "2010-11-01..2010-12-01"),
            ("last november", "2011-11-01..2011-12-01"), ("last december", "2010-12-01..2011-01-01"),
            ("november last year", "2010-11-01..2010-12-01"), ("Q4", "2011-10-01..2012-01-01"),
            ("q1 2011", "2011-01-01..2011-04-01"), ("2010 Q4", "2010-10-01..2011-01-01"),
            ("the third quarter of 2011", "2011-07-01..2011-10-01"), ("H1 2011", "2011-01-01..2011-07-01"),
            ("first half of the last year", "2010-01-01..2010-07-01"), ("2010", "2010-01-01..2011-01-01"),
            ("2011-11-05", "2011-11-05..2011-11-06"), ("2011-11", "2011-11-01..2011-12-01"),
            ("05.11.2011", "2011-11-05..2011-11-06"), ("25/11/2011", "2011-11-25..2011-11-26"),
            ("5 November 2011", "2011-11-05..2011-11-06"), ("November 5th, 2011", "2011-11-05..2011-11-06"),
            ("the 1st of march", "2011-03-01..2011-03-02"), ("in may", "2011-05-01..2011-06-01"),
            ("year to date", "2011-01-01..2011-12-10"), ("from March to May", "2011-03-01..2011-06-01"),
            ("between November 2010 and February", "2010-11-01..2011-03-01"),
            ("from october to march 2011", "2010-10-01..2011-04-01"), ("2010-2011", "2010-01-01..2012-01-01"),
            ("from 2011-01-01 to 2011-03-31", "2011-01-01..2011-04-01"), ("since march", "2011-03-01..2011-12-10"),
            ("from september on", "2011-09-01..2011-12-10"), ("until June", "..2011-07-01"),
            ("before 2011", "..2011-01-01"), ("all time", "Whole"), ("so far", "Whole"),
        ];
        for (prompt, expected) in cases {
            assert_eq!(spans(prompt, Ends::Between), [expected], "{prompt}");
        }
        for prompt in ["may I ask", "01/11/2011", "top 2000", "match", "32 December"] {
            let found = spans(prompt, Ends::Between);
            assert!(found.is_empty() || prompt == "32 December", "{prompt}: {found:?}");
        }
    }

    #[test]
    fn two_stretches_side_by_side_agree_on_the_year() {
        let cases: [(&str, &[&str]); 8] = [
            ("Q2 vs Q1", &["2011-04-01..2011-07-01", "2011-01-01..2011-04-01"]),
            ("last month against the month before", &["2011-11-01..2011-12-01", "Previous"]),
            ("2011 vs 2010", &["2011-01-01..2012-01-01", "2010-01-01..2011-01-01"]),
            ("October vs November 2010", &["2010-10-01..2010-11-01", "2010-11-01..2010-12-01"]),
            ("November 2011 against 2010", &["2011-11-01..2011-12-01", "2010-11-01..2010-12-01"]),
            ("between October and November", &["2011-10-01..2011-11-01", "2011-11-01..2011-12-01"]),
            ("last month vs the same month last year", &["2011-11-01..2011-12-01", "YearBefore"]),
            ("November compared to a year ago", &["2011-11-01..2011-12-01", "YearBefore"]),
        ];
        for (prompt, expected) in cases {
            assert_eq!(spans(prompt, Ends::Comparing), expected, "{prompt}");
        }
    }
}
