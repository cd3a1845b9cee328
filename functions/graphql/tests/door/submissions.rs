//! Asking a question.

use domain::ids::LinkedAccountId;
use serde_json::{Value, json};

use crate::world::World;

const SUBMIT: &str = "mutation ($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) { analysisRequest { id prompt status progress createdAt } userErrors { code field message } } }";

async fn submit(world: &World, tenant: auth::Tenant, input: Value) -> Value {
    let found = world.ask(Some(tenant), SUBMIT, json!({"input": input})).await;
    assert_eq!((found.status, found.body.get("errors")), (200, None), "{}", found.body);
    found.body["data"]["submitAnalysisRequest"].clone()
}

fn refused(code: &str, field: &str, message: &str) -> Value {
    json!({"analysisRequest": null, "userErrors": [{"code": code, "field": [field], "message": message}]})
}

#[tokio::test]
async fn a_question_is_taken_in_and_seen_by_its_merchant_alone() {
    let world = World::new().await;
    let mut taken = submit(&world, world.alice(), json!({"prompt": "  How are sales? ✨"})).await;
    let id = taken["analysisRequest"]["id"].take();
    let request = json!({"id": null, "prompt": "  How are sales? ✨", "status": "PENDING", "progress": 0.0, "createdAt": "2026-11-23T12:00:00Z"});
    assert_eq!(taken, json!({"analysisRequest": request, "userErrors": []}));
    let read = json!({"id": id});
    let document = "query ($id: ID!) { analysisRequest(id: $id) { prompt } }";
    let (alices, bobs) = (
        world.ask(Some(world.alice()), document, read.clone()).await,
        world.ask(Some(world.bob()), document, read).await,
    );
    assert_eq!(alices.body["data"], json!({"analysisRequest": {"prompt": "  How are sales? ✨"}}));
    assert_eq!(bobs.body["data"], json!({"analysisRequest": null}));
}

#[tokio::test]
async fn a_merchant_without_a_store_may_ask_too() {
    let world = World::new().await;
    let register = "mutation { register(input: {email: \"carol@example.com\", password: \"a long and quiet password\"}) { accessToken } }";
    let token = world.ask(None, register, json!({})).await.body["data"]["register"]["accessToken"].clone();
    let authorization = format!("Bearer {}", token.as_str().unwrap());
    let body = json!({"query": SUBMIT, "variables": {"input": {"prompt": "How are sales?"}}});
    let found = world.post(Some(&authorization), &body).await.body;
    let payload = &found["data"]["submitAnalysisRequest"];
    assert_eq!(
        (&payload["analysisRequest"]["status"], &payload["userErrors"]),
        (&json!("PENDING"), &json!([]))
    );
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_its_field() {
    let world = World::new().await;
    let alice = world.alice();
    let empty = "The question is empty.";
    let cases = [
        (json!({"prompt": ""}), "prompt", empty),
        (json!({"prompt": " \n\t\u{2003} "}), "prompt", empty),
        (
            json!({"prompt": "ä".repeat(4_001)}),
            "prompt",
            "The question has 4001 characters; at most 4000 are allowed.",
        ),
        (json!({"prompt": "How\0?"}), "prompt", "The question cannot contain the NUL character."),
        (
            json!({"prompt": "How?", "idempotencyKey": ""}),
            "idempotencyKey",
            "The key is empty; leave it out instead.",
        ),
        (
            json!({"prompt": "How?", "idempotencyKey": "k".repeat(256)}),
            "idempotencyKey",
            "The key has 256 characters; at most 255 are allowed.",
        ),
        (
            json!({"prompt": "How?", "idempotencyKey": "\0"}),
            "idempotencyKey",
            "The key cannot contain the NUL character.",
        ),
    ];
    for (input, field, message) in cases {
        assert_eq!(submit(&world, alice, input).await, refused("INVALID_INPUT", field, message));
    }
    let longest =
        submit(&world, alice, json!({"prompt": "ä".repeat(4_000), "idempotencyKey": "ö".repeat(255)})).await;
    assert_eq!(longest["userErrors"], json!([]));
}

#[tokio::test]
async fn a_store_that_is_not_yours_is_not_there() {
    let world = World::new().await;
    let stores = "{ me { linkedAccounts { id } } }";
    let alices = world.ask(Some(world.alice()), stores, json!({})).await.body["data"]["me"]["linkedAccounts"]
        [0]["id"]
        .clone();
    let expected = refused("NOT_FOUND", "linkedAccountId", "There is no such connected store.");
    for id in [alices.clone(), json!(LinkedAccountId::new().opaque()), json!("nonsense"), json!("")] {
        let found = submit(&world, world.bob(), json!({"prompt": "How?", "linkedAccountId": id})).await;
        assert_eq!(found, expected);
    }
    let count = world.ask(Some(world.bob()), "{ listAnalysisRequests { totalCount } }", json!({})).await;
    assert_eq!(count.body["data"]["listAnalysisRequests"]["totalCount"], 0);
    let own = submit(&world, world.alice(), json!({"prompt": "How?", "linkedAccountId": alices})).await;
    assert_eq!(own["userErrors"], json!([]));
}

#[tokio::test]
async fn the_same_key_gives_the_first_answer_again() {
    let world = World::new().await;
    let input = json!({"prompt": "How are sales?", "idempotencyKey": "k"});
    let first = submit(&world, world.alice(), input.clone()).await;
    assert_eq!(submit(&world, world.alice(), input.clone()).await, first);
    let other =
        submit(&world, world.alice(), json!({"prompt": "How were sales?", "idempotencyKey": "k"})).await;
    assert_eq!(
        other,
        refused("INVALID_INPUT", "idempotencyKey", "This key was used with another input. Take a new one.")
    );
    let bobs = submit(&world, world.bob(), input).await;
    assert_ne!(bobs["analysisRequest"]["id"], first["analysisRequest"]["id"]);
    let count = world.ask(Some(world.alice()), "{ listAnalysisRequests { totalCount } }", json!({})).await;
    assert_eq!(count.body["data"]["listAnalysisRequests"]["totalCount"], 1);
}

#[tokio::test]
async fn one_key_at_the_same_moment_makes_one_question() {
    let world = World::new().await;
    let input = json!({"input": {"prompt": "How are sales?", "idempotencyKey": "k"}});
    let ask = || world.ask(Some(world.alice()), SUBMIT, input.clone());
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    assert_eq!(a.body["data"]["submitAnalysisRequest"]["userErrors"], json!([]));
    assert_eq!([&b, &c, &d], [&a, &a, &a]);
}

#[tokio::test]
async fn twenty_questions_an_hour_are_the_most() {
    let world = World::new().await;
    for _ in 0..20 {
        assert_eq!(submit(&world, world.alice(), json!({"prompt": "How?"})).await["userErrors"], json!([]));
    }
    let expected = json!([{"code": "RATE_LIMIT_EXCEEDED", "field": null, "message": "Too many questions in an hour. Try again in 3600 seconds."}]);
    assert_eq!(
        submit(&world, world.alice(), json!({"prompt": "How?"})).await,
        json!({"analysisRequest": null, "userErrors": expected})
    );
    assert_eq!(submit(&world, world.bob(), json!({"prompt": "How?"})).await["userErrors"], json!([]));
    let off = World::with(&[("ALATAR_RATE_LIMITS", "off")]).await;
    for _ in 0..21 {
        assert_eq!(submit(&off, off.alice(), json!({"prompt": "How?"})).await["userErrors"], json!([]));
    }
}
