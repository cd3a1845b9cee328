//! Questions back: which answers they take, what the clock does meanwhile, and which message waits for what.

use domain::ids::AnalysisRequestId;
use flow::analysis::state::State;
use flow::analysis::{self, Event, timers};
use serde_json::json;
use uuid::Uuid;

use crate::plans::{account, answered, asked_back, at};

const WEEK: i64 = 7 * 86_400;

fn run(events: &[Event]) -> State {
    events.iter().fold(State::default(), |state, event| analysis::step(state, event).state)
}

#[test]
fn an_answer_is_one_of_the_options_whatever_its_case_and_the_space_around_it() {
    let waiting = run(&[Event::Asked { at: at(0) }, asked_back(1, 60)]);
    let open = waiting.open_clarification().unwrap();
    for (answer, accepted) in [
        ("north.myshopify.com", Some("north.myshopify.com")),
        (" \n\u{2003}NORTH.MyShopify.Com\t", Some("north.myshopify.com")),
        ("south.myshopify.com", Some("south.myshopify.com")),
        ("south", None),
        ("", None),
        (" ", None),
        ("north.myshopify.com\0", None),
    ] {
        assert_eq!(open.accept(answer).as_deref(), accepted, "{answer:?}");
    }
    let mut strasse = open.clone();
    strasse.options = vec!["Stra\u{df}e".to_owned()];
    assert_eq!(strasse.accept("STRASSE").as_deref(), Some("Stra\u{df}e"));
    let mut free = open.clone();
    free.options.clear();
    assert_eq!(free.accept(" any text ").as_deref(), Some("any text"));
    assert_eq!(free.accept(&"\u{e4}".repeat(4_000)).map(|text| text.chars().count()), Some(4_000));
    assert_eq!(free.accept(&"\u{e4}".repeat(4_001)), None);
}

#[test]
fn the_answer_chooses_the_account_and_the_last_answer_counts() {
    let first = [Event::Asked { at: at(0) }, asked_back(1, 60), answered(1, 90, "SOUTH.myshopify.com")];
    assert_eq!(run(&first).chosen_account(), Some(account(2)));
    let second = [&first[..], &[asked_back(2, 120)]].concat();
    assert_eq!(run(&second).chosen_account(), Some(account(2)), "an open question chooses nothing");
    let second = [&second[..], &[answered(2, 150, "north.myshopify.com")]].concat();
    assert_eq!(run(&second).chosen_account(), Some(account(1)));
    assert_eq!(State::default().chosen_account(), None);
}

#[test]
fn the_clock_stands_still_while_it_waits() {
    let waiting = run(&[Event::Asked { at: at(0) }, asked_back(1, 60)]);
    assert_eq!((waiting.deadline(), waiting.due(at(900))), (None, None));
    assert_eq!(waiting.due(at(60 + WEEK - 1)), None);
    assert_eq!(waiting.due(at(60 + WEEK)), Some(Event::Expired));
    let chosen = run(&[
        Event::Asked { at: at(0) },
        asked_back(1, 60),
        answered(1, 60 + WEEK - 1, "north.myshopify.com"),
    ]);
    assert_eq!(chosen.deadline(), Some(at(900 + WEEK - 1)));
    assert_eq!(chosen.due(at(900 + WEEK - 2)), None);
    assert_eq!(chosen.due(at(900 + WEEK - 1)), Some(Event::TimedOut));
}

#[test]
fn an_answer_given_twice_changes_nothing_the_second_time() {
    let once = [Event::Asked { at: at(0) }, asked_back(1, 60), answered(1, 90, "north.myshopify.com")];
    for again in [answered(1, 90, "north.myshopify.com"), answered(1, 95, "south.myshopify.com")] {
        assert_eq!(run(&[&once[..], std::slice::from_ref(&again)].concat()), run(&once));
        // Nor does it answer the next question.
        let next = [&once[..], &[asked_back(2, 120)]].concat();
        assert_eq!(run(&[&next[..], &[again]].concat()), run(&next));
    }
}

#[test]
fn each_state_waits_for_its_own_message_alone() {
    let request = AnalysisRequestId::from_uuid(Uuid::from_u128(1));
    let mut events = vec![Event::Asked { at: at(0) }];
    let mut armed = vec![timers::armed(request, &run(&events)).unwrap()];
    for number in 1..=3 {
        for event in [asked_back(number, 60), answered(number, 90, "north.myshopify.com")] {
            events.push(event);
            armed.push(timers::armed(request, &run(&events)).unwrap());
        }
    }
    let mut all = timers::all(request);
    let other = timers::all(AnalysisRequestId::from_uuid(Uuid::from_u128(2)));
    assert!(all.iter().all(|id| !other.contains(id)));
    armed.sort();
    all.sort();
    assert_eq!(armed, all, "every one is known without looking");
    armed.dedup();
    assert_eq!(armed.len(), 7, "and no two are the same");
    for idle in [run(&[]), run(&[&events[..], &[Event::Cancelled]].concat())] {
        assert_eq!(timers::armed(request, &idle), None);
    }
}

#[test]
fn questions_and_answers_keep_their_spelling_in_the_journal() {
    let written =
        serde_json::to_value([asked_back(1, 60), answered(1, 90, "north"), Event::Expired]).unwrap();
    let accounts = [account(1).uuid(), account(2).uuid()];
    let expected = json!([
        {"kind": "asked_back", "body": {
            "number": 1, "at": "1970-01-01T00:01:00Z", "question": "Which store is it about?",
            "options": ["north.myshopify.com", "south.myshopify.com"], "about": {"store": {"accounts": accounts}},
        }},
        {"kind": "answered", "body": {"number": 1, "at": "1970-01-01T00:01:30Z", "answer": "north"}},
        {"kind": "expired"},
    ]);
    assert_eq!(written, expected);
    let kinds = [asked_back(1, 60), answered(1, 90, "north"), Event::Expired].map(|event| event.kind());
    assert_eq!(kinds, ["asked_back", "answered", "expired"]);
}
