//! Stretches of time seen from today: "last month", "the past 30 days", "two months ago".

use jiff::ToSpan;
use jiff::civil::Date;
use metrics::period::Period;

use super::atoms::{Atom, Loose, firm, month};
use crate::planner::words::{Fit, Token, fit, number};

/// The longest "last N days" that is understood; more means everything anyway.
const LAST_N_MAX: u32 = 10_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

fn step(token: &Token) -> Option<Step> {
    let known = [
        ("day", Step::Day),
        ("week", Step::Week),
        ("month", Step::Month),
        ("quarter", Step::Quarter),
        ("year", Step::Year),
    ];
    known.into_iter().find(|(word, _)| fit(token, word).is_some()).map(|(_, step)| step)
}

pub(super) fn day_words(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let token = tokens.get(at)?;
    if token.is("today") {
        return Some(firm(1, Period::day(today).ok()?));
    }
    if token.is("yesterday") || fit(token, "yesterday") == Some(Fit::Near) {
        return Some(firm(1, Period::day(today.yesterday().ok()?).ok()?));
    }
    let words = ["day", "before", "yesterday"];
    let before =
        words.iter().enumerate().all(|(i, word)| tokens.get(at + i).is_some_and(|token| token.is(word)));
    before.then(|| Period::day(today.checked_sub(2.days()).ok()?).ok().map(|period| firm(3, period)))?
}

/// "last Friday", "on Friday": the latest one before today.
pub(super) fn weekday(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let last = tokens.get(at)?.is("last");
    let token = tokens.get(at + usize::from(last))?;
    let wanted = i64::try_from(DAYS.iter().position(|day| token.is(day))?).ok()?;
    // "Black Friday" is another thing.
    if at
        .checked_sub(1)
        .and_then(|before| tokens.get(before))
        .is_some_and(|before| before.is_one_of(&["black", "cyber", "by", "per"]))
    {
        return None;
    }
    let yesterday = today.yesterday().ok()?;
    let back = (i64::from(yesterday.weekday().to_monday_zero_offset()) - wanted).rem_euclid(7);
    Some(firm(1 + usize::from(last), Period::day(yesterday.checked_sub(back.days()).ok()?).ok()?))
}

/// "year to date", "YTD".
pub(super) fn to_date(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
    let token = tokens.get(at)?;
    let spelled = tokens.get(at + 1).is_some_and(|it| it.is("to"))
        && tokens.get(at + 2).is_some_and(|it| it.is("date"));
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
pub(super) fn read(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
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
    if let Some(atom) = month(tokens, at + 1, today).filter(|atom| atom.loose.year_of(&atom.period).is_none())
    {
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
pub(super) fn ago(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
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
