//! Messages come twice, late, and out of order: nothing more happens than once, in order.

use std::sync::Arc;

use domain::status::AnalysisRequestStatus;

use crate::world::{QUESTION, World, answer, consume};

#[tokio::test(flavor = "multi_thread")]
async fn every_message_delivered_twice_at_once_changes_nothing() {
    let twice = Arc::new(|app, queue: String, event: aws_lambda_events::event::sqs::SqsEvent| {
        Box::pin(async move {
            let (first, second) =
                tokio::join!(consume(&app, &queue, event.clone()), consume(&app, &queue, event));
            // The one that lost the race may ask to come again; the one that won has answered.
            if first.batch_item_failures.is_empty() { second } else { first }
        }) as crate::world::Handled
    });
    let world = World::with(twice).await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!(request.status, AnalysisRequestStatus::Completed, "{request:?}");
    assert!(!answer(&request)["figures"].as_array().unwrap().is_empty());
    assert_eq!(world.tasks(&world.db.alice, id).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_again_after_the_end_in_any_order_changes_nothing() {
    let world = World::new().await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let before = world.request(&world.db.alice, id).await.unwrap();
    let tasks = world.tasks(&world.db.alice, id).await;
    let delivered = world.delivered.lock().unwrap().clone();
    // The question, two tasks, two reports.
    assert_eq!(delivered.len(), 5);
    for round in 0..delivered.len() {
        for step in 0..delivered.len() {
            // 5 is prime: each round goes through all messages in another order.
            let (queue, event) = &delivered[(round + step * (round + 1).min(4)) % delivered.len()];
            let response = consume(&world.app, queue, event.clone()).await;
            assert!(response.batch_item_failures.is_empty(), "{queue}: {response:?}");
        }
    }
    world.run_until_idle().await;
    assert_eq!(world.request(&world.db.alice, id).await.unwrap(), before);
    assert_eq!(world.tasks(&world.db.alice, id).await, tasks);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_two_merchants_at_once_are_each_answered() {
    let world = World::new().await;
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push((world.db.alice, world.db.alice_account, world.ask(&world.db.alice, QUESTION).await));
        asked.push((world.db.bob, world.db.bob_account, world.ask(&world.db.bob, QUESTION).await));
    }
    world.run_until_idle().await;
    for (tenant, account, id) in asked {
        let request = world.request(&tenant, id).await.unwrap();
        assert_eq!(
            (request.status, request.linked_account_id),
            (AnalysisRequestStatus::Completed, Some(account))
        );
    }
}
