//! What a merchant wishes to know, read from the clauses of a prompt.

use flow::plan::Family;
use jiff::civil::Date;
use metrics::catalogue::{Dimension, Metric};
use metrics::query::Direction;

use super::clauses::{self, Clause, Reading};
use super::periods::Span;
use super::refusals::{self, Refusal};

/// Everything one prompt asks for, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Intent {
    pub(super) wishes: Vec<Wish>,
    pub(super) notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) ask: Ask,
    /// Empty: what the ask takes by itself.
    pub(super) metrics: Vec<Metric>,
    pub(super) countries: Vec<&'static str>,
    pub(super) time: Time,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Totals,
    /// Over time; without a grain the period's length chooses.
    Series(Option<Dimension>),
    Split {
        by: Vec<Dimension>,
        rank: Rank,
    },
    Products {
        by: Option<Metric>,
        rank: Rank,
    },
    Customers,
    Review,
}

/// Which end of an order is asked for, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rank {
    pub(super) direction: Direction,
    pub(super) limit: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Without a span: what the ask is about by itself, or the time after the other period.
    pub(super) span: Option<Span>,
    pub(super) against: Against,
}

/// What the period is put beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    Nothing,
    Previous,
    YearBefore,
    Span(Span),
}

impl Wish {
    pub(super) fn family(&self) -> Family {
        match &self.ask {
            Ask::Review => Family::Review,
            Ask::Products { .. } => Family::ProductRanking,
            Ask::Customers => Family::CustomerMix,
            Ask::Totals | Ask::Series(_) | Ask::Split { .. } if self.time.against != Against::Nothing => {
                Family::Comparison
            }
            Ask::Totals | Ask::Series(_) | Ask::Split { .. } => Family::SalesOverTime,
        }
    }
}

/// Reads a prompt, or says why it cannot be answered.
pub(super) fn read(prompt: &str, today: Date) -> Result<Intent, Refusal> {
    let reading = clauses::read(prompt, today);
    let mut wishes: Vec<Wish> = Vec::new();
    let mut earlier = Clause::default();
    for clause in &reading.clauses {
        let clause = inherit(clause, &earlier, &reading.clauses);
        for wish in of_clause(&clause) {
            if !wishes.contains(&wish) {
                wishes.push(wish);
            }
        }
        earlier = clause;
    }
    let only_time = !reading.tagged && reading.unknown.is_empty();
    if wishes.is_empty() && only_time && reading.clauses.iter().any(|clause| !clause.spans.is_empty()) {
        wishes.extend(reading.clauses.first().map(|clause| wish(clause, Ask::Review, Vec::new())));
    }
    if wishes.is_empty() || reading.clauses.iter().any(|clause| clause.foreign) {
        return Err(refuse(&reading));
    }
    let notes = notes(&reading, &wishes);
    Ok(Intent { wishes, notes })
}

/// A clause without metrics, period or countries of its own goes on about those of the others.
fn inherit(clause: &Clause, earlier: &Clause, all: &[Clause]) -> Clause {
    let mut out = clause.clone();
    let cut_only = out.metrics.is_empty() && out.ranks.is_empty() && (!out.cuts.is_empty() || out.over_time);
    let time_only =
        *clause == Clause { spans: clause.spans.clone(), ..Clause::default() } && !clause.spans.is_empty();
    if cut_only || time_only {
        out.metrics.clone_from(&earlier.metrics);
    }
    if out.spans.is_empty() {
        let with_spans = all.iter().find(|other| !other.spans.is_empty() && !other.future);
        out.spans = if earlier.spans.is_empty() { with_spans.map(|it| it.spans.clone()) } else { None }
            .unwrap_or_else(|| earlier.spans.clone());
    }
    if out.countries.is_empty() && out.ranks.is_empty() {
        out.countries.clone_from(&earlier.countries);
    }
    out
}

fn wish(clause: &Clause, ask: Ask, metrics: Vec<Metric>) -> Wish {
    let both = clause.new && clause.returning;
    let places = clause.countries.len() > 1;
    if let ([other], true) = (clause.spans.as_slice(), clause.span_is_other) {
        let time = match other {
            Span::Days(_) => Time { span: None, against: Against::Span(*other) },
            Span::YearBefore => Time { span: None, against: Against::YearBefore },
            Span::Previous | Span::Whole | Span::Until(_) => Time { span: None, against: Against::Previous },
        };
        return Wish { ask, metrics, countries: clause.countries.clone(), time };
    }
    let against = match (clause.spans.as_slice(), &ask) {
        ([_, other, ..], _) => Against::Span(*other),
        _ if clause.year_over_year => Against::YearBefore,
        (_, Ask::Review) => Against::Previous,
        _ if clause.changes || (clause.compares && !both && !places) => Against::Previous,
        _ => Against::Nothing,
    };
    let span = clause.spans.first().copied();
    // "from October to November" tells a change forwards; the later period is the one asked about.
    let (span, against) = match (span, against) {
        (Some(Span::Days(first)), Against::Span(Span::Days(second)))
            if clause.changes && second.from > first.from =>
        {
            (Some(Span::Days(second)), Against::Span(Span::Days(first)))
        }
        other => other,
    };
    Wish { ask, metrics, countries: clause.countries.clone(), time: Time { span, against } }
}

fn of_clause(clause: &Clause) -> Vec<Wish> {
    if clause.future || clause.foreign || clause.season {
        return Vec::new();
    }
    let subject = !clause.metrics.is_empty();
    // "the best margin": without costs there is nothing to rank by, and another metric would answer another question.
    let ranks_profit = clause.profit && (!clause.ranks.is_empty() || clause.products);
    if !subject && (ranks_profit || (!clause.missing.is_empty() && !clause.advice)) {
        return Vec::new();
    }
    let about_products = clause.products || clause.cuts.iter().any(|cut| cut.contains(&Dimension::Product));
    if clause.advice || (clause.profit && !subject) || (clause.reviews && !subject && !about_products) {
        return vec![wish(clause, Ask::Review, Vec::new())];
    }
    let mut out = Vec::new();
    totals(clause, &mut out);
    customers(clause, &mut out);
    over_time(clause, &mut out);
    splits(clause, &mut out);
    rankings(clause, &mut out);
    if out.is_empty() && subject {
        out.push(wish(clause, Ask::Totals, clause.metrics.clone()));
    }
    if out.is_empty()
        && (clause.changes || clause.compares || clause.year_over_year || clause.spans.len() > 1)
    {
        out.push(wish(clause, Ask::Totals, Vec::new()));
    }
    out
}

/// Totals where they are asked for beside something else, and where two periods are compared.
fn totals(clause: &Clause, out: &mut Vec<Wish>) {
    let ranked = !clause.ranks.is_empty() && rank_target(clause).is_some();
    let customers = clause.new && clause.returning;
    let compared =
        clause.spans.len() > 1 || clause.changes || clause.year_over_year || (clause.compares && !customers);
    let total = clause.total || (compared && clause.countries.len() < 2) || clause.reviews;
    if total && !ranked && !clause.metrics.is_empty() && (!customers || clause.metrics.iter().any(is_sales)) {
        let mut wish = wish(clause, Ask::Totals, clause.metrics.clone());
        if clause.reviews && wish.time.against == Against::Nothing {
            wish.time.against = Against::Previous;
        }
        out.push(wish);
    }
}

const fn is_sales(metric: &Metric) -> bool {
    match metric {
        Metric::GrossSales | Metric::Discounts | Metric::Returns | Metric::NetSales | Metric::Units => true,
        Metric::Orders | Metric::Aov | Metric::UnitsPerOrder => true,
        Metric::Customers
        | Metric::NewCustomers
        | Metric::ReturningCustomers
        | Metric::RepeatPurchaseRate => false,
    }
}

/// New against returning, as a whole.
fn customers(clause: &Clause, out: &mut Vec<Wish>) {
    let by_type = clause.cuts.iter().any(|cut| cut.as_slice() == [Dimension::CustomerType]);
    let from_type = clause.from_customers && clause.ranks.is_empty();
    if (clause.new && clause.returning) || by_type || from_type {
        let metrics = clause.metrics.iter().copied().filter(is_sales).collect();
        let alone = clause.cuts.is_empty() && clause.spans.len() < 2 && out.is_empty();
        out.push(wish(clause, Ask::Customers, metrics));
        let sales: Vec<Metric> = clause.metrics.iter().copied().filter(is_sales).collect();
        if alone && !sales.is_empty() {
            out.push(wish(clause, Ask::Totals, sales));
        }
    }
}

fn over_time(clause: &Clause, out: &mut Vec<Wish>) {
    let grains = clause.cuts.iter().filter(|cut| cut.len() == 1).flatten().chain(&clause.asked);
    let mut grains: Vec<Option<Dimension>> = grains.copied().filter(|it| it.is_time()).map(Some).collect();
    if clause.coarser && grains.is_empty() {
        grains.push(Some(Dimension::Month));
    }
    if grains.is_empty() && (clause.over_time || (clause.reviews && !clause.metrics.is_empty())) {
        grains.push(None);
    }
    for grain in grains {
        let mut wish = wish(clause, Ask::Series(grain), clause.metrics.clone());
        if clause.new && clause.returning {
            wish.metrics.retain(is_sales);
            wish.metrics.splice(0..0, [Metric::NewCustomers, Metric::ReturningCustomers]);
        }
        wish.time.against = Against::Nothing;
        out.push(wish);
    }
}

fn splits(clause: &Clause, out: &mut Vec<Wish>) {
    let places = clause.countries.len() > 1 && clause.compares && clause.spans.len() < 2;
    let asked = clause.asked.contains(&Dimension::Country) || places;
    let country = asked.then(|| vec![Dimension::Country]);
    let crossed = |cut: &&Vec<Dimension>| cut.len() > 1 || cut.as_slice() == [Dimension::Country];
    let direction = clause.ranks.first().copied().unwrap_or(Direction::Descending);
    for cut in clause.cuts.iter().filter(crossed).cloned().chain(country) {
        let by: Vec<Dimension> = cut.into_iter().take(metrics::query::DIMENSIONS_MAX).collect();
        let ask = Ask::Split { by, rank: Rank { direction, limit: clause.limit } };
        if !out.iter().any(|wish| wish.ask == ask) {
            out.push(wish(clause, ask, clause.metrics.clone()));
        }
    }
}

fn rankings(clause: &Clause, out: &mut Vec<Wish>) {
    let cut = clause.cuts.iter().any(|cut| cut.as_slice() == [Dimension::Product]);
    let ranked = rank_target(clause) == Some(Dimension::Product);
    let mut directions = clause.ranks.clone();
    if directions.is_empty() && (cut || (clause.products && (clause.reviews || clause.metrics.is_empty()))) {
        directions.push(Direction::Descending);
    }
    if !ranked && !cut && directions.is_empty() {
        return;
    }
    for direction in directions.into_iter().filter(|_| ranked || cut || clause.ranks.is_empty()) {
        let by = clause.rank_by.or_else(|| clause.metrics.first().copied());
        let ask = Ask::Products { by, rank: Rank { direction, limit: clause.limit } };
        out.push(wish(clause, ask, clause.metrics.clone()));
    }
}

/// What a rank ranks: its noun, or products where something is sold.
fn rank_target(clause: &Clause) -> Option<Dimension> {
    if clause.ranks.is_empty() {
        return None;
    }
    if clause.products {
        return Some(Dimension::Product);
    }
    let noun = clause.asked.first().or_else(|| clause.cuts.iter().flatten().next()).copied();
    noun.or_else(|| {
        (clause.sold || clause.plain_sales || clause.metrics.is_empty()).then_some(Dimension::Product)
    })
}

fn refuse(reading: &Reading) -> Refusal {
    let any = |test: fn(&Clause) -> bool| reading.clauses.iter().any(test);
    if any(|clause| clause.foreign) {
        return refusals::foreign();
    }
    if any(|clause| clause.future) {
        return refusals::future();
    }
    let missing = missing(reading);
    if missing.is_empty() { refusals::not_understood() } else { refusals::missing(&missing) }
}

fn missing(reading: &Reading) -> Vec<&'static str> {
    let mut out: Vec<&'static str> = Vec::new();
    for clause in &reading.clauses {
        let profit = clause.profit.then_some(super::vocabulary::MARGIN);
        let season = clause.season.then_some("holidays and seasons (name the days instead)");
        for what in clause.missing.iter().copied().chain(profit).chain(season) {
            if !out.contains(&what) {
                out.push(what);
            }
        }
    }
    out
}

fn notes(reading: &Reading, wishes: &[Wish]) -> Vec<String> {
    let mut out = Vec::new();
    let missing = missing(reading);
    if !missing.is_empty() {
        out.push(refusals::left_out(&missing));
    }
    if reading.clauses.iter().any(|clause| clause.future) {
        out.push("Only the past can be answered yet: the part about the future is left out.".to_owned());
    }
    if reading.clauses.iter().any(|clause| clause.advice) {
        out.push(
            "Recommendations are not available yet: this shows what the store's own figures say.".to_owned(),
        );
    }
    if reading.clauses.iter().any(|clause| clause.coarser) {
        out.push("Quarters and years are shown by month.".to_owned());
    }
    if reading.clauses.iter().any(|clause| clause.spans.len() > 2) {
        out.push("Two periods at most are put side by side: the first two that were named.".to_owned());
    }
    if reading.clauses.iter().any(|clause| clause.plain_sales)
        && wishes.iter().all(|wish| wish.ask != Ask::Review)
    {
        out.push("\u{201c}Sales\u{201d} means net sales: gross sales less discounts and returns.".to_owned());
    }
    if !reading.unknown.is_empty() {
        out.push(refusals::not_used(&reading.unknown));
    }
    out
}
