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

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_ours_are_dead_letters_with_a_reason_and_their_neighbours_are_handled() {
    let world = World::new().await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    let request = domain::ids::AnalysisRequestId::new();
    let sealed = |tenant, message| envelope::seal(&world.app.keys, tenant, MessageId::new(), &message);
    let forged =
        sealed(&world.db.bob, Message::Asked { request }).replace(&request.to_string(), &id.to_string());
    let task = Message::Task { request, task: domain::ids::AgentTaskId::new() };
    let bodies = [
        ("orchestrator", "not json".to_owned(), "the message is not an envelope of this version"),
        ("orchestrator", "x".repeat(5_000), "the message is longer than an envelope"),
        ("orchestrator", forged, "the message was not sealed with our key"),
        ("orchestrator", sealed(&world.db.bob, task), "a task is not for the orchestrator"),
        (
            "data_retrieval",
            sealed(&world.db.bob, Message::Asked { request }),
            "a department is given tasks only",
        ),
    ];
    let owner = world.db.owner().await;
    let insert = "insert into outbox (user_id, id, queue, body, available_at, created_at) \
                  values ($1, $2, $3, $4, '2026-03-10T12:00:00Z', '2026-03-10T12:00:00Z')";
    let bob = world.db.bob.user_id().uuid();
    for (queue, body, _) in &bodies {
        owner.execute(insert, &[&bob, &MessageId::new().uuid(), queue, body]).await.unwrap();
    }
    // One that is healthy, among them: to a request that is not there.
    let healthy = sealed(&world.db.bob, Message::Asked { request });
    owner.execute(insert, &[&bob, &MessageId::new().uuid(), &"orchestrator", &healthy]).await.unwrap();
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!(request.status, AnalysisRequestStatus::Completed);
    let left = "select dead_reason, receives from outbox where user_id = $1 order by dead_reason";
    let rows = owner.query(left, &[&bob]).await.unwrap();
    let mut found: Vec<(String, i32)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut expected = bodies.map(|(_, _, reason)| (reason.to_owned(), 1)).to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_mixed_batch_from_sqs_only_what_is_not_ours_comes_back() {
    let world = World::new().await;
    let batches = [
        (
            "orchestrator",
            include_str!("../../../../events/orchestrator/mixed_batch.json"),
            vec![4, 5, 6, 7, 8],
        ),
        ("orchestrator", include_str!("../../../../events/orchestrator/reported.json"), vec![]),
        ("data_retrieval", include_str!("../../../../events/departments/mixed_batch.json"), vec![12, 13]),
        ("data_retrieval", include_str!("../../../../events/departments/task.json"), vec![]),
    ];
    for (queue, text, expected) in batches {
        let response = consume(&world.app, queue, serde_json::from_str(text).unwrap()).await;
        let failures = response.batch_item_failures.iter();
        let mut failed: Vec<u32> =
            failures.map(|item| u32::from_str_radix(&item.item_identifier[..8], 16).unwrap()).collect();
        failed.sort_unstable();
        assert_eq!(failed, expected, "{queue}");
    }
}
