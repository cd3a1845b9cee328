//! The machine by itself: no sequence of events makes it panic or grow, and every word of the protocol has its answer.

use std::sync::LazyLock;

use auth::keys::Keys;
use domain::ids::{SessionId, UserId};
use domain::limits::{FRAME_BYTES_MAX, SOCKET_OPERATIONS_MAX};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use serde_json::json;

use super::{Close, Effect, Event, Output, State, Step, step};

fn keys() -> Keys {
    static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::derive(&[7; 32]));
    KEYS.clone()
}

fn start() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn after_ms(ms: i64) -> Timestamp {
    start() + SignedDuration::from_millis(ms)
}

fn token(user: UserId) -> String {
    let (token, _) = auth::token::issue(&keys(), user, SessionId::new(), start()).unwrap();
    token.expose().to_owned()
}

fn init(user: UserId) -> Event {
    let params = json!({"authorization": format!("Bearer {}", token(user))});
    Event::Text(json!({"type": "connection_init", "payload": params}).to_string())
}

fn text(text: &str) -> Event {
    Event::Text(text.to_owned())
}

fn subscribe(id: &str) -> Event {
    Event::Text(json!({"type": "subscribe", "id": id, "payload": {"query": "{ me { id } }"}}).to_string())
}

/// Runs events a millisecond apart, and says what came of each: effects as words.
fn run(events: Vec<Event>) -> (State, Vec<String>, Option<Close>) {
    run_every(1, events)
}

fn run_every(ms: i64, events: Vec<Event>) -> (State, Vec<String>, Option<Close>) {
    let (mut state, mut words) = (State::new(start()), Vec::new());
    for (i, event) in events.into_iter().enumerate() {
        let Step { state: next, effects, close } = step(&keys(), state, event, after_ms(i as i64 * ms));
        state = next;
        words.extend(effects.iter().map(word));
        if close.is_some() {
            return (state, words, close);
        }
    }
    (state, words, None)
}

fn word(effect: &Effect) -> String {
    match effect {
        Effect::Send(text) => text.clone(),
        Effect::Join { .. } => "join".to_owned(),
        Effect::Start { operation, .. } => format!("start {}", operation.id),
        Effect::Stop { operation, .. } => format!("stop {operation}"),
    }
}

const ACK: &str = r#"{"type":"connection_ack"}"#;

#[test]
fn a_conversation_goes_as_the_protocol_says() {
    let alice = UserId::new();
    let next = |id: &str| Event::Produced {
        operation: id.to_owned(),
        output: Output::Next(r#"{"data":1}"#.to_owned()),
    };
    let complete = |id: &str| Event::Produced { operation: id.to_owned(), output: Output::Complete };
    let (state, words, close) = run(vec![
        text(r#"{"type":"ping"}"#),
        init(alice),
        Event::Joined,
        text(r#"{"type":"ping","payload":{"a":[1]}}"#),
        text(r#"{"type":"pong","payload":{}}"#),
        subscribe("a\""),
        subscribe("b"),
        next("a\""),
        text(r#"{"type":"complete","id":"a\""}"#),
        next("a\""),
        complete("a\""),
        text(r#"{"type":"complete","id":"nobody's"}"#),
        subscribe("a\""),
        next("b"),
        complete("b"),
        Event::Produced { operation: "a\"".to_owned(), output: Output::Error("[]".to_owned()) },
    ]);
    let expected = [
        r#"{"type":"pong"}"#,
        "join",
        ACK,
        r#"{"payload":{"a":[1]},"type":"pong"}"#,
        "start a\"",
        "start b",
        r#"{"id":"a\"","type":"next","payload":{"data":1}}"#,
        "stop a\"",
        "start a\"",
        r#"{"id":"b","type":"next","payload":{"data":1}}"#,
        r#"{"id":"b","type":"complete"}"#,
        r#"{"id":"a\"","type":"error","payload":[]}"#,
    ];
    assert_eq!((words, close, state.operations()), (expected.map(str::to_owned).to_vec(), None, 0));
}

#[test]
fn every_way_to_break_the_protocol_has_its_close_code() {
    let alice = UserId::new();
    let open = || vec![init(alice), Event::Joined];
    let and = |mut events: Vec<Event>, more: Vec<Event>| {
        events.extend(more);
        events
    };
    let cases = [
        (vec![text("{")], 4400),
        (vec![text("[]")], 4400),
        (vec![text(r#"{"type":"ping","type":"ping"}"#)], 4400),
        (vec![text(r#"{"type":"connection_ack"}"#)], 4400),
        (vec![text(r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#)], 4400),
        (vec![text(r#"{"type":"ping","payload":[]}"#)], 4400),
        (vec![Event::Binary], 4400),
        (vec![Event::TooLarge], 1009),
        (vec![Event::Text(" ".repeat(FRAME_BYTES_MAX + 1))], 1009),
        (vec![subscribe("a")], 4401),
        (vec![init(alice), subscribe("a")], 4401),
        (vec![text(r#"{"type":"connection_init"}"#)], 4403),
        (vec![text(r#"{"type":"connection_init","payload":{"authorization":"Bearer x"}}"#)], 4403),
        (vec![init(alice), Event::Revoked], 4403),
        (vec![init(alice), Event::Crowded], 1013),
        (vec![init(alice), Event::Overloaded], 1013),
        (and(open(), vec![subscribe("a"), subscribe("a")]), 4409),
        (and(open(), vec![init(alice)]), 4429),
        (vec![init(alice), init(alice)], 4429),
        (and(open(), vec![text(r#"{"type":"ping"}"#); 21]), 1013),
        (and(open(), vec![Event::Restarting]), 1012),
    ];
    for (events, code) in cases {
        let (state, _, close) = run(events.clone());
        assert_eq!(close.map(|close| close.code), Some(code), "{events:?}");
        assert_eq!((state.until(), state.operations()), (None, 0));
    }
}

#[test]
fn time_closes_what_does_not_begin_and_what_has_ended() {
    let alice = UserId::new();
    let at = |state: State, ms| step(&keys(), state, Event::Tick, after_ms(ms));
    let waiting = at(State::new(start()), 4_999);
    assert_eq!(waiting.close, None);
    assert_eq!(at(waiting.state, 5_000).close, Some(Close::no_init()));
    let (open, _, _) = run(vec![init(alice), Event::Joined]);
    assert_eq!(open.until(), Some(after_ms(900_000)));
    assert_eq!(at(open.clone(), 899_999).close, None);
    assert_eq!(at(open, 900_000).close, Some(Close::forbidden()));
}

#[test]
fn a_socket_has_twenty_operations_and_twenty_messages_a_second() {
    let alice = UserId::new();
    let many = |count: usize| (0..count).map(|i| subscribe(&i.to_string()));
    let begun = |words: &[String]| words.iter().filter(|word| word.starts_with("start")).count();
    let refused = |words: &[String]| words.iter().filter(|word| word.contains("RATE_LIMITED")).count();
    let events = |count| [init(alice), Event::Joined].into_iter().chain(many(count)).collect::<Vec<_>>();
    let (state, words, close) = run(events(20));
    assert_eq!((begun(&words), refused(&words), close), (20, 0, None));
    assert_eq!(state.operations(), SOCKET_OPERATIONS_MAX);
    let (_, words, close) = run(events(21));
    assert_eq!((begun(&words), refused(&words), close), (20, 1, None), "one past it within a second");
    let (state, words, close) = run_every(100, events(21));
    assert_eq!((begun(&words), refused(&words), close), (20, 1, None), "one past it at leisure");
    // Ends are heard however often they come, and make room.
    let end = step(&keys(), state, text(r#"{"type":"complete","id":"3"}"#), after_ms(2_500));
    let again = step(&keys(), end.state, subscribe("3"), after_ms(4_000));
    assert_eq!(again.effects.iter().map(word).collect::<Vec<_>>(), ["start 3"]);
}

#[test]
fn a_close_reason_fits_its_frame_whatever_it_names() {
    let id = "ä".repeat(64);
    let close = Close::in_use(&id);
    assert!(close.reason.len() <= 123 && close.reason.ends_with('ä'), "{}", close.reason);
}

fn events() -> impl Strategy<Value = Event> {
    let alice = UserId::from_uuid(uuid::Uuid::nil());
    let id = || prop_oneof!["[ab]", "\\PC{0,200}"];
    let output = prop_oneof![
        Just(Output::Next("{}".to_owned())),
        Just(Output::Error("[]".to_owned())),
        Just(Output::Complete)
    ];
    prop_oneof![
        3 => Just(init(alice)),
        3 => Just(Event::Joined),
        1 => Just(Event::Crowded),
        1 => Just(Event::Binary),
        1 => Just(Event::Tick),
        8 => id().prop_map(|id| subscribe(&id)),
        4 => id().prop_map(|id| Event::Text(json!({"type": "complete", "id": id}).to_string())),
        2 => Just(text(r#"{"type":"ping","payload":{}}"#)),
        2 => Just(text(r#"{"type":"pong"}"#)),
        2 => any::<String>().prop_map(Event::Text),
        2 => "[\\[{\"a-z:,}\\] ]{0,40}".prop_map(Event::Text),
        4 => (id(), output).prop_map(|(operation, output)| Event::Produced { operation, output }),
    ]
}

proptest! {
    #[test]
    fn no_sequence_of_events_panics_or_grows_past_its_bounds(
        events in prop::collection::vec((events(), 0_i64..700), 0..60)
    ) {
        let (mut state, mut at_ms, mut joins) = (State::new(start()), 0, 0);
        for (event, wait_ms) in events {
            at_ms += wait_ms;
            let was_closed = state.until().is_none();
            let step = step(&keys(), state, event, after_ms(at_ms));
            assert!(!was_closed || (step.effects.is_empty() && step.close.is_none()));
            assert!(step.effects.len() <= 1);
            joins += step.effects.iter().filter(|effect| matches!(effect, Effect::Join { .. })).count();
            if let Some(close) = &step.close {
                assert!(close.reason.len() <= 123 && step.effects.is_empty() && step.state.until().is_none());
            }
            assert!(step.state.operations() <= SOCKET_OPERATIONS_MAX);
            let kept = serde_json::to_string(&step.state).unwrap();
            assert!(kept.len() < 6_000, "{kept}");
            assert_eq!(serde_json::from_str::<State>(&kept).unwrap(), step.state);
            state = step.state;
        }
        assert!(joins <= 1);
    }
}
