//! What a prompt says about time, resolved against the shop's today.

mod atoms;
mod parts;
mod relative;

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use metrics::period::Period;

use self::atoms::{Atom, Loose};
use super::words::Token;

/// A stretch of time the prompt names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Days(Period),
    /// Everything the mirror covers.
    Whole,
    /// Everything before a day.
    Until(Date),
    /// The time before another span: "the month before".
    Previous,
    /// The same time a year before another span.
    YearBefore,
}

/// A span and the words that name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) span: Span,
    loose: Loose,
}

const WHOLE: &[&str] = &[
    "all time",
    "all times",
    "all the time",
    "ever",
    "to date",
    "so far",
    "since the beginning",
    "since the start",
    "since opening",
    "since we started",
    "since we opened",
    "since we launched",
    "since i started",
    "since i opened",
    "from the beginning",
    "from the start",
    "whole period",
    "entire period",
    "whole time",
    "entire time",
    "whole history",
    "entire history",
    "full history",
    "complete history",
];

const PREVIOUS: &[&str] = &[
    "day before",
    "week before",
    "month before",
    "quarter before",
    "period before",
    "one before",
    "time before",
    "previous period",
    "previous one",
    "prior period",
    "preceding period",
    "preceding day",
    "preceding week",
    "preceding month",
    "preceding quarter",
    "preceding year",
    "a day earlier",
    "a week earlier",
    "a month earlier",
    "a quarter earlier",
    "a week ago",
    "a month ago",
    "a quarter ago",
    "a month before",
    "a week before",
];

const YEAR_BEFORE: &[&str] = &[
    "year before",
    "year earlier",
    "a year ago",
    "one year ago",
    "prior year period",
    "same time last year",
];

/// Every span of the prompt, from left to right, without overlaps. `Comparing` prompts name two ends ("between May
/// and June") to put them side by side, others to mean all that lies between.
pub(super) fn read(tokens: &[Token], today: Date, ends: Ends) -> Vec<Found> {
    let mut out: Vec<Found> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let found = range(tokens, at, today, ends)
            .or_else(|| relative_to_another(tokens, at))
            .or_else(|| open(tokens, at, today))
            .or_else(|| atoms::read(tokens, at, today).map(|atom| fixed(at, atom.len, atom)))
            .or_else(|| phrase(tokens, at, WHOLE).map(|len| plain(at, len, Span::Whole)));
        match found {
            Some(found) => {
                at += found.len;
                out.push(found);
            }
            None => at += 1,
        }
    }
    adopt_years(&mut out);
    out
}

/// What two ends of a stretch mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Between,
    Comparing,
}

const fn plain(at: usize, len: usize, span: Span) -> Found {
    Found { at, len, span, loose: Loose::No }
}

const fn fixed(at: usize, len: usize, atom: Atom) -> Found {
    Found { at, len, span: Span::Days(atom.period), loose: atom.loose }
}

/// "from A to B", "between A and B", "A to B".
fn range(tokens: &[Token], at: usize, today: Date, ends: Ends) -> Option<Found> {
    if ends == Ends::Comparing {
        return None;
    }
    let between = tokens.get(at)?.is("between");
    let start = at + usize::from(between || tokens.get(at)?.is("from"));
    let start = after_article(tokens, start);
    let day = tokens.get(start).and_then(atoms::ordinal);
    let first = atoms::read(tokens, start, today);
    let mut joint = start + first.map_or(1, |first| first.len);
    let joins = match tokens.get(joint)? {
        token if between => token.is("and"),
        token if token.is("up") => {
            joint += 1;
            tokens.get(joint)?.is("to")
        }
        token => token.is_one_of(&["to", "until", "till", "through", "thru"]),
    };
    let second_at = after_article(tokens, joint + 1);
    let second = atoms::read(tokens, second_at, today).filter(|_| joins)?;
    // "the 1st to the 15th of November": the month comes with the second day.
    let of_month = || {
        let from = second.period.from.with().day(day?).build().ok()?;
        (second.period.days() == 1).then(|| Period::day(from).ok().map(|period| atoms::firm(1, period)))?
    };
    let first = atoms::year_from_end(first.or_else(of_month)?, second);
    let second = atoms::year_from_start(first, second);
    let period = Period::new(first.period.from, second.period.to).ok()?;
    Some(plain(at, second_at + second.len - at, Span::Days(period)))
}

/// "since A", "from A on", "after A", "until A", "before A".
fn open(tokens: &[Token], at: usize, today: Date) -> Option<Found> {
    let word = tokens.get(at)?;
    let up_to = word.is("up") && tokens.get(at + 1).is_some_and(|next| next.is("to"));
    let start = after_article(tokens, at + if up_to { 2 } else { 1 });
    let atom = atoms::read(tokens, start, today)?;
    let end = start + atom.len;
    let onwards = tokens.get(end).is_some_and(|next| next.is_one_of(&["on", "onward", "onwards"]));
    let tomorrow = today.tomorrow().ok()?;
    let since = |from: Date| Period::new(from, tomorrow.max(from.tomorrow().ok()?)).ok().map(Span::Days);
    let (span, len) = match word.text.as_str() {
        "since" => (since(atom.period.from)?, end - at),
        "from" if onwards => (since(atom.period.from)?, end + 1 - at),
        "after" => (since(atom.period.to)?, end - at),
        "until" | "till" => (Span::Until(atom.period.to), end - at),
        "before" => (Span::Until(atom.period.from), end - at),
        "up" if up_to => (Span::Until(atom.period.to), end - at),
        _ => return None,
    };
    Some(plain(at, len, span))
}

/// "the month before", "the same month last year".
fn relative_to_another(tokens: &[Token], at: usize) -> Option<Found> {
    if tokens.get(at)?.is("same") {
        let window = tokens.get(at + 1..)?.iter().take(6);
        let year = window.take_while(|token| !token.opens_sentence).position(|token| token.is("year"))?;
        let mut len = year + 2;
        if tokens.get(at + len).is_some_and(|next| next.is_one_of(&["before", "ago", "earlier"])) {
            len += 1;
        }
        return Some(plain(at, len, Span::YearBefore));
    }
    let before_last = |len: usize| tokens.get(at + len).is_some_and(|next| next.is("last"));
    if let Some(len) = phrase(tokens, at, YEAR_BEFORE).filter(|len| !before_last(*len)) {
        return Some(plain(at, len, Span::YearBefore));
    }
    let len = phrase(tokens, at, PREVIOUS).filter(|len| !before_last(*len))?;
    // "the month before that"
    let that = tokens.get(at + len).is_some_and(|next| next.is_one_of(&["that", "it"]));
    Some(plain(at, len + usize::from(that), Span::Previous))
}

/// How many words of one of the phrases stand at `at`.
fn phrase(tokens: &[Token], at: usize, phrases: &[&str]) -> Option<usize> {
    phrases.iter().find_map(|phrase| {
        let len = phrase.split(' ').count();
        phrase
            .split(' ')
            .enumerate()
            .all(|(i, word)| tokens.get(at + i).is_some_and(|token| token.is(word)))
            .then_some(len)
    })
}

fn after_article(tokens: &[Token], at: usize) -> usize {
    at + usize::from(tokens.get(at).is_some_and(|token| token.is("the")))
}

/// "October and November 2011": a month or quarter without a year takes the year of the next that says one; "November
/// 2011 against 2010" means both Novembers.
fn adopt_years(found: &mut [Found]) {
    for i in 1..found.len() {
        let (before, rest) = found.split_at_mut(i);
        let (Some(left), Some(right)) = (before.last_mut(), rest.first_mut()) else { continue };
        if let (Span::Days(a), Span::Days(b)) = (left.span, right.span) {
            let (a, b) = atoms::agree((a, left.loose), (b, right.loose));
            (left.span, right.span) = (Span::Days(a), Span::Days(b));
        }
    }
}
