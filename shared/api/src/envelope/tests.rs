use async_graphql::Value as GraphqlValue;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::{Asked, Code, Media, Reply, Request, read};

/// What is asked, or the refusal's status and body.
type Found = Result<Asked, (StatusCode, Value)>;

const RESPONSE: &str = "application/graphql-response+json";

fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
}

fn post(body: &[u8]) -> Found {
    let headers = headers(&[(CONTENT_TYPE, "application/json")]);
    ask(&Method::POST, &headers, None, body)
}

fn get(query: &str) -> Found {
    ask(&Method::GET, &HeaderMap::new(), Some(query), b"")
}

fn ask(method: &Method, headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Found {
    read(Request { method, headers, query, body, client: None }).map_err(|(media, reply)| {
        let response = reply.write(media, "id");
        (response.status(), serde_json::from_slice(response.body()).unwrap())
    })
}

fn asked(document: &str) -> Asked {
    Asked {
        media: Media::Json,
        reads_only: false,
        document: document.to_owned(),
        operation_name: None,
        variables: serde_json::Map::new(),
    }
}

#[test]
fn a_post_says_what_it_asks() {
    let full =
        json!({"query": "q", "operationName": "o", "variables": {"a": 1}, "extensions": {"x": 1}, "more": 2});
    let variables = json!({"a": 1}).as_object().unwrap().clone();
    let expected = Asked { operation_name: Some("o".to_owned()), variables, ..asked("q") };
    assert_eq!(post(full.to_string().as_bytes()), Ok(expected));
    let nulls = json!({"query": "q", "operationName": null, "variables": null, "extensions": null});
    assert_eq!(post(nulls.to_string().as_bytes()), Ok(asked("q")));
}

#[test]
fn a_get_says_it_in_its_query_string() {
    let found = get("query=%7Bme%7Bid%7D%7D&operationName=o&variables=%7B%22a%22%3A1%7D&other=1").unwrap();
    let variables = json!({"a": 1}).as_object().unwrap().clone();
    let expected =
        Asked { reads_only: true, operation_name: Some("o".to_owned()), variables, ..asked("{me{id}}") };
    assert_eq!(found, expected);
    assert_eq!(get("query=a+b%2Bc&variables=").unwrap().document, "a b+c");
    assert_eq!(get("query=%EF%BF%BD").unwrap().document, "\u{FFFD}");
}

#[test]
fn what_is_not_a_request_is_refused_with_its_reason() {
    let deep = format!(r#"{{"query":"q","variables":{{"a":{}1{}}}}}"#, "[".repeat(31), "]".repeat(31));
    let cases: Vec<(&str, Found)> = vec![
        ("no body", post(b"")),
        ("not JSON", post(b"{\"query\":")),
        ("not UTF-8", post(b"{\"query\":\"\xff\"}")),
        ("a lone surrogate", post(br#"{"query":"\ud800"}"#)),
        ("a key twice", post(br#"{"query":"q","query":"p"}"#)),
        ("a key of a variable twice", post(br#"{"query":"q","variables":{"a":{"b":1,"b":1}}}"#)),
        ("not an object", post(b"1")),
        ("a batch", post(br#"[{"query":"q"}]"#)),
        ("no query", post(b"{}")),
        ("query a number", post(br#"{"query":1}"#)),
        ("operationName a map", post(br#"{"query":"q","operationName":{}}"#)),
        ("variables a list", post(br#"{"query":"q","variables":[]}"#)),
        ("variables a text", post(br#"{"query":"q","variables":"{}"}"#)),
        ("extensions a text", post(br#"{"query":"q","extensions":"x"}"#)),
        ("too deep", post(deep.as_bytes())),
        ("no query by GET", get("")),
        ("variables not JSON by GET", get("query=q&variables=x")),
        ("query twice by GET", get("query=a&query=b")),
        ("a key twice by GET", get("query=q&variables=%7B%22a%22:1,%22a%22:2%7D")),
        ("not UTF-8 by GET", get("query=%ff")),
        ("no content type", ask(&Method::POST, &HeaderMap::new(), None, b"{}")),
        ("another content type", ask(&Method::POST, &headers(&[(CONTENT_TYPE, "text/plain")]), None, b"{}")),
        (
            "another media type wanted",
            ask(&Method::GET, &headers(&[(ACCEPT, "text/html")]), Some("query=q"), b""),
        ),
        ("PUT", ask(&Method::PUT, &HeaderMap::new(), None, b"")),
        ("too large", post(&[b' '; 256 * 1024 + 1])),
        ("too large by GET", get(&"a".repeat(256 * 1024 + 1))),
    ];
    let table: String = cases
        .into_iter()
        .map(|(what, found)| {
            let (status, body) = found.unwrap_err();
            format!("{what}: {} {body}\n", status.as_u16())
        })
        .collect();
    insta::assert_snapshot!(table);
}

#[test]
fn the_bounds_of_a_body_hold() {
    let body = br#"{"query":"q"}"#;
    let mut padded = body.to_vec();
    padded.resize(256 * 1024, b' ');
    assert_eq!(post(&padded), Ok(asked("q")));
    let nested = format!(r#"{{"query":"q","variables":{{"a":{}1{}}}}}"#, "[".repeat(30), "]".repeat(30));
    assert!(post(nested.as_bytes()).is_ok());
}

#[test]
fn the_status_says_how_it_went() {
    let errors = |code: Code| vec![code.refuse("why")];
    let refused = |code| Reply::refused(code_error(code));
    let partly = Reply {
        data: Some(GraphqlValue::Null),
        errors: errors(Code::Unauthenticated),
        ..refused(Code::Internal)
    };
    let done = Reply {
        data: Some(GraphqlValue::from(1)),
        errors: Vec::new(),
        cost: Some(7),
        ..refused(Code::Internal)
    };
    let mut table = String::new();
    let replies: Vec<(&str, Reply)> = Code::ALL
        .into_iter()
        .map(|code| (code.name(), refused(code)))
        .chain([("partly", partly), ("done", done), ("http", Reply::http(StatusCode::NOT_ACCEPTABLE, "why"))])
        .collect();
    for (what, reply) in replies {
        for media in [Media::Json, Media::GraphqlResponse] {
            let response = reply.write(media, "the-id");
            let mut extra: Vec<_> = response
                .headers()
                .iter()
                .filter(|(name, _)| [ALLOW, RETRY_AFTER, WWW_AUTHENTICATE].contains(name))
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect();
            extra.sort();
            let body = String::from_utf8(response.body().clone()).unwrap();
            table += &format!("{what} {media:?} {} {extra:?} {body}\n", response.status().as_u16());
        }
    }
    insta::assert_snapshot!(table);
}

fn code_error(code: Code) -> async_graphql::ServerError {
    code.refuse("why")
}

#[test]
fn the_answer_is_written_in_the_type_that_was_asked_for() {
    for (accept, content_type) in [
        ("application/json", "application/json; charset=utf-8"),
        (RESPONSE, "application/graphql-response+json; charset=utf-8"),
    ] {
        let found = ask(&Method::GET, &headers(&[(ACCEPT, accept)]), Some("query=q"), b"").unwrap();
        let response = Reply::refused(code_error(Code::ParseFailed)).write(found.media, "id");
        assert_eq!(response.headers()[CONTENT_TYPE], content_type);
    }
}
