use async_graphql::parser::parse_query;
use async_graphql::{PathSegment, ServerError, Value};
use serde_json::json;

use super::{Completion, name_types};
use crate::document::select;
use crate::shape::Shape;

const SCHEMA: &str = "
    interface Node { id: ID! }
    type Leaf implements Node { id: ID! word: String must: String! }
    type Tree implements Node { id: ID! leaf: Leaf must: Leaf! leaves: [Leaf] all: [Leaf!]! size: Int }
    type Query { tree: Tree mustTree: Tree! node: Node a: Int b: Int }";

/// The completed data for what the executor gave, with the paths at which it failed.
fn completed(document: &str, data: serde_json::Value, failed: &[&[&str]]) -> String {
    let shape = Shape::read(SCHEMA).unwrap();
    let mut document = parse_query(document).unwrap();
    name_types(&shape, &mut document);
    let segment =
        |text: &&str| text.parse().map(PathSegment::Index).unwrap_or(PathSegment::Field((*text).to_owned()));
    let error = |path: &&[&str]| ServerError::new("why", None).with_path(path.iter().map(segment).collect());
    let errors: Vec<_> = failed.iter().map(error).collect();
    let (operation, variables) = (select(&document, None).unwrap(), json!({"yes": true}));
    let variables = variables.as_object().unwrap();
    let completion =
        Completion { shape: &shape, document: &document, operation, variables, errors: &errors, slim: false };
    serde_json::to_string(&completion.complete(Value::from_json(data).unwrap())).unwrap()
}

#[test]
fn fields_come_in_the_order_they_were_asked_for() {
    let data = json!({"x": 3, "b": 2, "a": 1, "__typename": "Query"});
    assert_eq!(
        completed("{ b a __typename x: a }", data, &[]),
        r#"{"b":2,"a":1,"__typename":"Query","x":3}"#
    );
    let merged = "{ tree { size } a ...F } fragment F on Query { tree { id size } b }";
    let data = json!({"b": 2, "a": 1, "tree": {"id": "t", "size": 1}});
    assert_eq!(completed(merged, data, &[]), r#"{"tree":{"size":1,"id":"t"},"a":1,"b":2}"#);
}

#[test]
fn what_failed_is_null_and_so_is_a_parent_that_may_not_be_without_it() {
    let cases: Vec<(&str, serde_json::Value, Vec<&[&str]>, &str)> = vec![
        ("{ a b }", json!({"a": 1}), vec![&["b"]], r#"{"a":1,"b":null}"#),
        ("{ tree { id } a }", json!({"a": 1}), vec![&["tree"]], r#"{"tree":null,"a":1}"#),
        ("{ mustTree { id } a }", json!({"a": 1}), vec![&["mustTree"]], "null"),
        (
            "{ tree { size id } }",
            json!({"tree": {"id": "t"}}),
            vec![&["tree", "size"]],
            r#"{"tree":{"size":null,"id":"t"}}"#,
        ),
        (
            "{ tree { id size } a }",
            json!({"tree": {"size": 1}, "a": 1}),
            vec![&["tree", "id"]],
            r#"{"tree":null,"a":1}"#,
        ),
        ("{ tree { size } }", json!({"tree": null}), vec![&["tree", "size"]], r#"{"tree":{"size":null}}"#),
        ("{ tree { size } }", json!({"tree": null}), vec![], r#"{"tree":null}"#),
        (
            "{ tree { leaf { must } size } }",
            json!({"tree": {"size": 1, "leaf": null}}),
            vec![&["tree", "leaf", "must"]],
            r#"{"tree":{"leaf":null,"size":1}}"#,
        ),
        (
            "{ tree { must { must } size } }",
            json!({"tree": {"size": 1, "must": null}}),
            vec![&["tree", "must", "must"]],
            r#"{"tree":null}"#,
        ),
        (
            "{ mustTree { must { must } } }",
            json!({"mustTree": {"must": null}}),
            vec![&["mustTree", "must", "must"]],
            "null",
        ),
        (
            "{ tree { leaves { id must } } }",
            json!({"tree": {"leaves": [{"id": "0", "must": "m"}, {"id": "1"}]}}),
            vec![&["tree", "leaves", "1", "must"]],
            r#"{"tree":{"leaves":[{"id":"0","must":"m"},null]}}"#,
        ),
        (
            "{ tree { size all { id must } } }",
            json!({"tree": {"size": 1, "all": [{"id": "0", "must": "m"}, {"id": "1"}]}}),
            vec![&["tree", "all", "1", "must"]],
            r#"{"tree":null}"#,
        ),
        ("{ a }", json!(null), vec![&["a"]], r#"{"a":null}"#),
    ];
    for (document, data, failed, expected) in cases {
        assert_eq!(completed(document, data, &failed), expected, "{document}");
    }
}

#[test]
fn an_object_of_an_interface_is_completed_as_what_it_is() {
    let document = "{ node { id ... on Tree { size } ... on Leaf { word must } ...N } } fragment N on Node { __typename }";
    let data = json!({"node": {"id": "n", "must": "m", "__typename": "Leaf", "__type_of_object": "Leaf"}});
    let expected = r#"{"node":{"id":"n","word":null,"must":"m","__typename":"Leaf"}}"#;
    assert_eq!(completed(document, data, &[&["node", "word"]]), expected);
    let data = json!({"node": {"id": "n", "word": "w", "__typename": "Leaf", "__type_of_object": "Leaf"}});
    assert_eq!(completed(document, data, &[&["node", "must"]]), r#"{"node":null}"#);
}

#[test]
fn what_is_skipped_is_not_missing() {
    let document = "query ($yes: Boolean!, $no: Boolean = false) {
        a @skip(if: $yes) b @include(if: $no) tree @include(if: $yes) { id @skip(if: true) size }
        ... @skip(if: true) { x: a } ...F @include(if: $no) } fragment F on Query { y: a }";
    assert_eq!(completed(document, json!({"tree": {"size": 1}}), &[]), r#"{"tree":{"size":1}}"#);
}
