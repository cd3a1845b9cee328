//! The database is away.

use http::Method;
use serde_json::json;

use crate::world::{World, heard};

const UNAVAILABLE: &str = "The service is busy. Try again in a moment.";

#[tokio::test]
async fn without_a_database_everything_that_needs_one_is_unavailable() {
    let world = World::without_database(&[]);
    let alice = auth::testing::tenant(domain::ids::UserId::new());
    let documents = [
        "{ me { id } }",
        "{ analysisRequest(id: \"YW5hbHlzaXNfcmVxdWVzdDowMTkzNWQ3ZS0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA\") { id } }",
        "{ listAnalysisRequests { totalCount } }",
        "mutation { login(input: {email: \"alice@example.com\", password: \"x\"}) { accessToken } }",
        "mutation { submitAnalysisRequest(input: {prompt: \"How are sales?\"}) { analysisRequest { id } } }",
    ];
    for document in documents {
        let found = world.ask(Some(alice), document, json!({})).await;
        assert_eq!(found.status, 503, "{document} {}", found.body);
        assert_eq!(found.body["data"], json!(null), "{document}");
        let error = &found.body["errors"][0];
        assert_eq!(
            (&error["message"], &error["extensions"]),
            (&json!(UNAVAILABLE), &json!({"code": "UNAVAILABLE", "retryAfter": 1}))
        );
    }
    let fine = world.ask(None, "{ __typename me { id } }", json!({})).await;
    assert_eq!((fine.status, &fine.body["data"]), (200, &json!({"__typename": "Query", "me": null})));
}

#[tokio::test]
async fn health_says_that_the_database_is_away() {
    let world = World::without_database(&[]);
    let response = world.send(Method::GET, "/health", &[], b"").await;
    assert_eq!(response.headers()["retry-after"], "1");
    let expected = json!({"status": "unavailable", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!((heard(&response).status, heard(&response).body), (503, expected));
}
