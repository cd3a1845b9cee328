//! Sentences as pieces. Words are ours and pass the gate; everything that counts or names is a reference or a copy.

use metrics::period::Period;

use super::Error;
use super::gate::{self, Place};
use super::ledger::{ClaimRef, FigureRef, Ledger};
use crate::planner::coverage::period_words;

/// A piece of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    Figure(FigureRef),
    Claim(ClaimRef),
    /// Dates of a table.
    Period(Period),
    /// Copied from a row, cleaned.
    Name(String),
}

/// A sentence without its full stop, begun in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prose(pub(super) Vec<Piece>);

impl Prose {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn words(mut self, words: impl Into<String>) -> Self {
        self.0.push(Piece::Words(words.into()));
        self
    }

    pub(super) fn figure(mut self, figure: FigureRef) -> Self {
        self.0.push(Piece::Figure(figure));
        self
    }

    pub(super) fn claim(mut self, claim: ClaimRef) -> Self {
        self.0.push(Piece::Claim(claim));
        self
    }

    pub(super) fn period(mut self, period: Period) -> Self {
        self.0.push(Piece::Period(period));
        self
    }

    pub(super) fn name(mut self, name: impl Into<String>) -> Self {
        self.0.push(Piece::Name(name.into()));
        self
    }

    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// "in November 2011", "on 9 December 2011", "from 1 December 2010 to 9 December 2011".
    pub(super) fn during(self, period: Period) -> Self {
        let words = match period_words(&period) {
            _ if period.days() == 1 => "on ",
            spelled if spelled.contains(" to ") => "from ",
            _ => "in ",
        };
        self.words(words).period(period)
    }

    /// "in October 2011", "on 9 December 2011", "over 1 November 2011 to 9 November 2011": after a "from" of its own.
    pub(super) fn within(self, period: Period) -> Self {
        if period.days() > 1 && period_words(&period).contains(" to ") {
            return self.words("over ").period(period);
        }
        self.during(period)
    }

    /// Items with commas, and "and" before the last.
    pub(super) fn list(items: Vec<Self>) -> Self {
        let last = items.len().saturating_sub(1);
        let mut out = Self::new();
        for (at, item) in items.into_iter().enumerate() {
            out = match at {
                0 => out,
                at if at == last => out.words(" and "),
                _ => out.words(", "),
            };
            out = out.then(item);
        }
        out
    }

    /// The text. Every run of words passes the gate.
    pub(super) fn compose(&self, ledger: &Ledger<'_>, place: Place) -> Result<String, Error> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Words(words) => {
                    gate::check(words, place)?;
                    out.push_str(words);
                }
                Piece::Figure(figure) => out.push_str(&ledger.figure(*figure)?.formatted),
                Piece::Claim(claim) => out.push_str(ledger.inline(*claim)?),
                Piece::Period(period) => out.push_str(&period_words(period)),
                Piece::Name(name) => out.push_str(name),
            }
        }
        Ok(out)
    }
}

/// The text with a capital first letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
