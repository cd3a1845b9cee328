//! Class 2: the six departments as rows of a table, and what becomes of a task message. An attempt is counted before
//! work begins, so that a crash counts too; the work is done with no transaction open; its end and the report to the
//! orchestrator are one statement.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use auth::envelope::Message;
use auth::{Opened, Tenant};
use domain::department::Department;
use domain::ids::{AgentTaskId, AnalysisRequestId};
use domain::limits::TASK_ATTEMPTS_MAX;
use flow::plan::Work;
use futures_util::FutureExt;
use jiff::SignedDuration;
use store::TenantTx;
use store::agent_tasks::{self, Begun, Finish, Outcome};
use store::outbox::NewMessage;
use store::turns::Account;

use crate::context::Agents;
use crate::desk::Desk;
use crate::tools::{Done, Tool, ToolError, query_metrics, refresh_mirror};
use crate::{Error, Handled, orchestrator};

/// What a department is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub queue: &'static str,
    pub tools: &'static [Tool],
    pub attempts_max: u32,
    /// One attempt takes no longer.
    pub deadline: Duration,
}

/// The table of departments. Those without tools are given no work yet.
pub const fn row(department: Department) -> Row {
    let (tools, deadline): (&'static [Tool], _) = match department {
        // A first load goes on as long as a function may run; the next attempt goes on after it.
        Department::DataRetrieval => (&[Tool::RefreshMirror], Duration::from_secs(14 * 60)),
        Department::QuantitativeAnalysis => (&[Tool::QueryMetrics], Duration::from_secs(60)),
        Department::QualitativeAnalysis
        | Department::ComparativeAnalysis
        | Department::PredictiveAnalysis
        | Department::RecommendationGeneration => (&[], Duration::from_secs(60)),
    };
    Row { queue: department.name(), tools, attempts_max: TASK_ATTEMPTS_MAX, deadline }
}

/// Works on the task that the message names. Gives what is now to be sent. A task that has ended, is not there, or is
/// not the tenant's is no work and no error.
///
/// # Errors
/// [`Error::Retry`] when another delivery may succeed, [`Error::Refuse`] for a message of another queue.
pub async fn handle_message(
    agents: &Agents,
    department: Department,
    opened: Opened,
) -> Result<Handled, Error> {
    let Message::Task { request, task } = opened.message else {
        return Err(Error::Refuse("a department is given tasks only"));
    };
    let work = TaskOf { agents, tenant: opened.tenant, department, request, task };
    let mut tx = agents.store.tenant(&opened.tenant).await?;
    let Some(begun) = agent_tasks::begin(&mut tx, task, agents.clock.now()).await? else {
        return Ok(Handled::default());
    };
    if begun.department != department || begun.request != request {
        return Err(Error::Refuse("the task is another department's, or another request's"));
    }
    if begun.attempt.unsigned_abs() > row(department).attempts_max {
        let spent = Err(ToolError::Fail("It was tried as often as it may be, without an end.".to_owned()));
        return work.finish(tx, begun.attempt, &spent).await;
    }
    let order = match work.order(&begun) {
        Ok(order) => order,
        Err(error) => return work.finish(tx, begun.attempt, &Err(error)).await,
    };
    if let Order::Refresh { account } = &order
        && let Some(done) = refresh_mirror::fresh(&mut tx, account.id, agents.clock.now()).await?
    {
        return work.finish(tx, begun.attempt, &Ok(done)).await;
    }
    tx.commit().await?;
    let outcome = work.run(order).await;
    let tx = agents.store.tenant(&opened.tenant).await?;
    work.finish(tx, begun.attempt, &outcome).await
}

/// One task of one tenant.
struct TaskOf<'a> {
    agents: &'a Agents,
    tenant: Tenant,
    department: Department,
    request: AnalysisRequestId,
    task: AgentTaskId,
}

/// Work with everything it needs.
enum Order {
    Refresh { account: Account },
    Query { account: Account, input: query_metrics::Input },
}

impl TaskOf<'_> {
    fn order(&self, begun: &Begun) -> Result<Order, ToolError> {
        let fail = |message: &str| ToolError::Fail(message.to_owned());
        let work: Work =
            serde_json::from_value(begun.work.clone()).map_err(|_| fail("The task cannot be read."))?;
        if !row(self.department).tools.contains(&Tool::of(&work)) {
            return Err(fail("The department has no tool for this task."));
        }
        let account = begun.account.clone().ok_or_else(|| fail("The store is no longer connected."))?;
        match work {
            Work::RefreshMirror => Ok(Order::Refresh { account }),
            Work::QueryMetrics { queries } => {
                let snapshot = pinned(begun).ok_or_else(|| fail("No snapshot was pinned."))?;
                Ok(Order::Query { account, input: query_metrics::Input { snapshot, queries } })
            }
        }
    }

    async fn run(&self, order: Order) -> Result<Done, ToolError> {
        let work = async {
            match order {
                Order::Refresh { account } => refresh_mirror::run(&self.desk(account)).await,
                Order::Query { account, input } => query_metrics::run(&self.desk(account), input).await,
            }
        };
        attempt(row(self.department).deadline, work).await
    }

    fn desk(&self, account: Account) -> Desk<'_> {
        Desk { agents: self.agents, tenant: self.tenant, account }
    }

    /// Ends the attempt and commits: with the report, or with the task's own next message.
    async fn finish(
        &self,
        mut tx: TenantTx,
        attempt: i32,
        outcome: &Result<Done, ToolError>,
    ) -> Result<Handled, Error> {
        let now = self.agents.clock.now();
        let spent = attempt.unsigned_abs() >= row(self.department).attempts_max;
        let done = outcome.as_ref().ok().map(serde_json::to_vec).transpose();
        let done = done.map_err(|error| Error::Retry(format!("a result has no JSON form: {error}")))?;
        let (outcome, message) = match (outcome, &done) {
            (Err(ToolError::Retry { message, wait }), _) if !spent => {
                let wait = SignedDuration::try_from(*wait).unwrap_or_default().max(backoff(attempt));
                let again = Message::Task { request: self.request, task: self.task };
                let queue = row(self.department).queue;
                let again = self.agents.message(&self.tenant, queue, &again, now + wait);
                (Outcome::Retrying { message }, again)
            }
            (Err(ToolError::Retry { message, .. } | ToolError::Fail(message)), _) => {
                (Outcome::Failed { message }, self.report())
            }
            (Ok(_), done) => {
                (Outcome::Completed { result: done.as_deref().unwrap_or_default() }, self.report())
            }
        };
        let messages = vec![message];
        agent_tasks::finish(&mut tx, Finish { task: self.task, outcome, messages, now }).await?;
        Ok(Handled { send: tx.commit().await?, forget: Vec::new() })
    }

    fn report(&self) -> NewMessage {
        let reported = Message::Reported { request: self.request, task: self.task };
        self.agents.message(&self.tenant, orchestrator::QUEUE, &reported, self.agents.clock.now())
    }
}

/// The snapshot that the request's refresh has pinned.
fn pinned(begun: &Begun) -> Option<domain::digest::Digest> {
    begun.results.iter().find_map(|(_, result)| match serde_json::from_slice(result).ok()? {
        Done::Refreshed { snapshot, .. } => Some(snapshot),
        Done::Tables { .. } => None,
    })
}

/// One attempt of bounded length. A panic is a failed attempt, not a crash.
async fn attempt(
    deadline: Duration,
    work: impl Future<Output = Result<Done, ToolError>>,
) -> Result<Done, ToolError> {
    match tokio::time::timeout(deadline, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => {
            // A formatted text may hold data.
            let said = panic.downcast_ref::<&'static str>().copied().unwrap_or("a formatted text");
            tracing::error!(said, "a tool panicked");
            Err(ToolError::retry("The tool stopped unexpectedly."))
        }
        Err(_) => Err(ToolError::retry("It did not end in time.")),
    }
}

/// 2, 4, 8, 16 seconds after the first to fourth attempt.
fn backoff(attempt: i32) -> SignedDuration {
    SignedDuration::from_secs(1_i64 << attempt.clamp(0, 10))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::department::Department;

    use super::{attempt, backoff, row};
    use crate::tools::{Tool, ToolError};

    #[tokio::test]
    async fn a_panic_and_a_tool_without_an_end_are_failed_attempts() {
        let minute = Duration::from_secs(60);
        let panicked = attempt(minute, async { panic!("a fault of ours") }).await;
        assert!(
            matches!(panicked, Err(ToolError::Retry { message, .. }) if message == "The tool stopped unexpectedly.")
        );
        let endless = attempt(Duration::ZERO, std::future::pending()).await;
        assert!(
            matches!(endless, Err(ToolError::Retry { message, .. }) if message == "It did not end in time.")
        );
    }

    #[test]
    fn every_department_has_its_own_queue_and_bounds() {
        for department in Department::ALL {
            let row = row(department);
            assert_eq!(row.queue, department.name());
            assert_eq!(row.attempts_max, 5);
            assert!(row.deadline.as_secs() < 15 * 60, "longer than an analysis");
        }
    }

    #[test]
    fn every_tool_has_one_department_and_says_what_it_does() {
        for tool in [Tool::RefreshMirror, Tool::QueryMetrics] {
            let owners =
                Department::ALL.into_iter().filter(|department| row(*department).tools.contains(&tool));
            assert_eq!(owners.count(), 1, "{}", tool.name());
            assert!(!tool.about().is_empty());
        }
    }

    #[test]
    fn waits_double_from_attempt_to_attempt() {
        assert_eq!([1, 2, 3, 4].map(|attempt| backoff(attempt).as_secs()), [2, 4, 8, 16]);
    }
}
