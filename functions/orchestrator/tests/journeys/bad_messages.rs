//! Messages that are not ours, or not for whom they say.

use auth::envelope::{self, Message};
use aws_lambda_events::event::sqs::SqsEvent;
use domain::ids::MessageId;
use domain::status::AnalysisRequestStatus;

use crate::world::{Consumer, QUESTION, World, consume};

const ASKED: &str = include_str!("../../../../events/orchestrator/asked.json");

fn event(body: String) -> SqsEvent {
    let mut event: SqsEvent = serde_json::from_str(ASKED).unwrap();
    event.records[0].body = Some(body);
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn bobs_message_cannot_touch_alices_request() {
    let idle: Consumer = std::sync::Arc::new(|_, _, _| Box::pin(std::future::pending()));
    let world = World::with(idle).await;
    let request = world.ask(&world.db.alice, QUESTION).await;
    let before = world.request(&world.db.alice, request).await.unwrap();
    assert_eq!(before.status, AnalysisRequestStatus::Pending);
    let id = MessageId::new();
    let body = envelope::seal(&world.app.keys, &world.db.bob, id, &Message::Asked { request });
    let response = consume(&world.app, "orchestrator", event(body)).await;
    assert!(response.batch_item_failures.is_empty(), "to bob it is not there, which is no failure");
    assert_eq!(world.request(&world.db.alice, request).await.unwrap(), before);
    assert_eq!(world.request(&world.db.bob, request).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn bobs_task_message_cannot_touch_alices_task() {
    let world = World::with(std::sync::Arc::new(|app, queue, event| {
        Box::pin(async move {
            match queue.as_str() {
                "orchestrator" => consume(&app, &queue, event).await,
                _ => std::future::pending().await,
            }
        })
    }))
    .await;
    let request = world.ask(&world.db.alice, QUESTION).await;
    let task = loop {
        let mut tx = world.app.store.tenant_read_only(&world.db.alice).await.unwrap();
        let tasks = store::agent_tasks::of_requests(&mut tx, &[request]).await.unwrap();
        match tasks.first() {
            Some(task) => break task.clone(),
            None => tokio::task::yield_now().await,
        }
    };
    let message = Message::Task { request, task: task.id };
    let body = envelope::seal(&world.app.keys, &world.db.bob, MessageId::new(), &message);
    let response = consume(&world.app, task.department.name(), event(body)).await;
    assert!(response.batch_item_failures.is_empty());
    let message = Message::Reported { request, task: task.id };
    let body = envelope::seal(&world.app.keys, &world.db.bob, MessageId::new(), &message);
    assert!(consume(&world.app, "orchestrator", event(body)).await.batch_item_failures.is_empty());
    let mut tx = world.app.store.tenant_read_only(&world.db.alice).await.unwrap();
    assert_eq!(store::agent_tasks::of_requests(&mut tx, &[request]).await.unwrap(), [task]);
}
