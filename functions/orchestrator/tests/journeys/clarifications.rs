//! An analysis that cannot know which store is meant asks its merchant, waits with nothing held, and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::ids::{AnalysisRequestId, LinkedAccountId};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{
    Consumer, Handled, QUESTION, World, answer, answer_back, cancel, consume, link, plain, refusal,
};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
const OTHER: &str = "north.myshopify.com";

/// Alice's question in a world in which she has two stores, and the second of them.
async fn asked_back(world: &World) -> (AnalysisRequestId, LinkedAccountId) {
    let second = link(&world.app, &world.db.alice, OTHER, "shpat_bob").await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    assert_eq!(status(world, id).await, AnalysisRequestStatus::AwaitingClarification);
    (id, second)
}

async fn status(world: &World, id: AnalysisRequestId) -> AnalysisRequestStatus {
    world.request(&world.db.alice, id).await.unwrap().status
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_chooses_the_store_and_the_analysis_goes_on() {
    let world = World::new().await;
    let (id, second) = asked_back(&world).await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let asked = request.clarification.unwrap();
    assert_eq!(asked.question, "Which store is it about?");
    assert_eq!(asked.options, [OTHER, "alice.myshopify.com"], "in the order in which they were linked");
    assert_eq!((request.linked_account_id, request.result, asked.answer), (None, None, None));
    assert!(world.tasks(&world.db.alice, id).await.is_empty());
    assert_eq!(world.waiting().await, [("orchestrator".to_owned(), asked.expires_at.as_second(), false)]);
    assert!(world.folded(id).await.open_clarification().is_some());

    let payload = answer_back(&world.app, &world.db.alice, id, "  North.MyShopify.COM ").await;
    let shown = json!({"question": asked.question, "options": asked.options, "answer": OTHER,
        "expiresAt": asked.expires_at.to_string()});
    let expected = json!({"id": id.opaque(), "status": "PROCESSING", "progress": 0.05,
        "linkedAccount": {"accountIdentifier": OTHER}, "clarification": shown});
    assert_eq!(payload, json!({"analysisRequest": expected, "userErrors": []}));
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!(
        (request.status, request.linked_account_id),
        (AnalysisRequestStatus::Completed, Some(second)),
        "{request:?}"
    );
    assert!(!answer(&request)["figures"].as_array().unwrap().is_empty());
    assert_eq!(request.clarification.unwrap().answer.as_deref(), Some(OTHER), "it is shown after the answer");
    assert!(world.folded(id).await.is_done());
    assert_eq!(world.waiting().await, []);
    let again = answer_back(&world.app, &world.db.alice, id, OTHER).await;
    assert_eq!(refusal(&again), Some("CONFLICT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_delivered_twice_at_once_asks_once_and_goes_on_once() {
    let twice: Consumer = Arc::new(|app, queue, event| {
        Box::pin(async move {
            let (first, second) =
                tokio::join!(consume(&app, &queue, event.clone()), consume(&app, &queue, event));
            if first.batch_item_failures.is_empty() { second } else { first }
        }) as Handled
    });
    let world = World::with(twice).await;
    let (id, _) = asked_back(&world).await;
    let (alice, app) = (&world.db.alice, &world.app);
    let (one, two) = tokio::join!(answer_back(app, alice, id, OTHER), answer_back(app, alice, id, OTHER));
    let mut refusals = [refusal(&one), refusal(&two)];
    refusals.sort_unstable();
    assert_eq!(refusals, [None, Some("CONFLICT")], "one answer is taken");
    world.run_until_idle().await;
    assert_eq!(status(&world, id).await, AnalysisRequestStatus::Completed);
    assert_eq!(world.tasks(alice, id).await.len(), 2);
    let delivered = world.delivered.lock().unwrap().clone();
    let before = world.request(alice, id).await;
    for (queue, event) in delivered.iter().rev() {
        assert!(consume(app, queue, event.clone()).await.batch_item_failures.is_empty());
    }
    assert_eq!(world.request(alice, id).await, before);
    assert!(world.folded(id).await.is_done());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_it_ends_after_seven_days() {
    let mut world = World::new().await;
    let (id, _) = asked_back(&world).await;
    world.start(WEEK - SignedDuration::from_mins(30), plain());
    world.run_until_idle().await;
    assert_eq!(status(&world, id).await, AnalysisRequestStatus::AwaitingClarification);
    world.start(SignedDuration::from_mins(31), plain());
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(ending, (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::ClarificationExpired)));
    assert_eq!(request.clarification.unwrap().answer, None);
    assert_eq!(world.waiting().await, []);
    assert!(world.folded(id).await.is_done());
    let late = answer_back(&world.app, &world.db.alice, id, OTHER).await;
    assert_eq!(refusal(&late), Some("CONFLICT"));
    assert_eq!(cancel(&world.app, &world.db.alice, id).await["userErrors"][0]["code"], "CONFLICT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_is_refused_though_nobody_has_ended_it_yet() {
    let mut world = World::new().await;
    let (id, _) = asked_back(&world).await;
    let idle: Consumer = Arc::new(|_, _, _| Box::pin(std::future::pending()));
    world.start(WEEK + SignedDuration::from_mins(1), idle);
    let late = answer_back(&world.app, &world.db.alice, id, OTHER).await;
    assert_eq!(refusal(&late), Some("CONFLICT"));
    world.start(SignedDuration::ZERO, plain());
    world.run_until_idle().await;
    assert_eq!(status(&world, id).await, AnalysisRequestStatus::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_it_waited_are_not_counted_and_the_minutes_of_work_are() {
    let departments_hang = Arc::new(AtomicBool::new(false));
    let hang = Arc::clone(&departments_hang);
    let consumer: Consumer = Arc::new(move |app, queue, event| {
        let hangs = hang.load(Ordering::SeqCst) && queue != "orchestrator";
        Box::pin(async move { if hangs { Default::default() } else { consume(&app, &queue, event).await } })
    });
    let mut world = World::with(Arc::clone(&consumer)).await;
    let (quick, _) = asked_back(&world).await;
    let slow = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    world.start(SignedDuration::from_hours(3 * 24), Arc::clone(&consumer));
    assert_eq!(refusal(&answer_back(&world.app, &world.db.alice, quick, OTHER).await), None);
    world.run_until_idle().await;
    assert_eq!(status(&world, quick).await, AnalysisRequestStatus::Completed);
    departments_hang.store(true, Ordering::SeqCst);
    assert_eq!(refusal(&answer_back(&world.app, &world.db.alice, slow, OTHER).await), None);
    world.run_until_idle().await;
    assert_eq!(status(&world, slow).await, AnalysisRequestStatus::Processing);
    world.start(SignedDuration::from_mins(16), consumer);
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, slow).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(ending, (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::DeadlineExceeded)));
    assert!(world.folded(slow).await.is_done());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlives_the_process_that_took_it() {
    let mut world = World::new().await;
    let (id, _) = asked_back(&world).await;
    world.kill();
    assert_eq!(refusal(&answer_back(&world.app, &world.db.alice, id, OTHER).await), None);
    world.start(SignedDuration::ZERO, plain());
    world.run_until_idle().await;
    assert_eq!(status(&world, id).await, AnalysisRequestStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_can_be_cancelled_and_then_waits_for_nothing() {
    let mut world = World::new().await;
    let (id, _) = asked_back(&world).await;
    let cancelled = cancel(&world.app, &world.db.alice, id).await;
    assert_eq!(cancelled["analysisRequest"]["status"], "CANCELLED");
    assert_eq!(cancelled["analysisRequest"]["clarification"]["answer"], json!(null));
    assert_eq!(refusal(&answer_back(&world.app, &world.db.alice, id, OTHER).await), Some("CONFLICT"));
    world.run_until_idle().await;
    assert_eq!(world.waiting().await, []);
    world.start(WEEK + SignedDuration::from_mins(1), plain());
    world.run_until_idle().await;
    assert_eq!(status(&world, id).await, AnalysisRequestStatus::Cancelled);
    assert_eq!(world.folded(id).await.status(), AnalysisRequestStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_disconnected_meanwhile_is_not_chosen() {
    let world = World::new().await;
    let third = link(&world.app, &world.db.alice, "south.myshopify.com", "shpat_alice").await;
    let (id, second) = asked_back(&world).await;
    let owner = world.db.owner().await;
    let unlink = "update linked_accounts set status = 'unlinked' where id = $1";
    owner.execute(unlink, &[&second.uuid()]).await.unwrap();
    let payload = answer_back(&world.app, &world.db.alice, id, OTHER).await;
    assert_eq!((refusal(&payload), &payload["analysisRequest"]["linkedAccount"]), (None, &json!(null)));
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let asked = request.clarification.unwrap();
    assert_eq!((request.status, asked.answer), (AnalysisRequestStatus::AwaitingClarification, None));
    assert_eq!(asked.options, ["south.myshopify.com", "alice.myshopify.com"], "it asks again");
    assert_eq!(world.waiting().await, [("orchestrator".to_owned(), asked.expires_at.as_second(), false)]);
    owner.execute(unlink, &[&third.uuid()]).await.unwrap();
    let payload = answer_back(&world.app, &world.db.alice, id, "south.myshopify.com").await;
    assert_eq!(refusal(&payload), None);
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(
        ending,
        (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::NoStore)),
        "no other store is taken for the one that was chosen"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bob_can_neither_see_nor_answer_what_alice_is_asked() {
    let world = World::new().await;
    let (id, _) = asked_back(&world).await;
    let before = world.request(&world.db.alice, id).await;
    let foreign = answer_back(&world.app, &world.db.bob, id, OTHER).await;
    assert_eq!(refusal(&foreign), Some("NOT_FOUND"));
    let unknown = answer_back(&world.app, &world.db.bob, AnalysisRequestId::new(), OTHER).await;
    assert_eq!(foreign, unknown);
    assert_eq!(world.request(&world.db.bob, id).await, None);
    assert_eq!(world.request(&world.db.alice, id).await, before);
    let bobs = world.ask(&world.db.bob, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.bob, bobs).await.unwrap();
    assert_eq!(request.status, AnalysisRequestStatus::Completed, "he has one store and is asked nothing");
}
