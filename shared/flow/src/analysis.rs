//! One analysis: past facts in, orders out. An event that means nothing in a state changes nothing, which is what makes
//! a redelivered, late or reordered message harmless.

pub mod cancellation;
pub mod clarification;
pub mod state;
pub mod timers;

use domain::ids::AgentTaskId;
use domain::limits::{CLARIFICATION_DAYS_MAX, CLARIFICATIONS_MAX, TURNS_MAX};
use domain::refusal::AnalysisErrorCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::analysis::clarification::{About, Answer, Clarification};
use crate::analysis::state::{Ending, Failure, Phase, State, StepStatus};
use crate::plan::{Plan, Work};

/// A past fact. Its spelling stands in journals: a variant may be added, never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Event {
    /// The merchant asked; the clock of the analysis starts at `at`.
    Asked {
        at: Timestamp,
    },
    Planned {
        plan: Plan,
    },
    /// The plan stands now that it is known what the mirror covers: as it was (`None`), or the same steps with other
    /// work.
    Settled {
        plan: Option<Plan>,
    },
    /// The planner found no plan, and says what is missing.
    Refused {
        code: AnalysisErrorCode,
        message: String,
    },
    /// The planner cannot go on without an answer of the merchant's. The clock of the analysis stops at `at`.
    AskedBack {
        /// Which question back it is, from 1: one that comes again is known.
        number: usize,
        at: Timestamp,
        question: String,
        options: Vec<String>,
        about: About,
    },
    /// The merchant answered the open question; the clock runs on from `at`.
    Answered {
        /// Of the question.
        number: usize,
        at: Timestamp,
        answer: String,
    },
    /// Nobody answered in time.
    Expired,
    /// A department ended a task.
    Reported {
        task: AgentTaskId,
        outcome: Outcome,
    },
    Rendered,
    RenderFailed {
        message: String,
    },
    TimedOut,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Completed,
    Failed(Failure),
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Look again at `at`, in case nobody reports any more.
    WakeAt {
        at: Timestamp,
    },
    /// Look again at `at`, in case nobody answers.
    ExpireAt {
        at: Timestamp,
    },
    Plan,
    /// Look at the plan again: the mirror has been refreshed.
    Settle,
    /// Give these steps to their departments.
    Dispatch {
        steps: Vec<AgentTaskId>,
    },
    Render,
    Finish {
        ending: Ending,
    },
}

/// What a step gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub state: State,
    pub commands: Vec<Command>,
}

impl Event {
    /// The word under which the journal keeps it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "asked",
            Self::Planned { .. } => "planned",
            Self::Settled { .. } => "settled",
            Self::Refused { .. } => "refused",
            Self::AskedBack { .. } => "asked_back",
            Self::Answered { .. } => "answered",
            Self::Expired => "expired",
            Self::Reported { .. } => "reported",
            Self::Rendered => "rendered",
            Self::RenderFailed { .. } => "render_failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Decides. Total: every event may come in every state.
pub fn step(state: State, event: &Event) -> Step {
    if matches!(state.phase, Phase::Done { .. }) {
        return unchanged(state);
    }
    match event {
        Event::Asked { at } => asked(state, *at),
        Event::Planned { plan } => planned(state, plan),
        Event::Settled { plan } => settled(state, plan.as_ref()),
        Event::Refused { code, message } => match state.phase {
            Phase::Planning | Phase::Settling => {
                fail(state, Failure { code: *code, message: message.clone() })
            }
            Phase::New
            | Phase::AwaitingClarification
            | Phase::Working
            | Phase::Rendering
            | Phase::Done { .. } => unchanged(state),
        },
        Event::AskedBack { number, at, question, options, about } => match state.phase {
            Phase::Planning if *number == state.clarifications.len() + 1 => {
                asked_back(state, Clarification::new(*at, question, options, about))
            }
            Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Settling
            | Phase::Working
            | Phase::Rendering
            | Phase::Done { .. } => unchanged(state),
        },
        Event::Answered { number, at, answer } => answered(state, *number, *at, answer),
        Event::Expired => match state.open_clarification() {
            Some(_) => fail(state, expired()),
            None => unchanged(state),
        },
        Event::Reported { task, outcome } => reported(state, *task, outcome),
        Event::Rendered => match state.phase {
            Phase::Rendering => finish(state, Ending::Completed),
            Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Settling
            | Phase::Working
            | Phase::Done { .. } => unchanged(state),
        },
        Event::RenderFailed { message } => match state.phase {
            Phase::Rendering => fail(state, Failure::internal(message)),
            Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Settling
            | Phase::Working
            | Phase::Done { .. } => unchanged(state),
        },
        // While it waits for the merchant its clock stands still.
        Event::TimedOut if state.open_clarification().is_some() => unchanged(state),
        Event::TimedOut => {
            let message = "The analysis did not end within 15 minutes.".to_owned();
            fail(state, Failure { code: AnalysisErrorCode::DeadlineExceeded, message })
        }
        Event::Cancelled => finish(state, Ending::Cancelled),
    }
}

/// What a state still owes, so that a message that comes again resumes where the last commit stood. Dispatched steps owe
/// nothing: their messages were committed together with the state.
pub fn pending(state: &State) -> Vec<Command> {
    match state.phase {
        Phase::Planning => vec![Command::Plan],
        Phase::Settling => vec![Command::Settle],
        Phase::Rendering => vec![Command::Render],
        Phase::New | Phase::AwaitingClarification | Phase::Working | Phase::Done { .. } => Vec::new(),
    }
}

/// How far the analysis is, from 0 to 1. It never goes back.
pub fn progress(state: &State) -> f64 {
    match &state.phase {
        Phase::New => 0.0,
        Phase::Planning | Phase::AwaitingClarification => 0.05,
        Phase::Working | Phase::Settling => {
            let settled = state.steps.iter().filter(|status| status.is_settled()).count();
            // At most twelve steps: exact in a float.
            let share = settled as f64 / state.steps.len().max(1) as f64;
            0.1 + 0.8 * share
        }
        Phase::Rendering => 0.95,
        Phase::Done { .. } => 1.0,
    }
}

fn asked(mut state: State, at: Timestamp) -> Step {
    match state.phase {
        Phase::New => {
            state.phase = Phase::Planning;
            state.asked_at = Some(at);
            let wake = state.deadline().map(|at| Command::WakeAt { at });
            turn(state, wake.into_iter().chain([Command::Plan]).collect())
        }
        Phase::Planning
        | Phase::AwaitingClarification
        | Phase::Settling
        | Phase::Working
        | Phase::Rendering
        | Phase::Done { .. } => unchanged(state),
    }
}

/// Waits for the merchant. This takes no turn: how often it may happen is bounded by itself.
fn asked_back(mut state: State, clarification: Clarification) -> Step {
    if state.clarifications.len() >= CLARIFICATIONS_MAX {
        let message =
            format!("It is still not clear what is meant after {CLARIFICATIONS_MAX} questions back.");
        return fail(state, Failure { code: AnalysisErrorCode::Unanswerable, message });
    }
    let Some(at) = clarification.expires_at() else {
        return fail(state, Failure::internal("the question would never expire"));
    };
    state.ask_back(clarification);
    Step { state, commands: vec![Command::ExpireAt { at }] }
}

/// Plans again with what the merchant said, if it is an answer and came in time.
fn answered(mut state: State, number: usize, at: Timestamp, answer: &str) -> Step {
    let open = state.open_clarification().filter(|open| !open.is_expired(at));
    let open = open.filter(|_| number == state.clarifications.len());
    let Some(text) = open.and_then(|open| open.accept(answer)) else { return unchanged(state) };
    if let Some(open) = state.clarifications.last_mut() {
        open.answer = Some(Answer { text, at });
    }
    state.phase = Phase::Planning;
    let wake = state.deadline().map(|at| Command::WakeAt { at });
    Step { state, commands: wake.into_iter().chain([Command::Plan]).collect() }
}

fn expired() -> Failure {
    let message = format!("The question back was not answered within {CLARIFICATION_DAYS_MAX} days.");
    Failure { code: AnalysisErrorCode::ClarificationExpired, message }
}

fn planned(mut state: State, plan: &Plan) -> Step {
    match state.phase {
        Phase::Planning => match plan.check() {
            Ok(()) => {
                state.steps = vec![StepStatus::Waiting; plan.steps.len()];
                state.plan = Some(plan.clone());
                state.phase = Phase::Working;
                advance(state)
            }
            Err(fault) => fail(state, Failure::internal(fault.text())),
        },
        Phase::New
        | Phase::AwaitingClarification
        | Phase::Settling
        | Phase::Working
        | Phase::Rendering
        | Phase::Done { .. } => unchanged(state),
    }
}

fn settled(mut state: State, plan: Option<&Plan>) -> Step {
    match (&state.phase, &state.plan) {
        (Phase::Settling, Some(before)) => {
            if let Some(plan) = plan {
                if !plan.keeps_steps_of(before) || plan.check().is_err() {
                    return fail(state, Failure::internal("the plan changed its steps"));
                }
                state.plan = Some(plan.clone());
            }
            state.phase = Phase::Working;
            advance(state)
        }
        (Phase::Settling, None)
        | (
            Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Working
            | Phase::Rendering
            | Phase::Done { .. },
            _,
        ) => unchanged(state),
    }
}

fn reported(mut state: State, task: AgentTaskId, outcome: &Outcome) -> Step {
    let steps = state.plan.iter().flat_map(|plan| &plan.steps);
    let step = steps.enumerate().find(|(_, step)| step.id == task);
    let refreshed =
        step.is_some_and(|(_, step)| step.work == Work::RefreshMirror) && *outcome == Outcome::Completed;
    let position = step.map(|(position, _)| position);
    let status = position.and_then(|position| state.steps.get_mut(position));
    match (&state.phase, status) {
        (Phase::Working | Phase::Settling, Some(status @ StepStatus::Dispatched)) => {
            *status = match outcome {
                Outcome::Completed => StepStatus::Completed,
                Outcome::Failed(failure) => StepStatus::Failed { failure: failure.clone() },
            };
            if state.phase == Phase::Settling {
                return turn(state, Vec::new());
            }
            if refreshed {
                state.phase = Phase::Settling;
                return turn(state, vec![Command::Settle]);
            }
            advance(state)
        }
        (Phase::Working | Phase::Settling, _)
        | (
            Phase::New
            | Phase::Planning
            | Phase::AwaitingClarification
            | Phase::Rendering
            | Phase::Done { .. },
            _,
        ) => unchanged(state),
    }
}

/// Settles what a failure makes impossible, dispatches what has become possible, renders when nothing is left.
fn advance(mut state: State) -> Step {
    let mut ready = Vec::new();
    for (position, step) in state.plan.iter().flat_map(|plan| &plan.steps).enumerate() {
        let needs: Vec<_> = step.depends_on.iter().filter_map(|id| status_of(&state, *id)).collect();
        let broken = needs.iter().find_map(|status| status.failure()).cloned();
        let met = needs.iter().all(|status| **status == StepStatus::Completed);
        if let Some(status @ StepStatus::Waiting) = state.steps.get_mut(position) {
            if let Some(failure) = broken {
                *status = StepStatus::Skipped { failure };
            } else if met {
                *status = StepStatus::Dispatched;
                ready.push(step.id);
            }
        }
    }
    if let Some(failure) = essential_failure(&state) {
        return fail(state, failure);
    }
    if state.steps.iter().all(StepStatus::is_settled) {
        state.phase = Phase::Rendering;
        return turn(state, vec![Command::Render]);
    }
    let commands = if ready.is_empty() { Vec::new() } else { vec![Command::Dispatch { steps: ready }] };
    turn(state, commands)
}

fn status_of(state: &State, id: AgentTaskId) -> Option<&StepStatus> {
    let position = state.plan.as_ref()?.steps.iter().position(|step| step.id == id)?;
    state.steps.get(position)
}

fn essential_failure(state: &State) -> Option<Failure> {
    let steps = state.plan.iter().flat_map(|plan| &plan.steps).zip(&state.steps);
    steps.filter(|(step, _)| step.essential).find_map(|(_, status)| status.failure()).cloned()
}

/// Takes a turn, or fails when none is left.
fn turn(mut state: State, commands: Vec<Command>) -> Step {
    match state.turns_left.checked_sub(1) {
        Some(left) => {
            state.turns_left = left;
            Step { state, commands }
        }
        None => fail(state, Failure::internal(&format!("it did not end within {TURNS_MAX} turns"))),
    }
}

fn fail(state: State, failure: Failure) -> Step {
    finish(state, Ending::Failed { failure })
}

fn finish(mut state: State, ending: Ending) -> Step {
    state.phase = Phase::Done { ending: ending.clone() };
    Step { state, commands: vec![Command::Finish { ending }] }
}

fn unchanged(state: State) -> Step {
    Step { state, commands: Vec::new() }
}
