//! Quarters and halves of a year.

use jiff::civil::Date;
use metrics::period::Period;

use super::atoms::{Atom, Loose, plain_year};
use super::relative;
use crate::planner::words::{Token, number};

/// "Q4", "Q4 2010", "2010 Q4", "the third quarter of 2011", "H1 2011".
pub(super) fn read(tokens: &[Token], at: usize, today: Date) -> Option<Atom> {
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
    if let Some(year) =
        relative::read(tokens, at + len + of + the, today).filter(|atom| atom.period.days() > 360)
    {
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
    const ORDINALS: [[&str; 2]; 4] =
        [["first", "1st"], ["second", "2nd"], ["third", "3rd"], ["fourth", "4th"]];
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
    let index =
        ORDINALS.iter().position(|names| token.is_one_of(names)).and_then(|i| i8::try_from(i + 1).ok())?;
    let parts = if next.is("quarter") { 4 } else { 2 };
    ((next.is("half") || parts == 4) && index <= parts).then_some((Part { index, parts }, 2))
}
