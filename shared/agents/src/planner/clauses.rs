//! A prompt cut into clauses, and what each one names.

use jiff::civil::Date;
use metrics::catalogue::{Dimension, Metric};
use metrics::query::Direction;

use super::countries;
use super::periods::{self, Ends, Found, Span};
use super::vocabulary::{self, Meaning, Tag};
use super::words::{self, Token, number};

/// One wish's worth of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) metrics: Vec<Metric>,
    /// "Sales" were named without saying which.
    pub(super) plain_sales: bool,
    /// Something is said to be sold or bought.
    pub(super) sold: bool,
    /// What rows are cut by: "by month and country, and by product" is two cuts.
    pub(super) cuts: Vec<Vec<Dimension>>,
    /// Nouns that a question word or a rank asks for: "which country".
    pub(super) asked: Vec<Dimension>,
    pub(super) ranks: Vec<Direction>,
    /// The metric after "by" that orders a ranking.
    pub(super) rank_by: Option<Metric>,
    pub(super) limit: Option<u32>,
    pub(super) products: bool,
    pub(super) new: bool,
    pub(super) returning: bool,
    /// "sales from new customers": the customers are a cut, not what is counted.
    pub(super) from_customers: bool,
    pub(super) over_time: bool,
    pub(super) compares: bool,
    /// The first span is what the answer is put beside: "compared to last year".
    pub(super) span_is_other: bool,
    pub(super) coarser: bool,
    pub(super) season: bool,
    pub(super) changes: bool,
    pub(super) year_over_year: bool,
    pub(super) total: bool,
    pub(super) reviews: bool,
    pub(super) advice: bool,
    pub(super) profit: bool,
    pub(super) missing: Vec<&'static str>,
    pub(super) foreign: bool,
    pub(super) future: bool,
    pub(super) countries: Vec<&'static str>,
    pub(super) spans: Vec<Span>,
}

/// The clauses of a prompt, and the words that nothing understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) clauses: Vec<Clause>,
    pub(super) unknown: Vec<String>,
    /// Whether any phrase but a period was understood.
    pub(super) tagged: bool,
}

const COMPARING: &[&str] = &["compare", "compared", "comparing", "comparison", "difference", "versus", "vs"];
const CHANGING: &[&str] = &[
    "change",
    "changed",
    "grow",
    "grew",
    "grown",
    "growth",
    "increase",
    "increased",
    "decrease",
    "decreased",
];
const CUTTING: &[&str] = &["by", "per", "each", "every", "daily", "weekly", "monthly", "over"];
/// Words that begin a question or an order of their own after "and" or a comma.
const OPENERS: &[&str] = &[
    "which", "what", "how", "who", "when", "where", "why", "show", "list", "give", "tell", "compare", "did",
    "rank",
];

/// Reads a prompt as clauses.
pub(super) fn read(prompt: &str, today: Date) -> Reading {
    let tokens = words::tokens(prompt);
    let spans = spans(&tokens, today);
    let mut taken = vec![false; tokens.len()];
    for found in &spans {
        take(&mut taken, found.at, found.len);
    }
    let places = places(&tokens, &mut taken);
    let tags = vocabulary::tags(&tokens, &taken);
    for tag in &tags {
        take(&mut taken, tag.at, tag.len);
    }
    let limits = limits(&tokens, &tags, &mut taken);
    let starts = starts(&tokens, &tags);
    let mut clauses = Vec::with_capacity(starts.len());
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(tokens.len());
        let inside = |at: usize| (*start..end).contains(&at);
        let own: Vec<Tag> = tags.iter().copied().filter(|tag| inside(tag.at)).collect();
        let mut clause = clause(&tokens, &own, *start);
        clause.spans = spans.iter().filter(|found| inside(found.at)).map(|found| found.span).collect();
        clause.countries = places.iter().filter(|(at, _)| inside(*at)).map(|(_, code)| *code).collect();
        let first = spans.iter().find(|found| inside(found.at));
        clause.span_is_other = first.is_some_and(|found| follows_against(&tokens, &own, found.at));
        clause.limit = limits.iter().find(|(at, _)| inside(*at)).map(|(_, limit)| *limit);
        clauses.push(clause);
    }
    let unknown = tokens.iter().zip(&taken).filter(|(token, taken)| !**taken && !is_passed_over(token));
    Reading {
        clauses,
        unknown: unknown.map(|(token, _)| token.raw.clone()).collect(),
        tagged: !tags.is_empty(),
    }
}

/// Whether "compared to" or "than" stands right before `at`.
fn follows_against(tokens: &[Token], tags: &[Tag], at: usize) -> bool {
    let filler = |between: usize| {
        tokens.get(between).is_some_and(|token| token.is_one_of(&["the", "in", "that", "of"]))
    };
    tags.iter().any(|tag| {
        let end = tag.at + tag.len;
        tag.meaning == Meaning::Against && end <= at && (end..at).all(filler)
    })
}

fn is_passed_over(token: &Token) -> bool {
    vocabulary::is_plain(token)
        || (number(token).is_some() && !token.text.starts_with(|c: char| c.is_ascii_digit()))
}

/// Two ends of a comparison are two spans; any other two ends are one.
fn spans(tokens: &[Token], today: Date) -> Vec<Found> {
    let has = |words: &[&str]| tokens.iter().any(|token| token.is_one_of(words));
    let between = periods::read(tokens, today, Ends::Between);
    let comparing = has(COMPARING) || (has(CHANGING) && !has(CUTTING));
    if comparing && between.len() == 1 { periods::read(tokens, today, Ends::Comparing) } else { between }
}

fn places(tokens: &[Token], taken: &mut [bool]) -> Vec<(usize, &'static str)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let free = !taken.get(at).copied().unwrap_or(true);
        match countries::read(tokens, at).filter(|_| free) {
            Some((code, len)) => {
                take(taken, at, len);
                out.push((at, code));
                at += len;
            }
            None => at += 1,
        }
    }
    out
}

/// Numbers within two words of a rank or its noun: "top 10", "the five worst", "ten products".
fn limits(tokens: &[Token], tags: &[Tag], taken: &mut [bool]) -> Vec<(usize, u32)> {
    let ranks = |meaning| match meaning {
        Meaning::Best | Meaning::Worst | Meaning::Bestsellers | Meaning::SlowMovers => true,
        Meaning::Noun(dimension) => !dimension.is_time(),
        _ => false,
    };
    let near = |at: usize| {
        tags.iter()
            .any(|tag| ranks(tag.meaning) && (tag.at > at && tag.at - at <= 2 || tag.at + tag.len == at))
    };
    let mut out = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let free = !taken.get(at).copied().unwrap_or(true);
        if let Some(n) = number(token).filter(|n| free && *n > 0 && near(at)) {
            take(taken, at, 1);
            out.push((at, n));
        }
    }
    out
}

/// Where clauses begin: at a sentence, and after "and" or a comma at a question word or a rank.
fn starts(tokens: &[Token], tags: &[Tag]) -> Vec<usize> {
    let is_rank = |at: usize| {
        let rank = |tag: &&Tag| {
            matches!(tag.meaning, Meaning::Best | Meaning::Worst | Meaning::Bestsellers | Meaning::SlowMovers)
        };
        tags.iter().filter(rank).any(|tag| (tag.at..tag.at + tag.len).contains(&at))
    };
    let leads_to_rank = |at: usize| {
        let skipped = |at: &usize| {
            tokens
                .get(*at)
                .is_some_and(|token| token.is_one_of(&["the", "my", "our"]) || number(token).is_some())
        };
        let mut here = at;
        while skipped(&here) && here < at + 3 {
            here += 1;
        }
        is_rank(here)
    };
    let mut out = vec![0];
    for (at, token) in tokens.iter().enumerate().skip(1) {
        let previous = tokens.get(at - 1);
        let joined =
            token.after_comma || previous.is_some_and(|it| it.is_one_of(&["and", "also", "plus", "then"]));
        let rank_before = at >= 2 && is_rank(at - 2);
        if token.opens_sentence
            || (joined && (token.is_one_of(OPENERS) || (leads_to_rank(at) && !rank_before)))
        {
            out.push(at);
        }
    }
    out
}

fn take(taken: &mut [bool], at: usize, len: usize) {
    taken.iter_mut().skip(at).take(len).for_each(|slot| *slot = true);
}

/// Collects the tags of one clause.
fn clause(tokens: &[Token], tags: &[Tag], start: usize) -> Clause {
    let mut out = Clause::default();
    // Where an open "by" still reaches: it binds the nouns right after it, joined by "and" or commas.
    let mut cut_end: Option<usize> = None;
    let mut previous: Option<Tag> = None;
    for tag in tags {
        let bound = cut_end.is_some_and(|end| tag.at - end <= 2);
        let next_to = |wanted: fn(Meaning) -> bool| {
            previous.is_some_and(|before| wanted(before.meaning) && tag.at - (before.at + before.len) <= 2)
        };
        cut_end = None;
        match tag.meaning {
            Meaning::By => {
                out.cuts.push(Vec::new());
                cut_end = Some(tag.at + tag.len);
            }
            Meaning::Noun(dimension) if bound => {
                bind(&mut out.cuts, dimension);
                cut_end = Some(tag.at + tag.len);
            }
            Meaning::Noun(Dimension::Product) => out.products = true,
            Meaning::Noun(dimension) => {
                if next_to(|it| matches!(it, Meaning::Which | Meaning::Best | Meaning::Worst)) {
                    push(&mut out.asked, dimension);
                }
            }
            Meaning::Every(dimension) => out.cuts.push(vec![dimension]),
            Meaning::Metric(metric) => {
                if bound {
                    out.rank_by = Some(metric);
                }
                let from = tag.at.checked_sub(1).and_then(|at| tokens.get(at));
                let of_customers = matches!(metric, Metric::NewCustomers | Metric::ReturningCustomers);
                out.from_customers |=
                    of_customers && from.is_some_and(|it| it.is_one_of(&["from", "by", "of", "to"]));
                push(&mut out.metrics, metric);
            }
            Meaning::Sales => {
                out.plain_sales = true;
                push(&mut out.metrics, Metric::NetSales);
            }
            Meaning::Sold => out.sold = true,
            meaning => flag(&mut out, meaning),
        }
        previous = Some(*tag);
    }
    out.cuts.retain(|cut| !cut.is_empty());
    let how = tokens.iter().skip(start).position(|token| token.is("how"));
    let counts = how
        .and_then(|at| tokens.get(start + at + 1))
        .is_some_and(|it| it.is_one_of(&["many", "much", "often"]));
    out.reviews |= how.is_some() && !counts && tags.iter().any(|tag| tag.meaning == Meaning::Doing);
    finish(out, tags)
}

/// Meanings that only switch something on.
fn flag(out: &mut Clause, meaning: Meaning) {
    match meaning {
        Meaning::New => out.new = true,
        Meaning::Returning => out.returning = true,
        Meaning::Best => push(&mut out.ranks, Direction::Descending),
        Meaning::Worst => push(&mut out.ranks, Direction::Ascending),
        Meaning::Bestsellers => {
            out.products = true;
            push(&mut out.ranks, Direction::Descending);
        }
        Meaning::SlowMovers => {
            out.products = true;
            push(&mut out.ranks, Direction::Ascending);
        }
        Meaning::When => push(&mut out.asked, Dimension::Month),
        Meaning::OverTime => out.over_time = true,
        Meaning::Compare | Meaning::Against => out.compares = true,
        Meaning::Where => push(&mut out.asked, Dimension::Country),
        Meaning::Coarser => out.coarser = true,
        Meaning::Season => out.season = true,
        Meaning::Change => out.changes = true,
        Meaning::YearOverYear => out.year_over_year = true,
        Meaning::Total => out.total = true,
        Meaning::Review => out.reviews = true,
        Meaning::Advice => out.advice = true,
        Meaning::Profit => out.profit = true,
        Meaning::Missing(what) => push(&mut out.missing, what),
        Meaning::Foreign => out.foreign = true,
        Meaning::Future => out.future = true,
        Meaning::Which
        | Meaning::Share
        | Meaning::Doing
        | Meaning::Courtesy
        | Meaning::By
        | Meaning::Noun(_)
        | Meaning::Every(_)
        | Meaning::Metric(_)
        | Meaning::Sales
        | Meaning::Sold => {}
    }
}

/// What only the whole clause can tell.
fn finish(mut out: Clause, tags: &[Tag]) -> Clause {
    let named = |metric| out.metrics.contains(&metric);
    let (new, returning) = (named(Metric::NewCustomers), named(Metric::ReturningCustomers));
    let customers = named(Metric::Customers) || new || returning;
    out.new = new || (out.new && (customers || out.returning));
    out.returning = returning || (out.returning && (customers || out.new));
    if out.returning && !out.new && out.metrics == [Metric::Customers] {
        out.metrics = vec![Metric::RepeatPurchaseRate, Metric::ReturningCustomers, Metric::Customers];
    }
    let share = tags.iter().any(|tag| tag.meaning == Meaning::Share);
    if out.returning && !out.new && share {
        out.metrics = vec![Metric::RepeatPurchaseRate, Metric::ReturningCustomers, Metric::Customers];
    }
    // "What do customers buy most", "how much do returning customers spend": the customers are not what is counted.
    let only_customers = out.metrics.iter().all(|metric| *metric == Metric::Customers);
    if out.sold && only_customers && (out.metrics.is_empty() || !out.ranks.is_empty()) {
        out.metrics = vec![Metric::NetSales];
    }
    out.from_customers |= out.sold && (out.new || out.returning);
    out
}

fn bind(cuts: &mut Vec<Vec<Dimension>>, dimension: Dimension) {
    match cuts.last_mut() {
        Some(cut) => push(cut, dimension),
        None => cuts.push(vec![dimension]),
    }
}

fn push<T: PartialEq>(items: &mut Vec<T>, item: T) {
    if !items.contains(&item) {
        items.push(item);
    }
}
