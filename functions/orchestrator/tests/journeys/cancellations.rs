//! Whenever the merchant cancels: the analysis ends, its work has no effect, and nothing waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use auth::envelope::Message;
use aws_lambda_events::event::sqs::SqsEvent;
use domain::ids::AnalysisRequestId;
use domain::status::{AgentTaskStatus, AnalysisRequestStatus};
use jiff::SignedDuration;
use runtime::app::App;
use tokio::sync::Notify;

use crate::world::{Consumer, QUESTION, World, cancel, consume, plain, refusal};

/// Deliveries of one analysis, as the tests of `deliveries` count them.
const DELIVERIES: usize = 5;

/// When the merchant cancels, seen from one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Before,
    AtOnce,
    After,
}

/// Cancels around the delivery of that number what that delivery is about.
fn cancelling(at: usize, moment: Moment) -> Consumer {
    let seen = Arc::new(AtomicUsize::new(0));
    Arc::new(move |app, queue, event| {
        let nth = seen.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if nth != at {
                return consume(&app, &queue, event).await;
            }
            match moment {
                Moment::Before => {
                    cancel_what(&app, &event).await;
                    consume(&app, &queue, event).await
                }
                Moment::AtOnce => {
                    let (consumed, ()) =
                        tokio::join!(consume(&app, &queue, event.clone()), cancel_what(&app, &event));
                    consumed
                }
                Moment::After => {
                    let consumed = consume(&app, &queue, event.clone()).await;
                    cancel_what(&app, &event).await;
                    consumed
                }
            }
        })
    })
}

async fn cancel_what(app: &App, event: &SqsEvent) {
    let opened = auth::open(&app.keys, event.records[0].body.as_deref().unwrap()).unwrap();
    let (Message::Asked { request } | Message::Reported { request, .. } | Message::Task { request, .. }) =
        opened.message
    else {
        unreachable!("{:?}", opened.message)
    };
    cancel(app, &opened.tenant, request).await;
}

/// The end that a cancellation makes, wherever it came.
async fn assert_cancelled(world: &World, id: AnalysisRequestId, place: &str) {
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!(request.status, AnalysisRequestStatus::Cancelled, "{place}");
    assert_eq!((request.result, request.error_code), (None, None), "{place}");
    assert!(request.completed_at.is_some() && (request.progress - 1.0).abs() < f64::EPSILON, "{place}");
    for (department, status, _) in world.tasks(&world.db.alice, id).await {
        assert!(
            matches!(status, AgentTaskStatus::Cancelled | AgentTaskStatus::Completed),
            "{place}: {department:?} is {status:?}"
        );
    }
    assert_eq!(world.folded(id).await.status(), AnalysisRequestStatus::Cancelled, "{place}");
    assert_eq!(world.waiting().await, [], "{place}: nothing waits for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_at_any_moment_is_the_end() {
    for at in 0..DELIVERIES {
        for moment in [Moment::Before, Moment::AtOnce, Moment::After] {
            let world = World::with(cancelling(at, moment)).await;
            let id = world.ask(&world.db.alice, QUESTION).await;
            world.run_until_idle().await;
            let place = format!("{moment:?} delivery {at}");
            let request = world.request(&world.db.alice, id).await.unwrap();
            // Beside the last task and the turn that renders, either comes first: it was answered or it was cancelled.
            if at >= DELIVERIES - 2 && moment != Moment::Before && request.result.is_some() {
                assert_eq!(request.status, AnalysisRequestStatus::Completed, "{place}");
                assert!(world.folded(id).await.is_done(), "{place}");
                continue;
            }
            assert_cancelled(&world, id, &place).await;
            // It stands in nobody's way.
            let next = world.ask(&world.db.alice, QUESTION).await;
            let bobs = world.ask(&world.db.bob, QUESTION).await;
            world.run_until_idle().await;
            for (tenant, id) in [(&world.db.alice, next), (&world.db.bob, bobs)] {
                let status = world.request(tenant, id).await.unwrap().status;
                assert_eq!(status, AnalysisRequestStatus::Completed, "{place}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_had_begun_is_not_gone_on_with() {
    for lives in 0..DELIVERIES {
        let (seen, died) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let dies = Arc::clone(&died);
        let mortal: Consumer = Arc::new(move |app, queue, event| {
            let (nth, dies) = (seen.fetch_add(1, Ordering::SeqCst), Arc::clone(&dies));
            Box::pin(async move {
                if nth < lives {
                    return consume(&app, &queue, event).await;
                }
                dies.notify_one();
                std::future::pending().await
            })
        });
        let mut world = World::with(mortal).await;
        let id = world.ask(&world.db.alice, QUESTION).await;
        died.notified().await;
        world.kill();
        assert_eq!(refusal(&cancel(&world.app, &world.db.alice, id).await), None);
        world.start(SignedDuration::from_mins(16), plain());
        world.run_until_idle().await;
        assert_cancelled(&world, id, &format!("after {lives} deliveries and a crash")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_again_after_a_cancellation_changes_nothing() {
    let world = World::with(cancelling(DELIVERIES - 1, Moment::Before)).await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    assert_cancelled(&world, id, "the turn that would render").await;
    let before = world.request(&world.db.alice, id).await.unwrap();
    let delivered = world.delivered.lock().unwrap().clone();
    assert_eq!(delivered.len(), DELIVERIES);
    for (queue, event) in delivered.iter().rev().chain(&delivered) {
        let response = consume(&world.app, queue, event.clone()).await;
        assert!(response.batch_item_failures.is_empty(), "{queue}: {response:?}");
    }
    assert_eq!(world.request(&world.db.alice, id).await.unwrap(), before);
    let again = cancel(&world.app, &world.db.alice, id).await;
    assert_eq!(refusal(&again), Some("CONFLICT"), "what has ended is not ended again");
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_cannot_cancel_alices_analysis() {
    let idle: Consumer = Arc::new(|_, _, _| Box::pin(std::future::pending()));
    let world = World::with(idle).await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    let before = world.request(&world.db.alice, id).await.unwrap();
    let foreign = cancel(&world.app, &world.db.bob, id).await;
    assert_eq!(foreign, cancel(&world.app, &world.db.bob, AnalysisRequestId::new()).await);
    assert_eq!(refusal(&foreign), Some("NOT_FOUND"));
    assert_eq!(world.request(&world.db.alice, id).await.unwrap(), before);
}
