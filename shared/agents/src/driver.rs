//! The one loop: a turn loads, decides purely, saves, and commits; the caller sends after it. Planning and rendering by
//! rules are pure, so they happen inside the decision. An order that needs the outside world would end the turn instead:
//! the state that owes it is committed, it is performed with no transaction open, and its event begins the next turn
//! (`flow::analysis::pending` says what is owed when a crash comes in between).

mod decision;
mod findings;

use auth::Tenant;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId};
use domain::status::AnalysisRequestStatus;
use flow::analysis::state::State;
use flow::analysis::{Event, timers};
use store::clarifications;
use store::turns::{self, Loaded};

use crate::context::Agents;
use crate::driver::decision::Decision;
use crate::{Error, Handled};

/// What a message says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The merchant asked, or the clock of the analysis has run out: the same words, said again at the deadline.
    Asked,
    /// The merchant answered a question back: the checkpoint says what is owed now.
    Answered,
    /// A question back has had its time.
    Expired,
    Reported(AgentTaskId),
}

/// One turn in one transaction. A request that is not there, or not the tenant's, is no work and no error.
///
/// # Errors
/// [`Error::Retry`] when the database cannot answer, another turn was faster, or the message came too early.
pub async fn turn(
    agents: &Agents,
    tenant: &Tenant,
    request: AnalysisRequestId,
    message: MessageId,
    incoming: Incoming,
) -> Result<Handled, Error> {
    let mut tx = agents.store.tenant(tenant).await?;
    let Some(loaded) = turns::load(&mut tx, request, message).await? else {
        tracing::warn!(%request, "a message names a request that is not there");
        return Ok(Handled::default());
    };
    if loaded.seen || loaded.status.is_final() {
        return Ok(Handled::default());
    }
    let state = checkpoint(&loaded)?;
    let now = agents.clock.now();
    let awaited = timers::armed(request, &state) == Some(message);
    let decision = Decision::new(agents, tenant, request, &loaded, now);
    let decision = match (state.due(now), incoming) {
        (Some(due), _) => decision.take(state, due),
        (None, Incoming::Asked | Incoming::Expired) if awaited => {
            return Err(Error::Retry("a delayed message of an analysis came before its time".to_owned()));
        }
        (None, Incoming::Asked) => decision.take(state, Event::Asked { at: now }),
        (None, Incoming::Answered | Incoming::Expired) => decision.resume(state),
        (None, Incoming::Reported(task)) => match reported(&loaded, task) {
            Some(event) => decision.take(state, event),
            None => return Ok(Handled::default()),
        },
    };
    if decision.is_empty() {
        return Ok(Handled::default());
    }
    let mut save = decision.save(message)?;
    if let Some(asked) = decision.asked_back() {
        clarifications::ask(&mut tx, request, &asked).await?;
        save.status.0 = AnalysisRequestStatus::Processing;
    }
    turns::save(&mut tx, save).await?;
    let send = tx.commit().await?;
    Ok(Handled { send, forget: decision.obsolete() })
}

fn checkpoint(loaded: &Loaded) -> Result<State, Error> {
    match &loaded.agent_state {
        None => Ok(State::default()),
        Some(value) => State::decode(value.clone()).map_err(|error| Error::Retry(error.to_string())),
    }
}

/// What a task's row tells; `None` when it tells nothing yet.
fn reported(loaded: &Loaded, task: AgentTaskId) -> Option<Event> {
    let result = loaded.tasks.iter().find(|result| result.id == task)?;
    Some(Event::Reported { task, outcome: findings::outcome(result)? })
}
