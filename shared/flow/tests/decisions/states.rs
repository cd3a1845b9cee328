//! What was ever written decodes for ever.

use crate::plans::{answered, asked_back, at, failed, plan, task};
use flow::analysis::state::{State, Unreadable};
use flow::analysis::{self, Event, Outcome};
use serde_json::{Value, json};

/// One checkpoint of each kind, as version 1 wrote them. Never regenerate: it is the past.
const V1: &str = include_str!("../states/v1.json");
/// The same of version 2, which is written once a question back was asked.
const V2: &str = include_str!("../states/v2.json");

#[test]
fn every_checkpoint_of_version_1_decodes_and_is_written_the_same() {
    let written: Vec<Value> = serde_json::from_str(V1).unwrap();
    assert_eq!(written.len(), 8);
    for value in written {
        let state = State::decode(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(&state).unwrap(), value);
    }
}

#[test]
fn version_1_is_what_is_written_today() {
    let done = |n| Event::Reported { task: task(n), outcome: Outcome::Completed };
    let lost =
        |n| Event::Reported { task: task(n), outcome: failed(domain::refusal::AnalysisErrorCode::NoData) };
    let begun = [Event::Asked { at: at(0) }, Event::Planned { plan: plan() }];
    let journals: Vec<Vec<Event>> = vec![
        vec![],
        begun[..1].to_vec(),
        begun.to_vec(),
        [&begun[..], &[done(1)]].concat(),
        [&begun[..], &[done(1), Event::Settled { plan: None }]].concat(),
        [&begun[..], &[done(1), Event::Settled { plan: None }, lost(3), done(2), Event::Rendered]].concat(),
        [&begun[..], &[lost(1)]].concat(),
        [&begun[..], &[Event::Cancelled]].concat(),
    ];
    let fold = |journal: &Vec<Event>| {
        journal.iter().fold(State::default(), |state, event| analysis::step(state, event).state)
    };
    let states: Vec<State> = journals.iter().map(fold).collect();
    assert_eq!(serde_json::to_value(&states).unwrap(), serde_json::from_str::<Value>(V1).unwrap());
}

#[test]
fn every_checkpoint_of_version_2_decodes_and_is_written_the_same() {
    let begun = [Event::Asked { at: at(0) }, asked_back(1, 30)];
    let chosen = [&begun[..], &[answered(1, 90, "south.myshopify.com")]].concat();
    let journals: Vec<Vec<Event>> = vec![
        begun.to_vec(),
        chosen.clone(),
        [&begun[..], &[Event::Expired]].concat(),
        [&begun[..], &[Event::Cancelled]].concat(),
        [&chosen[..], &[Event::Planned { plan: plan() }]].concat(),
    ];
    let fold = |journal: &Vec<Event>| {
        journal.iter().fold(State::default(), |state, event| analysis::step(state, event).state)
    };
    let states: Vec<State> = journals.iter().map(fold).collect();
    let written: Vec<Value> = serde_json::from_str(V2).unwrap();
    assert_eq!(serde_json::to_value(&states).unwrap(), Value::from(written.clone()));
    for (value, state) in written.into_iter().zip(states) {
        assert_eq!(State::decode(value).unwrap(), state);
    }
}

#[test]
fn a_newer_checkpoint_is_refused_with_its_version() {
    for version in [0, 3] {
        let refused = State::decode(json!({"v": version, "phase": "new", "turns_left": 24}));
        assert!(matches!(refused, Err(Unreadable::Version(v)) if v == version), "{refused:?}");
    }
    assert!(matches!(State::decode(json!({"v": 1})), Err(Unreadable::Malformed(_))));
}

#[test]
fn events_keep_their_spelling_in_the_journal() {
    let event = Event::Reported { task: task(1), outcome: Outcome::Completed };
    let written = serde_json::to_value(&event).unwrap();
    let expected = json!({"kind": "reported", "body": {"task": task(1).uuid(), "outcome": "completed"}});
    assert_eq!(written, expected);
    assert_eq!(event.kind(), "reported");
    assert_eq!(serde_json::to_value(Event::TimedOut).unwrap(), json!({"kind": "timed_out"}));
}
