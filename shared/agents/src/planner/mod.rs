//! The planner by rules: a prompt becomes a typed plan. Pure and deterministic: no clock but the one it is given, no
//! I/O, no model, and nothing of the store's texts.
//!
//! A question is planned twice, with the same prompt and the same `now` (the moment it was asked):
//!
//! 1. [`plan`] when it is asked. What the mirror covers may not be known yet, so the queries are provisional. A
//!    question that no data could answer is refused here.
//! 2. [`settle`] when Data Retrieval has reported, before Quantitative Analysis is sent to work. It gives the same
//!    steps under the same ids with the periods resolved against what is covered, or refuses with `NO_DATA` and
//!    names what is covered.

mod clauses;
pub(crate) mod countries;
pub(crate) mod coverage;
mod intent;
mod periods;
mod queries;
mod refusals;
mod vocabulary;
mod words;

#[cfg(test)]
mod tests;

use domain::ids::AgentTaskId;
use domain::money::Currency;
use domain::refusal::AnalysisErrorCode;
use flow::plan::{Family, Plan, Step, Work};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::coverage::{Calendar, Coverage};
use self::refusals::Refusal;

/// Who made a plan of this module.
pub const PLANNED_BY: &str = "rules";

/// What the planner may know about the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context<'a> {
    /// When the question was asked.
    pub now: Timestamp,
    /// The shop's IANA time zone; UTC is taken where it is not known yet.
    pub tz: &'a str,
    pub currency: Currency,
    /// First and last day with orders, both included, in the shop's time zone. For [`plan`], `None` says that it is
    /// not known yet; for [`settle`], that there are no orders at all.
    pub covers: Option<(Date, Date)>,
    pub shop_name: &'a str,
}

/// What became of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Plan(Plan),
    /// The message says what is missing and what can be asked.
    Refuse {
        code: AnalysisErrorCode,
        message: String,
    },
}

/// Plans a question that was just asked. Never refuses for want of data: the mirror is refreshed first.
pub fn plan(prompt: &str, context: &Context<'_>, mut new_id: impl FnMut() -> AgentTaskId) -> Outcome {
    let ids = [new_id(), new_id()];
    let known = context.covers.map_or(Coverage::Unknown, |(first, last)| Coverage::Days(first, last));
    let outcome = draft(prompt, context, known, ids);
    match outcome {
        Err(Refusal { code: AnalysisErrorCode::NoData, .. }) => {
            draft(prompt, context, Coverage::Unknown, ids)
        }
        other => other,
    }
    .map_or_else(refused, Outcome::Plan)
}

/// Plans the same question again once it is known what the mirror covers: the same steps, the final periods.
pub fn settle(plan: &Plan, prompt: &str, context: &Context<'_>) -> Outcome {
    let Some((first, last)) = context.covers else {
        let message = format!("{} has no orders yet, so there is nothing to compute.", context.shop_name);
        return refused(refusals::no_data(message));
    };
    let ids: Vec<AgentTaskId> = plan.steps.iter().map(|step| step.id).collect();
    match ids.as_slice() {
        [refresh, query] => draft(prompt, context, Coverage::Days(first, last), [*refresh, *query])
            .map_or_else(refused, Outcome::Plan),
        // Not a plan of these rules; there is nothing of ours to settle.
        _ => Outcome::Plan(plan.clone()),
    }
}

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Refuse { code: refusal.code, message: refusal.message }
}

fn draft(
    prompt: &str,
    context: &Context<'_>,
    coverage: Coverage,
    ids: [AgentTaskId; 2],
) -> Result<Plan, Refusal> {
    let zone = TimeZone::get(context.tz).unwrap_or(TimeZone::UTC);
    let today = context.now.to_zoned(zone).date();
    let intent = intent::read(prompt, today)?;
    let calendar = Calendar { today, coverage, shop_name: context.shop_name };
    let drafted = queries::draft(&intent, &calendar)?;
    let family = intent.wishes.first().map_or(Family::Review, intent::Wish::family);
    let [refresh, query] = ids;
    let names: Vec<String> = drafted.queries.iter().map(|query| query.name.replace('_', " ")).collect();
    let steps = vec![
        Step {
            id: refresh,
            description: "See that the mirror is fresh and pin a snapshot".to_owned(),
            work: Work::RefreshMirror,
            depends_on: Vec::new(),
            essential: true,
        },
        Step {
            id: query,
            description: format!("Compute {} over the snapshot", names.join(", ")),
            work: Work::QueryMetrics { queries: drafted.queries },
            depends_on: vec![refresh],
            essential: true,
        },
    ];
    Ok(Plan { planned_by: PLANNED_BY.to_owned(), family, steps, assumptions: drafted.notes })
}
