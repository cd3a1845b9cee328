//! Every event in every phase, printed: a reviewer sees the policy change, not the code that caused it.

use std::fmt::Write;

use crate::plans::{answered, asked_back, at, failed, fewer_steps, other_queries, plan, task};
use domain::refusal::AnalysisErrorCode;
use flow::analysis::state::{Failure, Phase, State};
use flow::analysis::{self, Command, Event, Outcome};

fn run(events: &[Event]) -> State {
    events.iter().fold(State::default(), |state, event| analysis::step(state, event).state)
}

fn events() -> Vec<(&'static str, Event)> {
    let reported = |n, outcome| Event::Reported { task: task(n), outcome };
    let refused =
        Event::Refused { code: AnalysisErrorCode::Unanswerable, message: "No weather here.".to_owned() };
    vec![
        ("asked", Event::Asked { at: at(0) }),
        ("asked later", Event::Asked { at: at(60) }),
        ("planned", Event::Planned { plan: plan() }),
        ("planned nothing", Event::Planned { plan: flow::plan::Plan { steps: Vec::new(), ..plan() } }),
        ("settled", Event::Settled { plan: None }),
        ("settled anew", Event::Settled { plan: Some(other_queries()) }),
        ("settled otherwise", Event::Settled { plan: Some(fewer_steps()) }),
        ("refused", refused),
        ("asked back", asked_back(1, 60)),
        ("asked back again", asked_back(2, 120)),
        ("asked back a 4th time", asked_back(4, 120)),
        ("answered", answered(1, 180, " North.MyShopify.com ")),
        ("answered 2", answered(2, 180, "south.myshopify.com")),
        ("answered otherwise", answered(1, 180, "the one in town")),
        ("answered too late", answered(1, 60 + 7 * 86_400, "north.myshopify.com")),
        ("expired", Event::Expired),
        ("reported 1", reported(1, Outcome::Completed)),
        ("reported 2", reported(2, Outcome::Completed)),
        ("reported 3", reported(3, Outcome::Completed)),
        ("reported 9", reported(9, Outcome::Completed)),
        ("reported 1 failed", reported(1, failed(AnalysisErrorCode::ExternalServiceError))),
        ("reported 2 failed", reported(2, failed(AnalysisErrorCode::NoData))),
        ("reported 3 failed", reported(3, failed(AnalysisErrorCode::AgentProcessingError))),
        ("rendered", Event::Rendered),
        ("render failed", Event::RenderFailed { message: "a chart has no rows".to_owned() }),
        ("timed out", Event::TimedOut),
        ("cancelled", Event::Cancelled),
    ]
}

fn phases() -> Vec<(&'static str, State)> {
    let asked = Event::Asked { at: at(0) };
    let planned = Event::Planned { plan: plan() };
    let done = |n| Event::Reported { task: task(n), outcome: Outcome::Completed };
    let settled = Event::Settled { plan: None };
    let working = [asked.clone(), planned.clone(), done(1), settled.clone()];
    let rendering = [asked.clone(), planned.clone(), done(1), settled, done(2), done(3)];
    let mut exhausted = run(&working);
    exhausted.turns_left = 0;
    let waiting = [asked.clone(), asked_back(1, 60)];
    let chosen = [&waiting[..], &[answered(1, 180, "north.myshopify.com")]].concat();
    let asked_thrice: Vec<_> =
        (1..=3).flat_map(|n| [asked_back(n, 60), answered(n, 60, "south.myshopify.com")]).collect();
    let asked_thrice = [std::slice::from_ref(&asked), &asked_thrice].concat();
    vec![
        ("new", State::default()),
        ("planning", run(std::slice::from_ref(&asked))),
        ("waiting for the merchant", run(&waiting)),
        ("planning after an answer", run(&chosen)),
        ("waiting again", run(&[&chosen[..], &[asked_back(2, 240)]].concat())),
        ("planning after three answers", run(&asked_thrice)),
        ("working on 1", run(&[asked.clone(), planned.clone()])),
        ("settling", run(&[asked, planned, done(1)])),
        ("working on 2 and 3", run(&working)),
        ("working without turns", exhausted),
        ("rendering", run(&rendering)),
        ("done", run(&[&rendering[..], &[Event::Rendered]].concat())),
    ]
}

fn phase(state: &State) -> String {
    match &state.phase {
        Phase::Done { ending } => format!("done {}", serde_json::to_string(ending).unwrap()),
        other => serde_json::to_string(other).unwrap(),
    }
}

fn order(command: &Command) -> String {
    match command {
        Command::WakeAt { at } => format!("wake at {at}"),
        Command::ExpireAt { at } => format!("expire at {at}"),
        Command::Plan => "plan".to_owned(),
        Command::Settle => "settle".to_owned(),
        Command::Dispatch { steps } => {
            let steps: Vec<_> = steps.iter().map(|id| id.uuid().as_u128().to_string()).collect();
            format!("dispatch {}", steps.join(" and "))
        }
        Command::Render => "render".to_owned(),
        Command::Finish { .. } => "finish".to_owned(),
    }
}

#[test]
fn every_event_in_every_phase_does_what_the_table_says() {
    let mut table = String::new();
    for (name, state) in phases() {
        writeln!(table, "{name} ({:.2})", analysis::progress(&state)).unwrap();
        for (event_name, event) in events() {
            let step = analysis::step(state.clone(), &event);
            if step.state == state {
                assert_eq!(step.commands, [], "{name} + {event_name} orders without a change");
                continue;
            }
            let orders: Vec<_> = step.commands.iter().map(order).collect();
            writeln!(table, "  {event_name:18} -> {}; {}", phase(&step.state), orders.join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_step_that_is_not_essential_becomes_a_caveat() {
    let reported = |n, outcome| Event::Reported { task: task(n), outcome };
    let events = [
        Event::Asked { at: at(0) },
        Event::Planned { plan: plan() },
        reported(1, Outcome::Completed),
        Event::Settled { plan: None },
        reported(3, failed(AnalysisErrorCode::NoData)),
        reported(2, Outcome::Completed),
    ];
    let state = run(&events);
    assert_eq!(state.phase, Phase::Rendering);
    assert_eq!(state.caveats(), ["\"step 3\" is missing: it broke"]);
    assert_eq!(analysis::pending(&state), [Command::Render]);
}

#[test]
fn an_essential_step_behind_a_failed_one_fails_for_the_first_ones_reason() {
    let mut plan = plan();
    plan.steps[0].essential = false;
    let reported =
        Event::Reported { task: task(1), outcome: failed(AnalysisErrorCode::ExternalServiceError) };
    let state = run(&[Event::Asked { at: at(0) }, Event::Planned { plan }, reported]);
    let failure = Failure { code: AnalysisErrorCode::ExternalServiceError, message: "it broke".to_owned() };
    let ending = flow::analysis::state::Ending::Failed { failure };
    assert_eq!(state.phase, Phase::Done { ending });
}

#[test]
fn the_deadline_is_fifteen_minutes_after_the_question() {
    let state = run(&[Event::Asked { at: at(0) }]);
    assert_eq!(state.deadline(), Some(at(900)));
    assert_eq!(state.due(at(899)), None);
    assert_eq!(state.due(at(900)), Some(Event::TimedOut));
    assert_eq!(State::default().due(at(900)), None, "what has not begun is not late");
    let ended = run(&[Event::Asked { at: at(0) }, Event::Cancelled]);
    assert_eq!(ended.due(at(900)), None, "what has ended is not late");
}
