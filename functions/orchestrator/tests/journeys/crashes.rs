//! The process dies; the next one finishes what it had begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use jiff::SignedDuration;
use tokio::sync::Notify;

use crate::world::{Consumer, QUESTION, World, answer, consume, plain};

/// Deliveries of one analysis, as the first test of `deliveries` counts them.
const DELIVERIES: usize = 5;

/// Consumes `lives` messages, then hangs: before the next one is handled, or after it was and before it is acknowledged.
fn mortal(lives: usize, handles_the_last: bool) -> (Consumer, Arc<Notify>) {
    let (seen, died) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let dies = Arc::clone(&died);
    let consumer: Consumer = Arc::new(move |app, queue, event| {
        let (nth, dies) = (seen.fetch_add(1, Ordering::SeqCst), Arc::clone(&dies));
        Box::pin(async move {
            if nth < lives {
                return consume(&app, &queue, event).await;
            }
            if handles_the_last && nth == lives {
                consume(&app, &queue, event).await;
            }
            dies.notify_one();
            std::future::pending().await
        })
    });
    (consumer, died)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_anywhere_costs_nothing() {
    for lives in 0..DELIVERIES {
        for handles_the_last in [false, true] {
            let (consumer, died) = mortal(lives, handles_the_last);
            let mut world = World::with(consumer).await;
            let id = world.ask(&world.db.alice, QUESTION).await;
            died.notified().await;
            world.start(SignedDuration::ZERO, plain());
            world.run_until_idle().await;
            let request = world.request(&world.db.alice, id).await.unwrap();
            let place = format!("after {lives} deliveries, the last one handled: {handles_the_last}");
            assert_eq!(request.status, AnalysisRequestStatus::Completed, "{place}: {request:?}");
            assert!(!answer(&request)["figures"].as_array().unwrap().is_empty(), "{place}");
            assert_eq!(world.tasks(&world.db.alice, id).await.len(), 2, "{place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_that_nobody_works_on_ends_at_its_deadline() {
    let lost: Consumer = Arc::new(|app, queue, event| {
        Box::pin(async move {
            if queue == "orchestrator" { consume(&app, &queue, event).await } else { Default::default() }
        })
    });
    let mut world = World::with(Arc::clone(&lost)).await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!(request.status, AnalysisRequestStatus::Processing);
    world.start(SignedDuration::from_mins(16), lost);
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(ending, (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::DeadlineExceeded)));
}
