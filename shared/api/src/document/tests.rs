use async_graphql::parser::parse_query;
use serde_json::json;

use super::cost::list_bound;
use super::{Checked, Code, OperationType, check, check_text, select};
use crate::shape::{Kind, Shape, innermost};

fn shape() -> Shape {
    Shape::read(&crate::sdl()).unwrap()
}

/// The checked operation, or the code and message of the refusal.
fn checked(document: &str, variables: serde_json::Value) -> Result<Checked, (Code, String)> {
    let document = parse_query(document).unwrap();
    let operation = select(&document, None).unwrap();
    check_text(&shape(), &document)
        .and_then(|()| check(&shape(), &document, operation, variables.as_object().unwrap()))
        .map_err(|error| (Code::of(&error).unwrap(), error.message))
}

fn cost(document: &str, variables: serde_json::Value) -> u64 {
    checked(document, variables).unwrap().cost
}

fn refusal(document: &str) -> (Code, String) {
    checked(document, json!({})).unwrap_err()
}

#[test]
fn objects_cost_one_times_the_lists_they_stand_in() {
    let cases = [
        ("{ __typename }", 0),
        ("{ me { id email } }", 1),
        ("{ me { preferences { preferredLlm } linkedAccounts { id sync { state } } } }", 1 + 1 + 20 * 2),
        (
            "{ listAnalysisRequests { edges { node { id } } pageInfo { hasNextPage } totalCount } }",
            1 + 20 * 2 + 1,
        ),
        ("{ listAnalysisRequests(first: 3) { edges { cursor } } }", 1 + 3),
        (
            "{ listAnalysisRequests(last: 7) { ...C } } fragment C on AnalysisRequestConnection { edges { node { id } } }",
            1 + 14,
        ),
        (
            "{ a: listAnalysisRequests(first: 1) { ...C } b: listAnalysisRequests(first: 2) { ...C } } fragment C on AnalysisRequestConnection { edges { cursor } }",
            2 + 3,
        ),
        ("{ listAnalysisRequests(first: 1000) { edges { cursor } } }", 1 + 100),
        ("{ node(id: \"x\") { id ... on AnalysisRequest { tasks { id } } } }", 1 + 12),
        (
            "mutation { login(input: {email: \"\", password: \"\"}) { user { id } userErrors { code } } }",
            1 + 1 + 5,
        ),
        ("{ __schema { types { name } } }", 0),
    ];
    for (document, points) in cases {
        assert_eq!(cost(document, json!({})), points, "{document}");
    }
    let by_variable = "query ($n: Int = 4) { listAnalysisRequests(first: $n) { edges { cursor } } }";
    assert_eq!((cost(by_variable, json!({})), cost(by_variable, json!({"n": 9}))), (5, 10));
}

#[test]
fn a_page_of_100_requests_with_tasks_and_account_fits_and_twice_that_does_not() {
    let page = "listAnalysisRequests(first: 100) { edges { node { id tasks { id status } linkedAccount { id sync { state } } } } pageInfo { endCursor } }";
    assert_eq!(cost(&format!("{{ {page} }}"), json!({})), 1 + 100 * (1 + 1 + 12 + 2) + 1);
    let (code, message) = refusal(&format!("{{ a: {page} b: {page} }}"));
    assert_eq!(
        (code, message.as_str()),
        (Code::QueryTooComplex, "The operation costs 3204 points; at most 2000 are allowed.")
    );
}

#[test]
fn every_list_of_objects_has_a_bound() {
    let shape = shape();
    let mut unbound = Vec::new();
    for (name, kind) in &shape.types {
        let Kind::Composite { fields, .. } = kind else { continue };
        for (field, known) in fields {
            let (ty, is_list) = innermost(&known.ty);
            if is_list && shape.is_composite(ty) && field != "edges" && list_bound(name, field).is_none() {
                unbound.push(format!("{name}.{field}"));
            }
        }
    }
    assert_eq!(unbound, Vec::<String>::new());
}

/// Documents at a bound and one past it.
fn pair(make: impl Fn(usize) -> String, max: usize) -> [String; 2] {
    [make(max), make(max + 1)]
}

fn nested(levels: usize) -> String {
    // `edges { node {` goes round; the innermost is a scalar.
    let chain = ["listAnalysisRequests", "edges", "node"];
    let open: Vec<_> = (0..levels - 1).map(|level| chain.get(level).unwrap_or(&"linkedAccount")).collect();
    let text = open.iter().map(|name| format!("{{ {name} ")).collect::<String>();
    format!("{text}{{ id }}{}", "}".repeat(levels - 1))
}

#[test]
fn each_bound_holds_at_its_limit_and_refuses_one_past_it() {
    let numbers =
        |count: usize, make: fn(usize) -> String| (0..count).map(make).collect::<Vec<_>>().join(" ");
    let cases = [
        ("levels", pair(nested, 10)),
        ("aliases", pair(|n| format!("{{ me {{ {} }} }}", numbers(n, |i| format!("a{i}: id"))), 15)),
        ("root fields", pair(|n| format!("{{ {} }}", numbers(n, |i| format!("a{i}: __typename"))), 10)),
        (
            "directives",
            pair(|n| format!("{{ me {{ {} }} }}", numbers(n, |_| "id @include(if: true)".to_owned())), 10),
        ),
        (
            "fragments",
            pair(
                |n| {
                    format!(
                        "{{ ...f0 }} {}",
                        numbers(n, |i| format!("fragment f{i} on Query {{ __typename }}"))
                    )
                },
                20,
            ),
        ),
    ];
    for (what, [at, past]) in cases {
        assert!(checked(&at, json!({})).is_ok(), "{what}: {:?}", checked(&at, json!({})));
        let (code, message) = refusal(&past);
        assert_eq!(code, Code::QueryTooComplex, "{what}");
        assert!(message.contains(what), "{what}: {message}");
    }
}

#[test]
fn five_operations_are_the_most_and_the_name_chooses() {
    let operations = |n: usize| (0..n).map(|i| format!("query q{i} {{ __typename }} ")).collect::<String>();
    for (count, fits) in [(5, true), (6, false)] {
        let document = parse_query(operations(count)).unwrap();
        let operation = select(&document, Some("q3")).unwrap();
        let passed = check_text(&shape(), &document)
            .and_then(|()| check(&shape(), &document, operation, &serde_json::Map::new()));
        assert_eq!(passed.is_ok(), fits, "{count}");
        assert_eq!(Code::of(&select(&document, None).unwrap_err()), Some(Code::BadUserInput));
        assert_eq!(Code::of(&select(&document, Some("q9")).unwrap_err()), Some(Code::BadUserInput));
    }
}

#[test]
fn fragments_in_circles_are_refused() {
    for document in [
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { me { ...c } } fragment c on User { ...a }",
        "{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }",
    ] {
        assert_eq!(refusal(document).0, Code::ValidationFailed, "{document}");
    }
}

#[test]
fn fragments_that_multiply_are_refused_at_once() {
    let link = |i: usize| format!("fragment f{i} on Query {{ {} }} ", format!("...f{} ", i + 1).repeat(15));
    let document = format!(
        "{{ ...f0 }} {} fragment f18 on Query {{ __typename }}",
        (0..18).map(link).collect::<String>()
    );
    let (code, message) = refusal(&document);
    assert_eq!((code, message.contains("more than 2000 fields")), (Code::QueryTooComplex, true), "{message}");
}

#[test]
fn introspection_may_be_deep_but_not_go_in_circles() {
    let of_types = "ofType { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } }";
    let usual = format!("{{ __schema {{ types {{ fields {{ args {{ type {{ {of_types} }} }} }} }} }} }}");
    assert!(checked(&usual, json!({})).is_ok());
    let twice = "{ __schema { types { fields { type { fields { name } } } } } }";
    assert!(checked(twice, json!({})).is_ok());
    let round = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert_eq!(refusal(round).0, Code::QueryTooComplex);
    let by_fragment = "{ __type(name: \"User\") { ...t } } fragment t on __Type { fields { type { fields { type { fields { name } } } } } }";
    assert_eq!(refusal(by_fragment).0, Code::QueryTooComplex);
}

#[test]
fn a_mutation_asks_for_each_name_once() {
    let login = "login(input: {email: \"\", password: \"\"}) { accessToken }";
    assert!(checked(&format!("mutation {{ {login} other: {login} }}"), json!({})).is_ok());
    assert_eq!(refusal(&format!("mutation {{ {login} {login} }}")).0, Code::ValidationFailed);
    let spread = format!("mutation {{ {login} ...m }} fragment m on Mutation {{ {login} }}");
    assert_eq!(refusal(&spread).0, Code::ValidationFailed);
}

#[test]
fn what_needs_no_token_is_known() {
    let kind = OperationType::Query;
    for (document, open) in [
        ("{ me { id } }", true),
        ("{ metrics { name } }", false),
        ("{ metrics { name } ... { __typename } }", true),
    ] {
        let found = checked(document, json!({})).unwrap();
        assert_eq!((found.kind, found.open, found.introspects), (kind, open, false), "{document}");
    }
}

#[test]
fn what_a_document_writes_down_fits_its_place() {
    let list = |arguments: &str| format!("{{ listAnalysisRequests({arguments}) {{ totalCount }} }}");
    let with = |definition: &str, arguments: &str| format!("query ({definition}) {}", list(arguments));
    let fine = [
        list("first: 1, status: [PENDING, FAILED]"),
        list("first: null, status: PENDING, after: \"\""),
        with("$n: Int = 3, $s: [AnalysisRequestStatus!]! = [PENDING]", "first: $n, status: $s"),
        with("$s: AnalysisRequestStatus!", "status: [$s]"),
        "{ node(id: 1) { id @skip(if: true) } }".to_owned(),
        "query ($id: ID = 1, $yes: Boolean = false) { node(id: $id) { id @include(if: $yes) } }".to_owned(),
        "mutation { submitAnalysisRequest(input: {prompt: \"\", idempotencyKey: null}) { userErrors { code } } }".to_owned(),
    ];
    for document in fine {
        assert_eq!(checked(&document, json!({})).map(|_| ()), Ok(()), "{document}");
    }
    let wrong = [
        (list("first: 2147483648"), "it is not a 32-bit integer"),
        (list("first: 1.0"), "it is not a 32-bit integer"),
        (list("status: \"PENDING\""), "it is not a value of AnalysisRequestStatus"),
        (list("status: [LOST]"), "it is not a value of AnalysisRequestStatus"),
        (list("status: [null]"), "it is null"),
        (with("$n: Int = \"1\"", "first: $n"), "it is not a 32-bit integer"),
        (with("$n: Int! = null", "first: $n"), "it is null"),
        (with("$s: [AnalysisRequestStatus]", "status: $s"), "\"$s\" is a \"[AnalysisRequestStatus]\""),
        (with("$s: AnalysisRequestStatus!", "status: $s"), "\"$s\" is a \"AnalysisRequestStatus!\""),
        (with("$s: AnalysisRequestStatus", "status: [$s]"), "\"$s\" is a \"AnalysisRequestStatus\""),
        ("query ($id: ID) { node(id: $id) { id } }".to_owned(), "\"$id\" is a \"ID\""),
        ("query ($id: ID = null) { node(id: $id) { id } }".to_owned(), "\"$id\" is a \"ID\""),
        ("query ($id: ID!) { ...F } fragment F on Query { listAnalysisRequests(after: $id) { totalCount } }".to_owned(), "\"$id\" is a \"ID!\""),
        ("query ($yes: Boolean) { me { id @skip(if: $yes) } }".to_owned(), "\"$yes\" is a \"Boolean\""),
        ("query ($yes: Boolean! @skip(if: true)) { me { id @skip(if: $yes) } }".to_owned(), "The directive \"@skip\" cannot stand at a variable."),
        ("mutation { submitAnalysisRequest(input: \"a\") { userErrors { code } } }".to_owned(), "it is not an object of SubmitAnalysisRequestInput"),
        ("mutation { submitAnalysisRequest(input: {prompt: 1}) { userErrors { code } } }".to_owned(), "in \"prompt\", it is not a string"),
        ("mutation { submitAnalysisRequest(input: {}) { userErrors { code } } }".to_owned(), "the field \"prompt\" of SubmitAnalysisRequestInput is missing"),
        ("mutation ($p: String) { submitAnalysisRequest(input: {prompt: $p}) { userErrors { code } } }".to_owned(), "in \"prompt\", \"$p\" is a \"String\""),
    ];
    for (document, why) in wrong {
        let (code, message) = refusal(&document);
        assert_eq!(code, Code::ValidationFailed, "{document}");
        assert!(message.contains(why), "{document} {message}");
    }
}

#[test]
fn fields_of_one_key_are_one_field() {
    let fine = [
        "{ me { id id } me { email } ...F } fragment F on Query { me { id } }",
        "{ node(id: 1) { ... on User { x: email } ... on AgentTask { x: description } } }",
        "{ node(id: 1) { id ... on User { id } ... on AgentTask { y: id } } }",
        "{ node(id: 1) { ... on User { a: linkedAccounts { x: id } } ... on AnalysisRequest { a: tasks { x: id } } } }",
    ];
    for document in fine {
        assert_eq!(checked(document, json!({})).map(|_| ()), Ok(()), "{document}");
    }
    let wrong = [
        ("{ me { ...F id: email } } fragment F on User { id }", "id and email are different fields"),
        (
            "{ me { x: id x: id y: email ...F } } fragment F on User { y: email x: createdAt }",
            "id and createdAt are different fields",
        ),
        (
            "{ node(id: 1) { ... on User { x: email } ... on AgentTask { x: retryCount } } }",
            "they are of the types String! and Int!",
        ),
        (
            "{ node(id: 1) { ... on User { x: email } ... on AgentTask { x: errorMessage } } }",
            "they are of the types String! and String",
        ),
        (
            "{ node(id: 1) { ... on User { a: linkedAccounts { x: id } } ... on AnalysisRequest { a: tasks { x: description } } } }",
            "they are of the types ID! and String!",
        ),
        (
            "{ me { x: linkedAccounts { id } x: preferences { preferredLlm } } }",
            "linkedAccounts and preferences are different fields",
        ),
        (
            "{ listAnalysisRequests { edges { node { x: prompt } } } ... on Query { listAnalysisRequests { edges { node { ...F } } } } } fragment F on AnalysisRequest { x: errorMessage }",
            "prompt and errorMessage are different fields",
        ),
        (
            "{ node(id: 1) { ... on Node { x: id } ... on PlanStep { id } ... on User { x: id } ...F } } fragment F on AnalysisRequest { prompt: id x: id y: prompt prompt }",
            "id and prompt are different fields",
        ),
        (
            "{ a: node(id: 1) { id } ...F } fragment F on Query { a: node(id: 2) { id } }",
            "they have differing arguments",
        ),
        (
            "{ me { usage { month } ... on User { usage(month: \"2026-11\") { month } } } }",
            "they have differing arguments",
        ),
        (
            "{ listAnalysisRequests { edges { node { x: prompt } } } ...F } fragment F on Query { listAnalysisRequests { edges { node { x: id } } } }",
            "prompt and id are different fields",
        ),
        (
            "{ me { linkedAccounts { x: provider } linkedAccounts { x: accountIdentifier } } }",
            "provider and accountIdentifier are different fields",
        ),
    ];
    for (document, why) in wrong {
        let (code, message) = refusal(document);
        assert_eq!(code, Code::ValidationFailed, "{document}");
        assert!(message.contains(why), "{document} {message}");
    }
}
