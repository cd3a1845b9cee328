//! The renderer by rules: tables become an answer. Pure: the same tables give the same answer, to the byte.
//!
//! The answer's sentences are pieces: plain words, references to figures and claims, names and periods copied from
//! rows. Only references make digits; words that hold a quantity of their own are refused ([`gate`]), in the summary,
//! the claims, the titles and the alternative texts alike.

pub mod answer;
mod caveats;
mod charts;
mod data;
mod gate;
mod groups;
mod ledger;
mod names;
mod numbers;
mod prose;
mod sections;
mod series;
mod totals;

#[cfg(test)]
mod tests;

use domain::digest::Digest;
use domain::facts::Shop;
use flow::plan::{Plan, Work};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use metrics::query::MetricQuery;
use metrics::table::Table;

use self::answer::Answer;
use self::ledger::Ledger;
use self::sections::Section;

/// What an answer is made of.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The settled plan.
    pub plan: &'a Plan,
    /// The tables of its queries, in any order; they are known by their names.
    pub tables: &'a [Table],
    pub shop: &'a Shop,
    pub snapshot: Digest,
    pub snapshot_at: Timestamp,
    /// What went wrong or missing on the way, in sentences.
    pub caveats: Vec<String>,
    pub now: Timestamp,
}

/// Why there is no answer. None of them is cured by trying again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("none of the plan's queries has a table")]
    NothingToRender,
    #[error("the words {0:?} state a quantity that no figure stands behind")]
    LiteralQuantity(String),
    #[error("the words {0:?} claim a direction outside a claim")]
    LiteralDirection(String),
    #[error("a sentence refers to a figure or claim that does not exist")]
    DanglingReference,
    #[error("table {0:?} does not have the shape it says")]
    Malformed(String),
}

/// Writes the answer to a settled plan.
///
/// # Errors
/// Fails when there is nothing to say, or when a template of ours breaks the rules above.
pub fn render(input: &Input<'_>) -> Result<Answer, Error> {
    let zone = TimeZone::get(&input.shop.iana_timezone).unwrap_or(TimeZone::UTC);
    let mut ledger = Ledger::new(input.shop, zone, input.snapshot);
    let mut caveats = caveats::Caveats::new(input);
    let mut sections: Vec<Section> = Vec::new();
    let mut raw = serde_json::Map::new();
    for query in queries(input.plan) {
        let Some(table) = input.tables.iter().find(|table| table.name == query.name) else {
            caveats.missing(query);
            continue;
        };
        data::check_shape(table)?;
        caveats.of_table(&mut ledger, query, table)?;
        sections.push(sections::write(&mut ledger, query, table, &sections)?);
        raw.insert(table.name.clone(), data::raw(&ledger, table));
    }
    if sections.is_empty() {
        return Err(Error::NothingToRender);
    }
    let summary = sections::summary(&ledger, &sections)?;
    let visualizations = sections.into_iter().flat_map(|section| section.visualizations).collect();
    let (figures, claims) = ledger.close();
    Ok(Answer {
        summary,
        visualizations,
        figures,
        claims,
        caveats: caveats.close(),
        raw_data: raw.into(),
        planned_by: input.plan.planned_by.clone(),
        snapshot_at: input.snapshot_at,
        snapshot: input.snapshot.to_string(),
        proof: None,
    })
}

/// The queries of a plan in the order of the question.
fn queries(plan: &Plan) -> impl Iterator<Item = &MetricQuery> {
    plan.steps.iter().flat_map(|step| match &step.work {
        Work::QueryMetrics { queries } => queries.as_slice(),
        Work::RefreshMirror => &[],
    })
}
