//! One decision.

use auth::keys::Keys;
use auth::{Tenant, pass};
use domain::limits::{FRAME_BYTES_MAX, MESSAGES_PER_SECOND, SOCKET_OPERATIONS_MAX};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::transport::incoming::{self, Incoming};
use crate::transport::{Close, Effect, Event, Operation, Output, Stage, State, Step, outgoing};

/// The key of `connectionParams` that holds `Bearer <token>`.
const AUTHORIZATION: &str = "authorization";

/// What follows from an event. A closed socket hears nothing any more.
pub fn step(keys: &Keys, mut state: State, event: Event, now: Timestamp) -> Step {
    if state.stage == Stage::Closed {
        return Step { state, effects: Vec::new(), close: None };
    }
    let mut effects = Vec::new();
    match decide(keys, &mut state, event, now, &mut effects) {
        Ok(()) => Step { state, effects, close: None },
        Err(close) => {
            state.stage = Stage::Closed;
            state.operations.clear();
            state.heard.clear();
            Step { state, effects: Vec::new(), close: Some(close) }
        }
    }
}

fn decide(
    keys: &Keys,
    state: &mut State,
    event: Event,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) -> Result<(), Close> {
    in_time(&state.stage, now)?;
    match event {
        Event::Text(text) => {
            if text.len() > FRAME_BYTES_MAX {
                return Err(Close::too_large());
            }
            let message = incoming::read(&text).map_err(|why| Close::invalid(&why))?;
            hear(keys, state, message, now, effects)
        }
        Event::Binary => Err(Close::invalid("it is binary")),
        Event::TooLarge => Err(Close::too_large()),
        Event::Joined => {
            if let Stage::Joining { pass, until } = &state.stage {
                state.stage = Stage::Open { pass: pass.clone(), until: *until };
                effects.push(Effect::Send(outgoing::ACKNOWLEDGED.to_owned()));
            }
            Ok(())
        }
        Event::Crowded => Err(Close::too_many_sockets()),
        Event::Revoked => Err(Close::forbidden()),
        Event::Produced { operation, output } => {
            produced(state, &operation, &output, effects);
            Ok(())
        }
        Event::Tick => Ok(()),
        Event::Overloaded => Err(Close::overloaded()),
        Event::Restarting => Err(Close::restarting()),
    }
}

fn in_time(stage: &Stage, now: Timestamp) -> Result<(), Close> {
    match stage {
        Stage::Waiting { until } if *until <= now => Err(Close::no_init()),
        Stage::Joining { until, .. } | Stage::Open { until, .. } if *until <= now => Err(Close::forbidden()),
        Stage::Waiting { .. } | Stage::Joining { .. } | Stage::Open { .. } | Stage::Closed => Ok(()),
    }
}

fn hear(
    keys: &Keys,
    state: &mut State,
    message: Incoming,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) -> Result<(), Close> {
    let too_often = !matches!(message, Incoming::ConnectionInit { .. }) && !count(state, now);
    match message {
        Incoming::ConnectionInit { payload } => init(keys, state, &payload, now, effects),
        // An end frees what it ends, so it is heard however often it comes.
        Incoming::Complete { id } => {
            if let Some((tenant, _)) = speaker(keys, state, now)
                && state.operations.remove(&id)
            {
                effects.push(Effect::Stop { tenant, operation: id });
            }
            Ok(())
        }
        Incoming::Ping { .. } | Incoming::Pong if too_often => Err(Close::too_many_messages()),
        Incoming::Ping { payload } => {
            effects.push(Effect::Send(outgoing::pong(payload)));
            Ok(())
        }
        Incoming::Pong => Ok(()),
        Incoming::Subscribe(operation) => {
            let speaker = speaker(keys, state, now).ok_or_else(Close::unauthorized)?;
            subscribe(state, speaker, operation, too_often, effects)
        }
    }
}

fn init(
    keys: &Keys,
    state: &mut State,
    payload: &Map<String, Value>,
    now: Timestamp,
    effects: &mut Vec<Effect>,
) -> Result<(), Close> {
    match state.stage {
        Stage::Waiting { .. } => {}
        Stage::Joining { .. } | Stage::Open { .. } | Stage::Closed => return Err(Close::second_init()),
    }
    let token = bearer(payload).ok_or_else(Close::forbidden)?;
    let (tenant, pass, until) = pass::exchange(keys, token, now).map_err(|_| Close::forbidden())?;
    state.stage = Stage::Joining { pass, until };
    effects.push(Effect::Join { tenant, until });
    Ok(())
}

/// The token, where exactly one key says it, in whatever case.
fn bearer(payload: &Map<String, Value>) -> Option<&str> {
    let mut values = payload.iter().filter(|(key, _)| key.eq_ignore_ascii_case(AUTHORIZATION));
    let (Some((_, Value::String(value))), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who has been let in, and until when.
fn speaker(keys: &Keys, state: &State, now: Timestamp) -> Option<(Tenant, Timestamp)> {
    match &state.stage {
        Stage::Open { pass, until } => auth::from_pass(keys, pass, now).ok().map(|tenant| (tenant, *until)),
        Stage::Waiting { .. } | Stage::Joining { .. } | Stage::Closed => None,
    }
}

fn subscribe(
    state: &mut State,
    (tenant, until): (Tenant, Timestamp),
    operation: Operation,
    too_often: bool,
    effects: &mut Vec<Effect>,
) -> Result<(), Close> {
    if state.operations.contains(&operation.id) {
        return Err(Close::in_use(&operation.id));
    }
    let refusal = if too_often {
        Some(format!("More than {MESSAGES_PER_SECOND} messages in a second. Try again in a second."))
    } else if state.operations.len() >= SOCKET_OPERATIONS_MAX {
        Some(format!("A socket has {SOCKET_OPERATIONS_MAX} operations at most. End one of them first."))
    } else {
        None
    };
    if let Some(message) = refusal {
        let error = json!([{"message": message, "extensions": {"code": "RATE_LIMITED", "retryAfter": 1}}]);
        let refused = outgoing::of_operation(&operation.id, &Output::Error(error.to_string()));
        effects.push(Effect::Send(refused));
        return Ok(());
    }
    state.operations.insert(operation.id.clone());
    effects.push(Effect::Start { tenant, until, operation });
    Ok(())
}

/// What the client has ended is not heard of again.
fn produced(state: &mut State, operation: &str, output: &Output, effects: &mut Vec<Effect>) {
    let known = match output {
        Output::Next(_) => state.operations.contains(operation),
        Output::Error(_) | Output::Complete => state.operations.remove(operation),
    };
    if known {
        effects.push(Effect::Send(outgoing::of_operation(operation, output)));
    }
}

/// Whether the message is within what one second may bring.
fn count(state: &mut State, now: Timestamp) -> bool {
    let second_ago = now.checked_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MIN);
    state.heard.retain(|at| *at > second_ago && *at <= now);
    let within = state.heard.len() < MESSAGES_PER_SECOND;
    if within {
        state.heard.push_back(now);
    }
    within
}
