//! HTTP: routes, methods, media types, headers.

use http::Method;
use serde_json::{Value, json};

use crate::world::{World, heard};

const JSON: (&str, &str) = ("content-type", "application/json");
const RESPONSE: (&str, &str) = ("accept", "application/graphql-response+json");

#[tokio::test]
async fn every_answer_has_its_status_in_both_media_types() {
    let world = World::without_database(&[]);
    let documents = [
        ("fine", "{ __typename }"),
        ("not GraphQL", "{"),
        ("unknown field", "{ nothing }"),
        ("wrong literal", "{ node(id: 1.5) { id } }"),
        ("missing argument", "{ node { id } }"),
        ("unused fragment", "{ __typename } fragment f on Query { __typename }"),
        ("subscription", "subscription { __typename }"),
        (
            "too deep",
            "{ node(id: \"\") { ... { ... on AnalysisRequest { result { figures { period { from { a { b { c { d { e { f } } } } } } } } } } } } }",
        ),
        ("no token, only what needs one", "{ metrics { name } }"),
        ("no token, other things too", "{ me { id } metrics { name } }"),
        (
            "no token in a mutation",
            "mutation { submitAnalysisRequest(input: {prompt: \"x\"}) { userErrors { code } } }",
        ),
    ];
    let mut table = String::new();
    for (what, document) in documents {
        for accept in ["application/json", "application/graphql-response+json"] {
            let body = json!({"query": document}).to_string();
            let response =
                world.send(Method::POST, "/graphql", &[JSON, ("accept", accept)], body.as_bytes()).await;
            assert_eq!(response.headers()["content-type"], format!("{accept}; charset=utf-8"));
            let found = heard(&response);
            table += &format!("{what} ({accept}): {} {}\n", found.status, found.body);
        }
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn variables_are_checked_before_anything_runs() {
    let world = World::without_database(&[]);
    let document = "query ($id: ID!, $first: Int = 3) { node(id: $id) { id } listAnalysisRequests(first: $first) { totalCount } }";
    for variables in [
        json!({}),
        json!({"id": null}),
        json!({"id": {}}),
        json!({"id": "x", "first": "3"}),
        json!({"id": "x", "first": 1.5}),
    ] {
        let found = world.ask(None, document, variables.clone()).await;
        assert_eq!(
            (found.status, crate::world::codes(&found)),
            (400, vec!["BAD_USER_INPUT"]),
            "{variables} {}",
            found.body
        );
        assert_eq!(found.body.get("data"), None);
    }
}

#[tokio::test]
async fn get_reads_and_never_changes() {
    let world = World::without_database(&[]);
    let query = world.send(Method::GET, "/graphql?query=%7B__typename%7D", &[], b"").await;
    assert_eq!(heard(&query).body["data"], json!({"__typename": "Query"}));
    let mutation = world.send(Method::GET, "/graphql?query=mutation%7B__typename%7D", &[RESPONSE], b"").await;
    assert_eq!((heard(&mutation).status, mutation.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let both = "query=query+q%7B__typename%7D+mutation+m%7B__typename%7D&operationName=";
    let statuses = [("q", 200), ("m", 405), ("x", 400)];
    for (name, status) in statuses {
        let response = world.send(Method::GET, &format!("/graphql?{both}{name}"), &[RESPONSE], b"").await;
        assert_eq!(heard(&response).status, status, "{name}");
    }
}

#[tokio::test]
async fn every_route_answers_with_the_same_guard() {
    let world = World::without_database(&[("ALATAR_ENV", "staging"), ("DATABASE_URL", "postgres://a:b@c/d")]);
    let cases = [
        (Method::POST, "/graphql", 415),
        (Method::PUT, "/graphql", 405),
        (Method::OPTIONS, "/graphql", 405),
        (Method::GET, "/graphql", 400),
        (Method::POST, "/health", 405),
        (Method::GET, "/health", 503),
        (Method::GET, "/", 404),
        (Method::GET, "/graphql/", 404),
    ];
    for (method, path, status) in cases {
        let response = world.send(method.clone(), path, &[], b"").await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(header("x-request-id").len(), 36);
        assert_eq!(response.headers().get("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn pages_of_configured_origins_may_ask() {
    let world = World::without_database(&[("ALATAR_ALLOWED_ORIGINS", "https://console.example")]);
    let preflight = [("origin", "https://console.example"), ("access-control-request-method", "POST")];
    let response = world.send(Method::OPTIONS, "/graphql", &preflight, b"").await;
    assert_eq!(response.status().as_u16(), 204);
    assert_eq!(response.headers()["access-control-allow-origin"], "https://console.example");
    let other = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let response = world.send(Method::OPTIONS, "/graphql", &other, b"").await;
    assert_eq!(
        (response.status().as_u16(), response.headers().get("access-control-allow-origin")),
        (405, None)
    );
}

#[tokio::test]
async fn production_shows_neither_its_schema_nor_its_guesses() {
    let key = "YWxhdGFyIHRlc3Qga2V5IG9mIDMyIGJ5dGVzISEhISE=";
    let settings =
        [("ALATAR_ENV", "production"), ("DATABASE_URL", "postgres://a:b@c/d"), ("ALATAR_SIGNING_KEY", key)];
    let (production, local) = (World::without_database(&settings), World::without_database(&[]));
    let schema = "{ __schema { queryType { name } } }";
    assert_eq!(
        local.ask(None, schema, json!({})).await.body["data"]["__schema"]["queryType"]["name"],
        "Query"
    );
    for document in [schema, "{ __type(name: \"User\") { name } }"] {
        let found = production.ask(None, document, json!({})).await;
        assert_eq!(
            (found.status, crate::world::codes(&found)),
            (400, vec!["GRAPHQL_VALIDATION_FAILED"]),
            "{}",
            found.body
        );
    }
    let typo = "{ metric { name } }";
    let said = |heard: &Value| heard["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(said(&local.ask(None, typo, json!({})).await.body).contains("Did you mean"));
    assert!(!said(&production.ask(None, typo, json!({})).await.body).contains("Did you mean"));
}
