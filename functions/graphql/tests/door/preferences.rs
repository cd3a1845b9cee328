//! What a merchant prefers, and changing it.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::World;

const UPDATE: &str = "mutation ($input: UpdatePreferencesInput!) { updatePreferences(input: $input) {
    preferences { preferredLlm notificationsEnabled budgetCentsPerAnalysis } userErrors { code field message } } }";

async fn update(world: &World, tenant: auth::Tenant, input: Value) -> Value {
    let found = world.ask(Some(tenant), UPDATE, json!({"input": input})).await;
    assert_eq!((found.status, found.body.get("errors")), (200, None), "{}", found.body);
    found.body["data"]["updatePreferences"].clone()
}

fn preferences(llm: Value, notifications: bool, budget: i32) -> Value {
    json!({"preferredLlm": llm, "notificationsEnabled": notifications, "budgetCentsPerAnalysis": budget})
}

fn done(preferences: &Value) -> Value {
    json!({"preferences": preferences, "userErrors": []})
}

async fn read(world: &World, tenant: auth::Tenant) -> Value {
    let document = "{ me { preferences { preferredLlm notificationsEnabled budgetCentsPerAnalysis } } }";
    world.ask(Some(tenant), document, json!({})).await.body["data"]["me"]["preferences"].clone()
}

#[tokio::test]
async fn what_is_absent_stays_and_null_goes_back_to_where_everybody_begins() {
    let world = World::new().await;
    let (alice, bob) = (world.alice(), world.bob());
    let steps = [
        (json!({}), preferences(json!(null), true, 25)),
        (json!({"notificationsEnabled": false}), preferences(json!(null), false, 25)),
        (
            json!({"preferredLlm": "a-model", "budgetCentsPerAnalysis": 10_000}),
            preferences(json!("a-model"), false, 10_000),
        ),
        (json!({"budgetCentsPerAnalysis": 0}), preferences(json!("a-model"), false, 0)),
        (json!({"preferredLlm": null}), preferences(json!(null), false, 0)),
        (json!({"preferredLlm": "ö".repeat(100)}), preferences(json!("ö".repeat(100)), false, 0)),
        (
            json!({"notificationsEnabled": null, "budgetCentsPerAnalysis": null}),
            preferences(json!("ö".repeat(100)), true, 25),
        ),
    ];
    for (input, expected) in steps {
        assert_eq!(update(&world, alice, input.clone()).await, done(&expected), "{input}");
        assert_eq!(read(&world, alice).await, expected, "{input}");
    }
    assert_eq!(read(&world, bob).await, preferences(json!(null), true, 25), "Bob's are his own");
}

#[tokio::test]
async fn each_field_that_breaks_a_rule_is_named() {
    let world = World::new().await;
    let cases = [
        ("preferredLlm", json!(""), "The model's name is empty; null leaves the choice to us."),
        (
            "preferredLlm",
            json!("ö".repeat(101)),
            "The model's name has 101 characters; at most 100 are allowed.",
        ),
        ("preferredLlm", json!("a\0b"), "The model's name cannot contain control characters."),
        ("budgetCentsPerAnalysis", json!(-1), "The budget is -1 cents; it must be from 0 to 10000."),
        ("budgetCentsPerAnalysis", json!(10_001), "The budget is 10001 cents; it must be from 0 to 10000."),
        ("idempotencyKey", json!(""), "The key is empty; leave it out instead."),
    ];
    for (field, value, message) in cases {
        let error = json!({"code": "INVALID_INPUT", "field": [field], "message": message});
        let found = update(&world, world.alice(), json!({ field: value })).await;
        assert_eq!(found, json!({"preferences": null, "userErrors": [error]}));
    }
    let both = update(&world, world.alice(), json!({"preferredLlm": "", "budgetCentsPerAnalysis": -1})).await;
    assert_eq!(both["userErrors"].as_array().unwrap().len(), 2);
    assert_eq!(read(&world, world.alice()).await, preferences(json!(null), true, 25), "nothing was changed");
}

#[tokio::test]
async fn twenty_at_once_with_one_key_are_one_change_and_another_input_is_refused() {
    let world = World::new().await;
    let (alice, input) = (world.alice(), json!({"preferredLlm": "a-model", "idempotencyKey": "k"}));
    let expected = done(&preferences(json!("a-model"), true, 25));
    let all = join_all((0..20).map(|_| update(&world, alice, input.clone()))).await;
    assert_eq!(all, vec![expected.clone(); 20]);
    assert_eq!(update(&world, alice, input).await, expected);
    for other in [
        json!({"preferredLlm": null}),
        json!({}),
        json!({"preferredLlm": "a-model", "notificationsEnabled": true}),
    ] {
        let mut other = other;
        other["idempotencyKey"] = json!("k");
        let error = json!({"code": "INVALID_INPUT", "field": ["idempotencyKey"], "message": "This key was used with another input. Take a new one."});
        assert_eq!(update(&world, alice, other).await, json!({"preferences": null, "userErrors": [error]}));
    }
    let bobs =
        update(&world, world.bob(), json!({"notificationsEnabled": false, "idempotencyKey": "k"})).await;
    assert_eq!(bobs, done(&preferences(json!(null), false, 25)), "Bob's key is another");
    let keys = "select count(*) from idempotency_keys";
    let count: i64 = world.db.as_ref().unwrap().owner().await.query_one(keys, &[]).await.unwrap().get(0);
    assert_eq!(count, 2);
}

#[tokio::test]
async fn nobody_has_preferences() {
    let found = World::new().await.ask(None, UPDATE, json!({"input": {}})).await;
    assert_eq!(crate::world::codes(&found), ["UNAUTHENTICATED"]);
}
