//! Each limit of a request at its bound and one past it. None of them needs the database.

use http::Method;
use serde_json::{Value, json};

use crate::fuzz::hostile;
use crate::world::{World, codes, heard};

const RESPONSE: (&str, &str) = ("accept", "application/graphql-response+json");

/// A document of exactly so many bytes.
fn of_bytes(bytes: usize) -> String {
    let document = "{ __typename }";
    format!("{document}{}", " ".repeat(bytes - document.len()))
}

/// A document of exactly so many tokens: three for the braces and a name, the rest repeats it.
fn of_tokens(tokens: usize) -> String {
    format!("{{ {} }}", "__typename ".repeat(tokens - 2))
}

/// So many values of a list inside each other, in a document with two brackets around them.
fn of_nesting(levels: usize) -> String {
    format!("{{ node(id: {}1{}) {{ id }} }}", "[".repeat(levels - 2), "]".repeat(levels - 2))
}

#[tokio::test]
async fn a_document_is_weighed_before_it_is_read() {
    let world = World::without_database(&[]);
    let tokens = |count: usize| format!("{{ me {{ {} }} }}", "id ".repeat(count - 5));
    let cases =
        [("bytes", of_bytes(16 * 1024), of_bytes(16 * 1024 + 1)), ("tokens", tokens(1_000), tokens(1_001))];
    for (what, at, past) in cases {
        let found = world.ask(None, &at, json!({})).await;
        assert_eq!((found.status, codes(&found)), (200, vec![]), "{what} {}", found.body);
        let found = world.ask(None, &past, json!({})).await;
        assert_eq!((found.status, codes(&found)), (400, vec!["QUERY_TOO_COMPLEX"]), "{what} {}", found.body);
    }
    // A document within its bounds may still be wrong: what counts is that it was read.
    let found = world.ask(None, &of_nesting(40), json!({})).await;
    assert_eq!(codes(&found), vec!["GRAPHQL_VALIDATION_FAILED"]);
    let found = world.ask(None, &of_nesting(41), json!({})).await;
    assert_eq!(codes(&found), vec!["QUERY_TOO_COMPLEX"]);
    assert_eq!(codes(&world.ask(None, &of_tokens(1_001), json!({})).await), vec!["QUERY_TOO_COMPLEX"]);
}

#[tokio::test]
async fn a_body_has_256_kib_at_most() {
    let world = World::without_database(&[]);
    let headers = [("content-type", "application/json")];
    let of_bytes = |bytes: usize| {
        let mut body = br#"{"query":"{__typename}"}"#.to_vec();
        body.resize(bytes, b' ');
        body
    };
    for (bytes, status) in [(256 * 1024, 200), (256 * 1024 + 1, 413)] {
        let response = world.send(Method::POST, "/graphql", &headers, &of_bytes(bytes)).await;
        assert_eq!(heard(&response).status, status, "{bytes} {}", heard(&response).body);
    }
}

#[tokio::test]
async fn a_page_past_its_bound_is_refused_by_name() {
    let world = World::without_database(&[]);
    let alice = auth::testing::tenant(domain::ids::UserId::new());
    for arguments in
        ["first: 101", "last: 101", "first: -1", "first: 1, last: 1", "after: \"x\"", "before: \"\""]
    {
        let document = format!("{{ listAnalysisRequests({arguments}) {{ totalCount }} }}");
        let found = world.ask(Some(alice), &document, json!({})).await;
        assert_eq!(
            (found.status, codes(&found)),
            (200, vec!["BAD_USER_INPUT"]),
            "{arguments} {}",
            found.body
        );
    }
}

#[tokio::test]
async fn the_cost_is_told_and_bounded() {
    let world = World::without_database(&[]);
    let fine = world.ask(None, "{ me { id linkedAccounts { sync { state } } } }", json!({})).await;
    assert_eq!(fine.body, json!({"data": {"me": null}, "extensions": {"cost": 41}}));
    let page = "listAnalysisRequests(first: 100) { edges { node { tasks { id } } } }";
    let found = world.ask(None, &format!("{{ a: {page} b: {page} }}"), json!({})).await;
    assert_eq!((found.status, codes(&found)), (400, vec!["QUERY_TOO_COMPLEX"]));
}

#[tokio::test]
async fn fan_outs_are_refused_in_no_time() {
    let world = World::without_database(&[]);
    let fan =
        (0..18).map(|i| format!("fragment f{i} on Query {{ {} }} ", format!("...f{} ", i + 1).repeat(15)));
    let documents = [
        format!("{{ ...f0 }} {}fragment f18 on Query {{ __typename }}", fan.collect::<String>()),
        format!("{{ {} }}", "a: __typename ".repeat(300)),
        format!("{}__typename{}", "{ a ".repeat(300), "}".repeat(300)),
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
        format!("query ({}) {{ __typename }}", "$a: [[[[[Int]]]]] ".repeat(60)),
        format!(
            "{{ me {{ {} }} }}",
            (0..249).map(|i| format!("... on User {{ x{i}: id }}")).collect::<String>()
        ),
    ];
    for document in documents {
        let found = world.ask(None, &document, json!({})).await;
        let code = codes(&found).first().copied().unwrap_or_default().to_owned();
        assert_eq!(found.status, 400, "{code}");
        assert!(["QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED"].contains(&code.as_str()), "{code}");
    }
}

/// What is refused costs what reading it costs: the database does not hear of it, and the answer does not grow with it.
#[tokio::test]
async fn a_hostile_document_costs_no_statement_and_gets_a_short_answer() {
    const ANSWER_BYTES_MAX: usize = 4 * 1_024;
    let world = World::new().await;
    let (mut refused, mut shapes) = (0, std::collections::BTreeSet::new());
    for shape in 0..hostile::SHAPES {
        for size in [50, 500, 5_000, 60_000] {
            let body = json!({"query": hostile::of(shape, size)}).to_string();
            let token = format!("Bearer {}", world.token(world.alice()));
            let headers = [("content-type", "application/json"), RESPONSE, ("authorization", token.as_str())];
            let before = world.app.store.round_trips();
            let response = world.send(Method::POST, "/graphql", &headers, body.as_bytes()).await;
            let found = heard(&response);
            if found.status == 200 {
                continue;
            }
            assert!([400, 413].contains(&found.status), "{shape} {size} {}", found.status);
            assert_eq!(world.app.store.round_trips(), before, "{shape} {size}");
            let code = codes(&found).first().copied().unwrap_or_default().to_owned();
            // The last one for several operations of which none is chosen.
            let known =
                ["QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"];
            assert!(known.contains(&code.as_str()), "{shape} {size} {}", found.body);
            assert!(response.body().len() <= ANSWER_BYTES_MAX, "{shape} {size}: {}", response.body().len());
            refused += 1;
            shapes.insert(shape);
        }
    }
    assert!(refused > 60 && shapes.len() >= 19, "{refused} {shapes:?}");
}

#[tokio::test]
async fn one_user_asks_1200_times_a_minute_at_most() {
    let world = World::without_database(&[]);
    let alice = auth::testing::tenant(domain::ids::UserId::new());
    let bob = auth::testing::tenant(domain::ids::UserId::new());
    let mut last = Value::Null;
    let mut statuses = std::collections::BTreeMap::new();
    for _ in 0..1_201 {
        let found = world.ask(Some(alice), "{ __typename }", json!({})).await;
        *statuses.entry(found.status).or_insert(0) += 1;
        last = found.body;
    }
    assert_eq!(statuses, [(200, 1_200), (429, 1)].into());
    assert_eq!(last["errors"][0]["extensions"], json!({"code": "RATE_LIMITED", "retryAfter": 1}));
    assert_eq!(world.ask(Some(bob), "{ __typename }", json!({})).await.status, 200);
}
