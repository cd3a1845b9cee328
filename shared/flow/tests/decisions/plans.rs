//! The plan that the tests of decisions share: a refresh, a query that matters, and one that does not.

use domain::ids::{AgentTaskId, LinkedAccountId};
use domain::refusal::AnalysisErrorCode;
use flow::analysis::clarification::About;
use flow::analysis::state::Failure;
use flow::analysis::{Event, Outcome};
use flow::plan::{Family, Plan, Step, Work};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use metrics::catalogue::{Dimension, Metric};
use metrics::period::Period;
use metrics::query::MetricQuery;
use uuid::Uuid;

pub(crate) fn task(n: u128) -> AgentTaskId {
    AgentTaskId::from_uuid(Uuid::from_u128(n))
}

/// Seconds after the question.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

pub(crate) fn failed(code: AnalysisErrorCode) -> Outcome {
    Outcome::Failed(Failure { code, message: "it broke".to_owned() })
}

fn query() -> MetricQuery {
    MetricQuery {
        name: "sales_by_month".to_owned(),
        metrics: vec![Metric::NetSales],
        by: vec![Dimension::Month],
        filters: Vec::new(),
        period: Period { from: date(2011, 1, 1), to: date(2012, 1, 1) },
        compare_to: None,
        order: None,
        limit: None,
    }
}

/// The question back of that number: which of two stores.
pub(crate) fn asked_back(number: usize, seconds: i64) -> Event {
    Event::AskedBack {
        number,
        at: at(seconds),
        question: "Which store is it about?".to_owned(),
        options: vec!["north.myshopify.com".to_owned(), "south.myshopify.com".to_owned()],
        about: About::Store { accounts: vec![account(1), account(2)] },
    }
}

pub(crate) fn answered(number: usize, seconds: i64, answer: &str) -> Event {
    Event::Answered { number, at: at(seconds), answer: answer.to_owned() }
}

pub(crate) fn account(n: u128) -> LinkedAccountId {
    LinkedAccountId::from_uuid(Uuid::from_u128(n))
}

/// The same steps with other work.
pub(crate) fn other_queries() -> Plan {
    let mut plan = plan();
    plan.steps[1].work = Work::QueryMetrics { queries: vec![MetricQuery { limit: Some(10), ..query() }] };
    plan
}

pub(crate) fn fewer_steps() -> Plan {
    let mut plan = plan();
    plan.steps.pop();
    plan
}

pub(crate) fn plan() -> Plan {
    let step = |n, work, depends_on, essential| Step {
        id: task(n),
        description: format!("step {n}"),
        work,
        depends_on,
        essential,
    };
    let query = || Work::QueryMetrics { queries: vec![query()] };
    Plan {
        planned_by: "rules".to_owned(),
        family: Family::Review,
        steps: vec![
            step(1, Work::RefreshMirror, vec![], true),
            step(2, query(), vec![task(1)], true),
            step(3, query(), vec![task(1)], false),
        ],
        assumptions: Vec::new(),
    }
}
