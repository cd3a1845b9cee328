//! The one loop: a turn loads, decides purely, saves, and commits; the caller sends after it. Planning and rendering by
//! rules are pure, so they happen inside the decision. An order that needs the outside world would end the turn instead:
//! the state that owes it is committed, it is performed with no transaction open, and its event begins the next turn
//! (`flow::analysis::pending` says what is owed when a crash comes in between).

mod decision;
mod findings;

use auth::Tenant;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId};
use flow::analysis::Event;
use flow::analysis::state::State;
use store::turns::{self, Loaded};

use crate::context::Agents;
use crate::driver::decision::Decision;
use crate::{Error, Handled};

/// What a message says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The merchant asked, or the clock of the analysis has run out: the same words, said again at the deadline.
    Asked,
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
    let Some(event) = event(&loaded, &state, incoming, now) else { return Ok(Handled::default()) };
    let too_early = incoming == Incoming::Asked && state.asked_at.is_some() && !state.is_done();
    if too_early && !state.is_overdue(now) {
        return Err(Error::Retry("the wake-up of an analysis came before its deadline".to_owned()));
    }
    let decision = Decision::new(agents, tenant, request, &loaded, now).take(state, event);
    if decision.is_empty() {
        return Ok(Handled::default());
    }
    turns::save(&mut tx, decision.save(message)?).await?;
    let send = tx.commit().await?;
    Ok(Handled { send, forget: decision.obsolete() })
}

fn checkpoint(loaded: &Loaded) -> Result<State, Error> {
    match &loaded.agent_state {
        None => Ok(State::default()),
        Some(value) => State::decode(value.clone()).map_err(|error| Error::Retry(error.to_string())),
    }
}

/// The past fact that the message and the rows tell; `None` when they tell nothing.
fn event(loaded: &Loaded, state: &State, incoming: Incoming, now: jiff::Timestamp) -> Option<Event> {
    if state.is_overdue(now) {
        return Some(Event::TimedOut);
    }
    match incoming {
        Incoming::Asked => Some(Event::Asked { at: now }),
        Incoming::Reported(task) => {
            let result = loaded.tasks.iter().find(|result| result.id == task)?;
            Some(Event::Reported { task, outcome: findings::outcome(result)? })
        }
    }
}
