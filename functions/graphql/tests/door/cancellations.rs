//! Not wanting an answer any more.

use auth::Tenant;
use domain::ids::AnalysisRequestId;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::results;
use crate::world::{World, plan, submit};

const CANCEL: &str = "mutation ($input: CancelAnalysisRequestInput!) { cancelAnalysisRequest(input: $input) {
    analysisRequest { id status progress errorCode result { summary } completedAt tasks { status } }
    userErrors { code field message } } }";

async fn cancel(world: &World, tenant: Tenant, input: Value) -> Value {
    let found = world.ask(Some(tenant), CANCEL, json!({"input": input})).await;
    assert_eq!((found.status, found.body.get("errors")), (200, None), "{}", found.body);
    found.body["data"]["cancelAnalysisRequest"].clone()
}

fn refused(code: &str, field: Option<&str>, message: &str) -> Value {
    let field = field.map(|field| vec![field]);
    json!({"analysisRequest": null, "userErrors": [{"code": code, "field": field, "message": message}]})
}

fn cancelled(id: AnalysisRequestId, tasks: Value) -> Value {
    let request = json!({"id": id.opaque(), "status": "CANCELLED", "progress": 1.0, "errorCode": null,
        "result": null, "completedAt": "2026-11-23T12:00:00Z", "tasks": tasks});
    json!({"analysisRequest": request, "userErrors": []})
}

#[tokio::test]
async fn what_waits_and_what_is_worked_on_is_cancelled_with_its_tasks() {
    let world = World::new().await;
    let waiting = submit(&world, world.alice(), None).await;
    let working = submit(&world, world.alice(), None).await;
    plan(&world, world.alice(), working).await;
    for (id, tasks) in [(waiting, json!([])), (working, json!([{"status": "CANCELLED"}]))] {
        let input = json!({"analysisRequestId": id.opaque()});
        assert_eq!(cancel(&world, world.alice(), input.clone()).await, cancelled(id, tasks));
        let message = "This analysis is cancelled and cannot be cancelled.";
        assert_eq!(cancel(&world, world.alice(), input).await, refused("CONFLICT", None, message));
    }
}

#[tokio::test]
async fn what_is_answered_stays_answered() {
    let world = World::new().await;
    let id = results::answered(&world).await;
    let found = cancel(&world, world.alice(), json!({"analysisRequestId": id})).await;
    assert_eq!(found, refused("CONFLICT", None, "This analysis is completed and cannot be cancelled."));
    let document = "query ($id: ID!) { analysisRequest(id: $id) { status } }";
    let read = world.ask(Some(world.alice()), document, json!({"id": id})).await;
    assert_eq!(read.body["data"]["analysisRequest"]["status"], "COMPLETED");
}

#[tokio::test]
async fn bob_finds_nothing_to_cancel_and_changes_nothing() {
    let world = World::new().await;
    let id = submit(&world, world.alice(), None).await;
    let before = world.rows_of(world.alice()).await;
    let expected = refused("NOT_FOUND", Some("analysisRequestId"), "There is no such analysis.");
    for id in [id.opaque(), AnalysisRequestId::new().opaque(), "nonsense".to_owned(), String::new()] {
        for key in [Value::Null, json!("k")] {
            let input = json!({"analysisRequestId": id, "idempotencyKey": key});
            assert_eq!(cancel(&world, world.bob(), input).await, expected);
        }
    }
    assert_eq!(world.rows_of(world.alice()).await, before);
}

#[tokio::test]
async fn one_key_cancels_once_however_often_it_comes() {
    let world = World::new().await;
    let id = submit(&world, world.alice(), None).await;
    let other = submit(&world, world.alice(), None).await;
    let input = json!({"analysisRequestId": id.opaque(), "idempotencyKey": "k"});
    let all = join_all((0..20).map(|_| cancel(&world, world.alice(), input.clone()))).await;
    let expected = cancelled(id, json!([]));
    assert!(all.iter().all(|answer| *answer == expected), "{all:#?}");
    assert_eq!(cancel(&world, world.alice(), input.clone()).await, expected, "the first answer again");
    let reused =
        cancel(&world, world.alice(), json!({"analysisRequestId": other.opaque(), "idempotencyKey": "k"}));
    let message = "This key was used with another input. Take a new one.";
    assert_eq!(reused.await, refused("INVALID_INPUT", Some("idempotencyKey"), message));
    let owner = world.db.as_ref().unwrap().owner().await;
    let events = "select count(*) from analysis_events where kind = 'cancelled'";
    assert_eq!(owner.query_one(events, &[]).await.unwrap().get::<_, i64>(0), 1);
    let broken = json!({"analysisRequestId": other.opaque(), "idempotencyKey": ""});
    let message = "The key is empty; leave it out instead.";
    assert_eq!(
        cancel(&world, world.alice(), broken).await,
        refused("INVALID_INPUT", Some("idempotencyKey"), message)
    );
}
