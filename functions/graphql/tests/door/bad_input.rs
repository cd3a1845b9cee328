//! What is wrong with a request, each with the whole answer to it: committed, so that a code or a word that changes shows.
//! Nothing here is worth a statement to the database but what says so.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testing::now;

use crate::scene::Scene;
use crate::world::World;

const JSON: (&str, &str) = ("content-type", "application/json");
const RESPONSE: (&str, &str) = ("accept", "application/graphql-response+json");

/// The answer as it is printed: status, body, and the headers that a refusal may have.
async fn answer(world: &World, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let response = world.send(method, uri, headers, body).await;
    let extra = ["allow", "retry-after", "www-authenticate"]
        .into_iter()
        .filter_map(|name| Some(format!(" {name}: {}", response.headers().get(name)?.to_str().ok()?)))
        .collect::<String>();
    let text = std::str::from_utf8(response.body()).unwrap();
    format!("{}{extra} {text}", response.status().as_u16())
}

async fn post(world: &World, token: Option<&str>, body: &[u8]) -> String {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![JSON, RESPONSE];
    headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
    answer(world, Method::POST, "/graphql", &headers, body).await
}

#[tokio::test]
async fn a_broken_envelope_is_refused_before_anything_is_asked() {
    let scene = Scene::set().await;
    let (world, token) = (&scene.world, scene.world.token(scene.world.alice()));
    let bodies: [(&str, &[u8]); 22] = [
        ("no body", b""),
        ("not JSON", b"query { me { id } }"),
        ("JSON that ends early", br#"{"query":"{me{id}}""#),
        ("more after the end", br#"{"query":"{me{id}}"} {}"#),
        ("not UTF-8", b"{\"query\":\"{me{id}}\xff\"}"),
        ("UTF-16", b"{\0\"\0q\0\"\0"),
        ("a mark of byte order", b"\xef\xbb\xbf{\"query\":\"{me{id}}\"}"),
        ("a lone surrogate", br#"{"query":"{me{id}} # \ud800"}"#),
        ("a NUL in the JSON", b"{\"query\":\"{me\0{id}}\"}"),
        ("an array", br#"[{"query":"{me{id}}"}]"#),
        ("a text", br#""{me{id}}""#),
        ("null", b"null"),
        ("no query", br#"{"operationName":"A"}"#),
        ("query null", br#"{"query":null}"#),
        ("query a list", br#"{"query":["{me{id}}"]}"#),
        ("query twice", br#"{"query":"{me{id}}","query":"{metrics{name}}"}"#),
        ("variables twice", br#"{"query":"{me{id}}","variables":{},"variables":{"a":1}}"#),
        ("a variable twice", br#"{"query":"query($a:ID!){node(id:$a){id}}","variables":{"a":"1","a":"2"}}"#),
        ("a field of a variable twice", br#"{"query":"{me{id}}","variables":{"a":[{"b":1,"b":2}]}}"#),
        ("variables a text", br#"{"query":"{me{id}}","variables":"{}"}"#),
        ("operationName a number", br#"{"query":"{me{id}}","operationName":1}"#),
        ("extensions a list", br#"{"query":"{me{id}}","extensions":[]}"#),
    ];
    let before = world.statements().await;
    let mut table = String::new();
    for (what, body) in bodies {
        table += &format!("{what}: {}\n", post(world, Some(&token), body).await);
    }
    let uris = [
        ("no query by GET", "/graphql"),
        ("query twice by GET", "/graphql?query=%7Bme%7Bid%7D%7D&query=%7Bme%7Bid%7D%7D"),
        ("not UTF-8 by GET", "/graphql?query=%7Bme%ff%7D"),
        ("variables twice by GET", "/graphql?query=%7Bme%7Bid%7D%7D&variables=%7B%22a%22:1,%22a%22:2%7D"),
        ("a mutation by GET", "/graphql?query=mutation%7B__typename%7D"),
    ];
    for (what, uri) in uris {
        table += &format!("{what}: {}\n", answer(world, Method::GET, uri, &[RESPONSE], b"").await);
    }
    insta::assert_snapshot!(table);
    assert_eq!(world.statements().await, before);
}

#[tokio::test]
async fn a_document_that_cannot_be_meant_is_refused_before_it_runs() {
    let scene = Scene::set().await;
    let (world, token) = (&scene.world, scene.world.token(scene.world.alice()));
    let node = |variables: Value| json!({"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": variables});
    let document = |text: &str| json!({"query": text});
    let submit = "query A { me { id } } query B { metrics { name } }";
    let bodies = [
        ("not GraphQL", document("SELECT 1")),
        ("nothing", document("")),
        ("a type system", document("type Query { a: Int }")),
        ("an unknown field", document("{ everything }")),
        ("an unknown argument", document("{ me(id: 1) { id } }")),
        ("an unknown type", document("{ me { ... on Nobody { id } } }")),
        ("an unknown directive", document("{ me @twice { id } }")),
        ("an unknown fragment", document("{ me { ...nothing } }")),
        ("an unknown operation", json!({"query": submit, "operationName": "C"})),
        ("no operation chosen", json!({"query": submit})),
        ("two operations of one name", document("query A { me { id } } query A { me { id } }")),
        (
            "two fragments of one name",
            document("{ me { ...F } } fragment F on User { id } fragment F on User { email }"),
        ),
        ("two variables of one name", document("query ($a: ID!, $a: ID!) { node(id: $a) { id } }")),
        ("two arguments of one name", document("{ node(id: \"1\", id: \"2\") { id } }")),
        (
            "two input fields of one name",
            document(
                "mutation { submitAnalysisRequest(input: {prompt: \"a\", prompt: \"b\"}) { userErrors { code } } }",
            ),
        ),
        ("two meanings of one name", document("{ me { id: email id } }")),
        (
            "one mutation twice",
            document(
                "mutation { a: submitAnalysisRequest(input: {prompt: \"a\"}) { userErrors { code } } ...F } fragment F on Mutation { a: submitAnalysisRequest(input: {prompt: \"a\"}) { userErrors { code } } }",
            ),
        ),
        ("a fragment that spreads itself", document("{ me { ...F } } fragment F on User { ...F }")),
        ("a literal of another type", document("{ listAnalysisRequests(first: \"1\") { totalCount } }")),
        ("an enum as a text", document("{ listAnalysisRequests(status: [\"PENDING\"]) { totalCount } }")),
        ("an unknown enum value", document("{ listAnalysisRequests(status: [LOST]) { totalCount } }")),
        ("an integer past 32 bits", document("{ listAnalysisRequests(first: 2147483648) { totalCount } }")),
        ("a lone surrogate in a literal", document("{ node(id: \"\\ud800\") { id } }")),
        ("a lone surrogate in braces", document("{ node(id: \"\\u{d800}\") { id } }")),
        ("a NUL in the document", document("{ me { id\0 } }")),
        ("a variable that is missing", node(json!({}))),
        ("a variable that is null", node(json!({"id": null}))),
        ("a variable of another type", node(json!({"id": {"a": 1}}))),
        ("an undeclared variable", document("{ node(id: $id) { id } }")),
        ("an unused variable", document("query ($a: Int) { me { id } }")),
        (
            "an input field too many",
            json!({"query": "mutation ($i: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $i) { userErrors { code } } }", "variables": {"i": {"prompt": "a", "userId": "b"}}}),
        ),
    ];
    let before = world.statements().await;
    let mut table = String::new();
    for (what, body) in bodies {
        table += &format!("{what}: {}\n", post(world, Some(&token), body.to_string().as_bytes()).await);
    }
    insta::assert_snapshot!(table);
    assert_eq!(world.statements().await, before);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_merchant_and_its_list_alone() {
    let scene = Scene::set().await;
    let (world, token) = (&scene.world, scene.world.token(scene.world.alice()));
    let own = scene.of("$cursor").to_owned();
    let mut flipped = BASE64_URL_SAFE_NO_PAD.decode(&own).unwrap();
    flipped[9] ^= 1;
    let mut stretched = BASE64_URL_SAFE_NO_PAD.decode(&own).unwrap();
    stretched.push(0);
    let cursors = [
        ("a good one", own.clone()),
        ("another merchant's", scene.of("$bobs_cursor").to_owned()),
        ("one bit flipped", BASE64_URL_SAFE_NO_PAD.encode(&flipped)),
        ("a byte too many", BASE64_URL_SAFE_NO_PAD.encode(&stretched)),
        ("cut", own[..own.len() - 4].to_owned()),
        ("padded", format!("{own}=")),
        ("in the other alphabet", own.replace('-', "+").replace('_', "/") + "+/"),
        ("another list's", scene.of("$actions_cursor").to_owned()),
        ("an id", scene.of("$request").to_owned()),
        ("a number", "1".to_owned()),
        ("nothing", String::new()),
        ("a NUL", "\0".to_owned()),
    ];
    let mut table = String::new();
    for (what, cursor) in cursors {
        for place in ["after", "before"] {
            let document = format!(
                "query ($c: String) {{ listAnalysisRequests({place}: $c) {{ edges {{ node {{ prompt }} }} }} }}"
            );
            let body = json!({"query": document, "variables": {"c": cursor}}).to_string();
            table += &format!("{what}, {place}: {}\n", post(world, Some(&token), body.as_bytes()).await);
        }
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_token_that_is_not_ours_opens_nothing() {
    let scene = Scene::set().await;
    let (world, user) = (&scene.world, scene.world.alice().user_id());
    let session = testing::session(user);
    let issue = |keys: &auth::keys::Keys, at| {
        auth::token::issue(keys, user, session, at).unwrap().0.expose().to_owned()
    };
    let good = world.token(world.alice());
    let parts: Vec<&str> = good.split('.').collect();
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let headed = |header: &str| format!("{}.{}.{}", encode(header), parts[1], parts[2]);
    let claims = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let bobs = claims.replace(&user.to_string(), &world.bob().user_id().to_string());
    let tokens = [
        ("expired", issue(&world.app.keys, now() - SignedDuration::from_mins(15))),
        ("of tomorrow", issue(&world.app.keys, now() + SignedDuration::from_hours(24))),
        (
            "signed with another key",
            issue(&auth::keys::Keys::derive(b"another key of at least 32 bytes"), now()),
        ),
        ("alg none", format!("{}.{}.", encode(r#"{"typ":"at+jwt","alg":"none"}"#), parts[1])),
        ("alg none with the signature", headed(r#"{"typ":"at+jwt","alg":"none"}"#)),
        ("alg HS512", headed(r#"{"typ":"at+jwt","alg":"HS512"}"#)),
        ("another kid", headed(r#"{"typ":"at+jwt","alg":"HS256","kid":"../../dev/null"}"#)),
        ("another type", headed(r#"{"typ":"JWT","alg":"HS256"}"#)),
        ("another subject", format!("{}.{}.{}", parts[0], encode(&bobs), parts[2])),
        ("no signature", format!("{}.{}", parts[0], parts[1])),
        ("two of them", format!("{good} {good}")),
        ("far too long", "a".repeat(100_000)),
        ("nothing", String::new()),
    ];
    assert_ne!(claims, bobs);
    let before = world.statements().await;
    let mut table = String::new();
    let body = json!({"query": "{ me { id } __typename }"}).to_string();
    for (what, token) in tokens {
        table += &format!("{what}: {}\n", post(world, Some(&token), body.as_bytes()).await);
    }
    let schemes = [("another scheme", "Basic YTpi"), ("no scheme", good.as_str()), ("an empty header", "")];
    for (what, value) in schemes {
        let headers = [JSON, RESPONSE, ("authorization", value)];
        table += &format!(
            "{what}: {}\n",
            answer(world, Method::POST, "/graphql", &headers, body.as_bytes()).await
        );
    }
    let bearer = format!("Bearer {good}");
    let twice = [JSON, RESPONSE, ("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    table +=
        &format!("two headers: {}\n", answer(world, Method::POST, "/graphql", &twice, body.as_bytes()).await);
    insta::assert_snapshot!(table);
    assert_eq!(world.statements().await, before);
}

#[tokio::test]
async fn a_text_that_no_column_can_hold_is_refused_by_its_field() {
    let scene = Scene::set().await;
    let (world, token) = (&scene.world, scene.world.token(scene.world.alice()));
    let document = |text: &str| json!({"query": text}).to_string();
    let bodies = [
        (
            "in a prompt",
            document(
                "mutation { submitAnalysisRequest(input: {prompt: \"a\\u0000b\"}) { userErrors { code field message } } }",
            ),
        ),
        (
            "in a key",
            document(
                "mutation { submitAnalysisRequest(input: {prompt: \"a\", idempotencyKey: \"\\u0000\"}) { userErrors { code field message } } }",
            ),
        ),
        ("in an id", document("{ node(id: \"\\u0000\") { id } }")),
        ("in a month", document("{ me { usage(month: \"2026-11\\u0000\") { month } } }")),
        (
            "in an address",
            document(
                "mutation { register(input: {email: \"a\\u0000@example.com\", password: \"a long and quiet password\"}) { userErrors { code field message } } }",
            ),
        ),
        (
            "in a password",
            document(
                "mutation { register(input: {email: \"a@example.com\", password: \"a long \\u0000 password\"}) { userErrors { code field message } } }",
            ),
        ),
        (
            "at log-in",
            document(
                "mutation { login(input: {email: \"a\\u0000@example.com\", password: \"\\u0000\"}) { userErrors { code field message } } }",
            ),
        ),
        (
            "in the name of an operation",
            json!({"query": "query A { me { id } }", "operationName": "A\0"}).to_string(),
        ),
    ];
    let mut table = String::new();
    for (what, body) in bodies {
        table += &format!("a NUL {what}: {}\n", post(world, Some(&token), body.as_bytes()).await);
    }
    insta::assert_snapshot!(table);
}
