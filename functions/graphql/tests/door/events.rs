//! The payloads that API Gateway sends (HTTP API, format 2.0) through the same door.

use std::path::Path;

use serde_json::{Value, json};

use crate::world::{World, heard};

fn event(name: &str) -> lambda_http::Request {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/graphql/{name}.json"));
    lambda_http::request::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn events_of_the_gateway_are_answered() {
    let world = World::without_database(&[("ALATAR_ALLOWED_ORIGINS", "https://console.example")]);
    let nobody = json!({"data": {"__typename": "Query", "me": null}, "extensions": {"cost": 1}});
    let cases = [
        ("query_base64", 200, nobody),
        ("get", 200, json!({"data": {"me": null}, "extensions": {"cost": 1}})),
        ("preflight", 204, Value::Null),
        ("elsewhere", 404, json!({"status": "not found"})),
    ];
    for (name, status, body) in cases {
        let response = graphql::handle(&world.app, event(name)).await;
        assert_eq!((heard(&response).status, heard(&response).body), (status, body), "{name}");
        assert_eq!(response.headers()["x-request-id"], "TqW8zhLxliAEJYg=", "{name}");
    }
    let response = graphql::handle(&world.app, event("get_mutation")).await;
    assert_eq!((heard(&response).status, response.headers()["allow"].to_str().unwrap()), (405, "POST"));
}

#[tokio::test]
async fn a_gateways_registration_opens_an_account() {
    let world = World::new().await;
    let response = graphql::handle(&world.app, event("register")).await;
    let found = heard(&response);
    let payload = &found.body["data"]["register"];
    assert_eq!(
        (found.status, &payload["user"], &payload["userErrors"]),
        (200, &json!({"email": "carol@example.com"}), &json!([]))
    );
    let health = heard(&graphql::handle(&world.app, event("health")).await);
    assert_eq!(
        (health.status, &health.body["status"], &health.body["version"]),
        (200, &json!("ok"), &json!(env!("CARGO_PKG_VERSION")))
    );
}
