//! Whatever comes, in whatever order and however often: the analysis ends, within its bounds, and its journal folds to
//! its checkpoint.

use crate::plans::{answered, asked_back, at, failed, plan, task};
use domain::limits::{CLARIFICATIONS_MAX, PLAN_STEPS_MAX, TURNS_MAX};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use flow::analysis::cancellation::{Cancellation, cancellation};
use flow::analysis::state::{Ending, Phase, State, StepStatus};
use flow::analysis::{self, Command, Event, Outcome};
use flow::plan::{Plan, Step, Work};
use jiff::Timestamp;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::sample::Index;

fn some_plan() -> impl Strategy<Value = Plan> {
    let step = (any::<bool>(), prop::collection::vec(any::<Index>(), 0..3));
    prop::collection::vec(step, 0..PLAN_STEPS_MAX + 2).prop_map(|steps| {
        let build = |(n, (essential, needs)): (usize, (bool, Vec<Index>))| {
            let before = |index: &Index| task(index.index(n.max(1)) as u128);
            let depends_on = if n == 0 { Vec::new() } else { needs.iter().map(before).collect() };
            {
                let work =
                    if n == 0 { Work::RefreshMirror } else { Work::QueryMetrics { queries: Vec::new() } };
                Step { id: task(n as u128), description: format!("step {n}"), work, depends_on, essential }
            }
        };
        Plan { steps: steps.into_iter().enumerate().map(build).collect(), ..plan() }
    })
}

fn some_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Completed),
        1 => Just(failed(AnalysisErrorCode::ExternalServiceError)),
        1 => Just(failed(AnalysisErrorCode::NoData)),
    ]
}

fn some_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => (0..2000_i64).prop_map(|seconds| Event::Asked { at: at(seconds) }),
        1 => some_plan().prop_map(|plan| Event::Planned { plan }),
        1 => Just(Event::Refused { code: AnalysisErrorCode::Unanswerable, message: "no".to_owned() }),
        2 => (1..5_usize, 0..2000_i64).prop_map(|(number, seconds)| asked_back(number, seconds)),
        2 => (1..5_usize, 0..2000_i64, some_answer())
            .prop_map(|(number, seconds, answer)| answered(number, seconds, answer)),
        1 => Just(Event::Expired),
        8 => (0..14_u128, some_outcome()).prop_map(|(n, outcome)| Event::Reported { task: task(n), outcome }),
        2 => Just(Event::Settled { plan: None }),
        1 => some_plan().prop_map(|plan| Event::Settled { plan: Some(plan) }),
        1 => Just(Event::Rendered),
        1 => Just(Event::RenderFailed { message: "no".to_owned() }),
        1 => Just(Event::TimedOut),
        1 => Just(Event::Cancelled),
    ]
}

fn some_answer() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("north.myshopify.com"), Just(" SOUTH.myshopify.com"), Just("neither"), Just("")]
}

/// What the world does next with the orders it was given.
#[derive(Clone, Debug)]
struct Move {
    pick: Index,
    outcome: Outcome,
    /// Asks back where it should plan, if it still may.
    unclear: bool,
    /// Delivers the picked message again later.
    again: bool,
}

fn some_moves() -> impl Strategy<Value = Vec<Move>> {
    let one = (any::<Index>(), some_outcome(), any::<bool>(), any::<bool>());
    let one = one.prop_map(|(pick, outcome, unclear, again)| Move { pick, outcome, unclear, again });
    prop::collection::vec(one, 80)
}

fn bounds_hold(before: &State, after: &State) {
    assert!(after.turns_left <= before.turns_left && after.turns_left <= TURNS_MAX);
    assert!(analysis::progress(after) >= analysis::progress(before), "progress goes back");
    assert!(after.steps.len() <= PLAN_STEPS_MAX);
    assert!(after.clarifications.len() <= CLARIFICATIONS_MAX);
    let open = after.clarifications.iter().filter(|asked| asked.answer.is_none()).count();
    assert!(open <= 1 && (open == 1 || after.phase != Phase::AwaitingClarification), "{after:?}");
    if before.is_done() {
        assert_eq!(before, after, "what has ended has ended");
    }
}

proptest! {
    #[test]
    fn any_events_in_any_order_keep_the_bounds(events in prop::collection::vec(some_event(), 0..60)) {
        let mut state = State::default();
        for event in &events {
            let step = analysis::step(state.clone(), event);
            bounds_hold(&state, &step.state);
            let finishes = step.commands.iter().any(|command| matches!(command, Command::Finish { .. }));
            assert_eq!(finishes, step.state.is_done() && !state.is_done(), "an ending is ordered once");
            state = step.state;
        }
    }

    #[test]
    fn a_meaningless_event_changes_nothing_however_often_it_comes(
        events in prop::collection::vec(some_event(), 0..40), twice in any::<Index>(),
    ) {
        let mut once = State::default();
        let mut repeated = State::default();
        for (n, event) in events.iter().enumerate() {
            once = analysis::step(once, event).state;
            repeated = analysis::step(repeated, event).state;
            // A message is delivered again right after itself: nothing more happens. (A second plan in the same phase
            // cannot come: it is made in the turn that asks for it.)
            if n == twice.index(events.len()) {
                repeated = analysis::step(repeated, event).state;
            }
        }
        assert_eq!(once, repeated);
    }

    #[test]
    fn a_cancellation_is_final_from_everywhere_and_changes_one_member(
        events in prop::collection::vec(some_event(), 0..40), later in prop::collection::vec(some_event(), 0..20),
    ) {
        let state = events.iter().fold(State::default(), |state, event| analysis::step(state, event).state);
        let cancelled = analysis::step(state.clone(), &Event::Cancelled).state;
        assert!(cancelled.is_done());
        let after = later.iter().fold(cancelled.clone(), |state, event| analysis::step(state, event).state);
        assert_eq!(after, cancelled, "nothing follows");
        if !state.is_done() {
            assert_eq!(cancelled.status(), AnalysisRequestStatus::Cancelled);
            let Cancellation { fresh, change, progress } = cancellation().unwrap();
            assert_eq!(fresh, serde_json::to_value(State::default()).unwrap());
            let mut written = serde_json::to_value(&state).unwrap();
            written.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(written, serde_json::to_value(&cancelled).unwrap());
            assert!((progress - analysis::progress(&cancelled)).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn a_checkpoint_reads_back_wherever_it_was_written(events in prop::collection::vec(some_event(), 0..40)) {
        let state = events.iter().fold(State::default(), |state, event| analysis::step(state, event).state);
        let written = serde_json::to_value(&state).unwrap();
        assert_eq!(State::decode(written.clone()).unwrap(), state);
        assert_eq!(written["v"] == 1, state.clarifications.is_empty(), "older programs read what they can");
    }

    #[test]
    fn a_journey_ends_whatever_is_reordered_or_repeated(plan in some_plan(), moves in some_moves()) {
        let (journal, last) = journey(&plan, &moves);
        assert!(last.is_done(), "stuck in {last:?}");
        let folded = journal.iter().fold(State::default(), |state, event| analysis::step(state, event).state);
        assert_eq!(folded, last, "the checkpoint is the fold of the journal");
        for length in 0..=journal.len() {
            let prefix = &journal[..length];
            let again: Vec<_> = prefix.iter().chain(prefix).cloned().collect();
            let once = prefix.iter().fold(State::default(), |state, event| analysis::step(state, event).state);
            let twice = again.iter().fold(State::default(), |state, event| analysis::step(state, event).state);
            assert_eq!(once, twice, "the first {length} events, run again, change something");
        }
        if let Phase::Done { ending: Ending::Completed } = last.phase {
            let lost = last.plan.iter().flat_map(|plan| &plan.steps).zip(&last.steps);
            let lost = lost.filter(|(step, status)| step.essential && **status != StepStatus::Completed);
            assert_eq!(lost.count(), 0, "it completed without an essential step");
        }
    }
}

/// Plays the world: performs orders in any order, delivers some reports again. Gives the journal of what changed something.
fn journey(plan: &Plan, moves: &[Move]) -> (Vec<Event>, State) {
    let mut state = State::default();
    let mut journal = Vec::new();
    let mut in_flight = vec![Event::Asked { at: at(0) }];
    for Move { pick, outcome, unclear, again } in moves {
        if in_flight.is_empty() {
            break;
        }
        let mut event = in_flight.remove(pick.index(in_flight.len()));
        if let Event::Reported { outcome: reported, .. } = &mut event {
            // What a task's row says does not change between deliveries; a journey needs only one.
            *reported = outcome.clone();
        }
        if *again && in_flight.len() < 20 {
            in_flight.push(event.clone());
        }
        let step = analysis::step(state.clone(), &event);
        bounds_hold(&state, &step.state);
        if step.state != state {
            journal.push(event);
        }
        state = step.state;
        for command in step.commands {
            match command {
                Command::WakeAt { .. } | Command::Finish { .. } => {}
                Command::ExpireAt { .. } => {
                    in_flight.push(answered(state.clarifications.len(), 60, "north.myshopify.com"));
                }
                Command::Plan if *unclear => in_flight.push(asked_back(state.clarifications.len() + 1, 30)),
                Command::Plan => in_flight.push(Event::Planned { plan: plan.clone() }),
                Command::Settle => in_flight.push(Event::Settled { plan: None }),
                Command::Dispatch { steps } => in_flight.extend(
                    steps.into_iter().map(|task| Event::Reported { task, outcome: Outcome::Completed }),
                ),
                Command::Render => in_flight.push(Event::Rendered),
            }
        }
    }
    if !state.is_done() {
        // Deliveries ran out in this run of the test, as they may in life; then the clock ends it.
        let due = state.due(Timestamp::MAX).unwrap_or(Event::TimedOut);
        state = analysis::step(state, &due).state;
        journal.push(due);
    }
    (journal, state)
}
