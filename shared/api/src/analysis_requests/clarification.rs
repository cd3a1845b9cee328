//! Questions back to the merchant, and the answers to them.

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use auth::Tenant;
use auth::envelope::{self, Message};
use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::limits::ANSWER_CHARS_MAX;
use domain::status::AnalysisRequestStatus;
use flow::analysis::state::State;
use flow::analysis::{self, Command, Event, timers};
use jiff::Timestamp;
use store::analysis_requests::{self, QUEUE};
use store::clarifications::{self as rows, Input, Loaded};
use store::error::Error;
use store::outbox::NewMessage;
use store::turns;

use crate::analysis_requests::{AnalysisRequest, change, no_request};
use crate::errors::{UserError, UserErrorCode};
use crate::idempotency;
use crate::identity::tenant;
use crate::scalars::DateTime;
use crate::serve::Committed;

/// A question back to the merchant.
#[derive(Clone, Debug, PartialEq, Eq, SimpleObject)]
pub(crate) struct Clarification {
    /// What has to be known.
    pub(crate) question: String,
    /// Answers to choose from; where there are none, any text is an answer.
    pub(crate) options: Vec<String>,
    /// What the merchant said.
    pub(crate) answer: Option<String>,
    /// When the question stops waiting.
    pub(crate) expires_at: DateTime,
}

/// An answer to the question that an analysis waits with.
#[derive(InputObject)]
pub(crate) struct AnswerClarificationInput {
    /// Which one; it must be awaiting clarification.
    pub(crate) analysis_request_id: ID,
    /// One of the options where there are some, in any case; at most 4,000 characters.
    pub(crate) answer: String,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// An analysis that goes on with an answer.
#[derive(SimpleObject)]
pub(crate) struct AnswerClarificationPayload {
    /// As it stands now.
    pub(crate) analysis_request: Option<AnalysisRequest>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// What became of an answer.
enum Answered {
    Done(Box<analysis_requests::AnalysisRequest>),
    Refused(UserError),
}

/// What an answer makes of an analysis.
struct Decision {
    event: Event,
    state: State,
    commands: Vec<Command>,
    shown: rows::Clarification,
    /// The delayed message that is not waited for any more.
    obsolete: Option<MessageId>,
}

impl From<rows::Clarification> for Clarification {
    fn from(shown: rows::Clarification) -> Self {
        let rows::Clarification { question, options, answer, expires_at } = shown;
        Self { question, options, answer, expires_at: DateTime::from(expires_at) }
    }
}

pub(crate) async fn answer(
    ctx: &Context<'_>,
    input: AnswerClarificationInput,
) -> Result<AnswerClarificationPayload> {
    let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
    let rule = answer_rule(&input.answer).map(|message| UserError::invalid("answer", message));
    let rules = rule.into_iter().chain(idempotency::broken_rule(input.idempotency_key.as_deref()));
    let errors: Vec<_> = rules.collect();
    if !errors.is_empty() {
        return Ok(refused(errors));
    }
    let Some(id) = AnalysisRequestId::from_opaque(&input.analysis_request_id) else {
        return Ok(refused(vec![no_request()]));
    };
    let committed = ctx.data::<Committed>()?;
    Ok(match idempotency::settle(|| write(services, committed, tenant, id, &input)).await? {
        Answered::Done(row) => {
            let analysis_request = Some(AnalysisRequest::alone(services, tenant, *row));
            AnswerClarificationPayload { analysis_request, user_errors: Vec::new() }
        }
        Answered::Refused(error) => refused(vec![error]),
    })
}

/// One turn in one transaction of two round trips: what is asked stands in the checkpoint.
async fn write(
    services: &crate::Context,
    committed: &Committed,
    tenant: Tenant,
    request: AnalysisRequestId,
    input: &AnswerClarificationInput,
) -> Result<Answered, Error> {
    let now = services.clock.now();
    let idempotency_key = input.idempotency_key.as_deref();
    let input = Input { request, answer: &input.answer, idempotency_key, now };
    let mut tx = services.store.tenant(&tenant).await?;
    let (row, agent_state, linked) = match rows::load(&mut tx, input).await? {
        Loaded::Found { request, agent_state, linked } => (*request, agent_state, linked),
        Loaded::Repeated(row) => return Ok(Answered::Done(row)),
        Loaded::KeyReused => return Ok(Answered::Refused(idempotency::reused())),
        Loaded::NotThere => return Ok(Answered::Refused(no_request())),
    };
    if row.status != AnalysisRequestStatus::AwaitingClarification {
        return Ok(Answered::Refused(not_asked(row.status)));
    }
    let state = agent_state.map_or_else(|| Ok(State::default()), State::decode);
    let state = state.map_err(|_| Error::Unreadable("agent_state"))?;
    let decision = match decide(request, state, input.answer, now) {
        Ok(decision) => decision,
        Err(refusal) => return Ok(Answered::Refused(refusal)),
    };
    let turn = turn(services, &tenant, request, &decision, &linked, now)?;
    let row = rows::answer(&mut tx, input, row, turn).await?;
    committed.add(tx.commit().await?);
    committed.forget(decision.obsolete.into_iter().collect());
    Ok(Answered::Done(Box::new(row)))
}

/// Pure: what the answer makes of the state, or why it is none.
fn decide(
    request: AnalysisRequestId,
    state: State,
    answer: &str,
    now: Timestamp,
) -> Result<Decision, UserError> {
    let open = state.open_clarification().ok_or_else(|| not_asked(state.status()))?;
    let expires_at = open.expires_at().filter(|at| *at > now);
    let Some(expires_at) = expires_at else {
        return Err(UserError::new(UserErrorCode::Conflict, "The question has waited too long. Ask anew."));
    };
    let Some(text) = open.accept(answer) else {
        let message = format!("The answer must be one of these: {}.", open.options.join(", "));
        return Err(UserError::invalid("answer", message));
    };
    let shown = rows::Clarification {
        question: open.question.clone(),
        options: open.options.clone(),
        answer: Some(text.clone()),
        expires_at,
    };
    let event = Event::Answered { number: state.clarifications.len(), at: now, answer: text };
    let obsolete = timers::armed(request, &state);
    let analysis::Step { state, commands } = analysis::step(state, &event);
    Ok(Decision { event, state, commands, shown, obsolete })
}

/// The decision as it is written.
fn turn(
    services: &crate::Context,
    tenant: &Tenant,
    request: AnalysisRequestId,
    decision: &Decision,
    linked: &[LinkedAccountId],
    now: Timestamp,
) -> Result<rows::Answer, Error> {
    let unwritable = |_| Error::Unreadable("agent_state");
    let state = &decision.state;
    let mut event = serde_json::to_value(&decision.event).map_err(unwritable)?;
    let body = event.get_mut("body").map(serde_json::Value::take).unwrap_or_default();
    let message = |id, message: &Message, available_at| {
        let body = envelope::seal(&services.keys, tenant, id, message);
        NewMessage { id, queue: QUEUE, body, available_at }
    };
    let delayed = |delayed: &Message, at| timers::armed(request, state).map(|id| message(id, delayed, at));
    let messages = decision.commands.iter().filter_map(|command| match command {
        Command::WakeAt { at } => delayed(&Message::Asked { request }, *at),
        Command::ExpireAt { at } => delayed(&Message::Expired { request }, *at),
        // What the checkpoint owes is the orchestrator's to do.
        Command::Plan | Command::Settle | Command::Render | Command::Dispatch { .. } => {
            Some(message(MessageId::new(), &Message::Answered { request }, now))
        }
        Command::Finish { .. } => None,
    });
    Ok(rows::Answer {
        event: turns::Event { kind: decision.event.kind(), body },
        agent_state: serde_json::to_value(state).map_err(unwritable)?,
        status: state.status(),
        progress: analysis::progress(state),
        clarification: decision.shown.clone(),
        account: state.chosen_account().filter(|account| linked.contains(account)),
        messages: messages.collect(),
        change: change(services, tenant, request),
    })
}

/// The rule of an answer that this text breaks.
fn answer_rule(answer: &str) -> Option<String> {
    let chars = answer.chars().count();
    if answer.trim().is_empty() {
        Some("The answer is empty.".to_owned())
    } else if chars > ANSWER_CHARS_MAX {
        Some(format!("The answer has {chars} characters; at most {ANSWER_CHARS_MAX} are allowed."))
    } else if answer.contains('\0') {
        Some("The answer cannot contain the NUL character.".to_owned())
    } else {
        None
    }
}

fn not_asked(status: AnalysisRequestStatus) -> UserError {
    let message = format!("This analysis is {} and asks nothing.", status.name());
    UserError::new(UserErrorCode::Conflict, message)
}

fn refused(user_errors: Vec<UserError>) -> AnswerClarificationPayload {
    AnswerClarificationPayload { analysis_request: None, user_errors }
}
