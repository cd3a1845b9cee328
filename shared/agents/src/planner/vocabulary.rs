//! The words that rules understand, and what they mean. Phrases are lower case; the longest that fits wins.

mod phrases;

use std::collections::HashSet;
use std::sync::LazyLock;

use metrics::catalogue::{Dimension, Metric};

use super::words::{Fit, Keyword, Token};

/// What a phrase of the prompt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Metric(Metric),
    /// "sales", "revenue": net sales.
    Sales,
    /// "sold": net sales, unless something else in the clause says what is counted.
    Sold,
    /// "new" without its noun.
    New,
    /// "returning" without its noun.
    Returning,
    /// "share", "percentage".
    Share,
    /// "per", "by", "each": what follows cuts the answer.
    By,
    /// "monthly": a cut in one word.
    Every(Dimension),
    /// "month", "product": a cut after `By`, "which" or a rank, else only a noun.
    Noun(Dimension),
    /// "when": asks for the month with a rank.
    When,
    /// "where": asks for the country.
    Where,
    /// "which", "what": makes the noun after it what is asked for.
    Which,
    Best,
    Worst,
    /// "bestsellers": a rank and its noun in one.
    Bestsellers,
    SlowMovers,
    OverTime,
    /// "compare": two periods, or what the clause names.
    Compare,
    /// "compared to", "than": what follows is what the answer is put beside.
    Against,
    /// "growth": a comparison with the time before.
    Change,
    YearOverYear,
    Total,
    /// "performance", "overview".
    Review,
    /// "doing", "going": a review after "how".
    Doing,
    /// "how can I", "improve".
    Advice,
    Profit,
    /// Something the catalogue does not have yet; the text names it.
    Missing(&'static str),
    /// A name for days that is not understood: without it the answer would be about other days.
    Season,
    /// "by quarter": a cut that is coarser than any there is.
    Coarser,
    /// Something that no store's own past can answer.
    Foreign,
    Future,
    /// A phrase that would mean something else without its second half.
    Courtesy,
}

/// One understood phrase: tokens `at .. at + len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) meaning: Meaning,
}

/// What profit needs, in the words of a refusal.
pub(super) const MARGIN: &str = "profit and margin (no costs are in this catalogue yet)";

/// Words that carry no wish of their own.
const PLAIN: &str = "a about achieve achieved across actually after all also am amount an analyse analysis analyze and \
     answer any are as ask at average be become been before better between both breakdown bring brought \
     business but buying calculate came can changes chart come company compute could count current data \
     detail details did didn't different display do don't done down during e ecommerce entire ever \
     everything exactly figure figures find first following for from full further g gain gained generate \
     generated get give given go good got graph had has have having hello help her hey hi how how's i \
     i'd i'm i've if in include including info information into is isn't it its just kind kindly know \
     last let let's like list little look looking looks lot lots made main make making many me mean more \
     much my name need no not now number numbers of off on one online only or other our out over part \
     past people percent period periods place placed please plot present previous produce produced \
     quarter quarters query question quickly rate ratio really recent recently regarding respectively \
     result results right s same say see shop shopify should show since site size so some sort start \
     started statistics stats still store t table tell thank thanks that the their them then there these \
     they thing things this those through time times to two type until up us value very view want was we \
     we're we've webshop website well went were what's whether while whole with within without \
     work worse worth would year years yes yet you your";

/// Whether a word that no phrase took can be passed over in silence.
pub(super) fn is_plain(token: &Token) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| PLAIN.split_whitespace().collect());
    WORDS.contains(token.text.as_str())
}

/// Every phrase of the prompt that is understood, from left to right, without overlaps. `taken` are tokens that
/// something else (a period, a country) has understood already.
pub(super) fn tags(tokens: &[Token], taken: &[bool]) -> Vec<Tag> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match longest(tokens, taken, at) {
            Some(tag) => {
                at += tag.len;
                out.push(tag);
            }
            None => at += 1,
        }
    }
    out
}

/// Every phrase, its words prepared for matching.
static PHRASES: LazyLock<Vec<(Vec<Keyword>, Meaning)>> = LazyLock::new(|| {
    let all = phrases::TABLES.iter().copied().flatten();
    all.flat_map(|(meaning, phrases)| phrases.split('|').map(|phrase| (Keyword::phrase(phrase), *meaning)))
        .collect()
});

fn longest(tokens: &[Token], taken: &[bool], at: usize) -> Option<Tag> {
    let mut best: Option<(Fit, usize, Meaning)> = None;
    for (words, meaning) in PHRASES.iter() {
        let mut worst = Fit::Exact;
        let fits = words.iter().enumerate().all(|(i, word)| {
            let free = !taken.get(at + i).copied().unwrap_or(true);
            let found = tokens.get(at + i).filter(|_| free).and_then(|token| word.fit(token));
            worst = found.map_or(worst, |found| worst.min(found));
            found.is_some()
        });
        // A typing error never beats a word that is there, however long the phrase it would make.
        if fits && best.is_none_or(|(fit, len, _)| (worst, words.len()) > (fit, len)) {
            best = Some((worst, words.len(), *meaning));
        }
    }
    best.map(|(_, len, meaning)| Tag { at, len, meaning })
}

#[cfg(test)]
mod tests {
    use metrics::catalogue::Metric;

    use super::{Meaning, tags};
    use crate::planner::words::tokens;

    #[test]
    fn the_longest_phrase_wins() {
        let read = |prompt: &str| {
            let tokens = tokens(prompt);
            let taken = vec![false; tokens.len()];
            tags(&tokens, &taken).into_iter().map(|tag| tag.meaning).collect::<Vec<_>>()
        };
        assert_eq!(read("average order values"), [Meaning::Metric(Metric::Aov)]);
        assert_eq!(
            read("the gross sales and retrns"),
            [Meaning::Metric(Metric::GrossSales), Meaning::Metric(Metric::Returns)]
        );
        assert_eq!(
            read("new customers against returning customers"),
            [
                Meaning::Metric(Metric::NewCustomers),
                Meaning::Against,
                Meaning::Metric(Metric::ReturningCustomers)
            ]
        );
        assert_eq!(read("purple elephants"), []);
    }
}
