//! Every document in `queries/` against Shopify's own schema, and the bulk documents against the rules that the schema
//! does not carry.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::{fs, path::Path};

use apollo_compiler::{
    ExecutableDocument, Schema,
    executable::{Selection, SelectionSet},
    validation::Valid,
};

const BULK_CONNECTIONS_MAX: usize = 5;
const BULK_NESTING_MAX: usize = 2;
const BULK_BYTES_MAX: usize = 65_535;

fn schema() -> Valid<Schema> {
    let text = include_str!("../schema/admin_2026-10.graphql");
    Schema::parse_and_validate(text, "admin_2026-10.graphql").unwrap_or_else(|bad| panic!("{}", bad.errors))
}

fn documents() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn document(name: &str) -> String {
    documents().into_iter().find(|(found, _)| found == name).unwrap().1
}

/// What the bulk rules (shopify.dev, bulk operations) hold against a document; empty when nothing.
fn broken_bulk_rules(schema: &Valid<Schema>, text: &str) -> Vec<String> {
    let document = ExecutableDocument::parse_and_validate(schema, text, "bulk").unwrap();
    let operation = document.operations.get(None).unwrap();
    let mut walk = Walk { connections: 0, broken: vec![] };
    for field in operation.root_fields(&document) {
        if ["node", "nodes"].contains(&field.name.as_str()) {
            walk.broken.push(format!("top-level {}", field.name));
        }
    }
    walk.set(&operation.selection_set, 0, false);
    if walk.connections == 0 || walk.connections > BULK_CONNECTIONS_MAX {
        walk.broken.push(format!("{} connections", walk.connections));
    }
    if text.len() > BULK_BYTES_MAX {
        walk.broken.push("too long".to_owned());
    }
    walk.broken
}

struct Walk {
    connections: usize,
    broken: Vec<String>,
}

impl Walk {
    fn set(&mut self, set: &SelectionSet, depth: usize, in_list: bool) {
        for selection in &set.selections {
            let field = match selection {
                Selection::Field(field) => field,
                Selection::InlineFragment(fragment) => {
                    self.set(&fragment.selection_set, depth, in_list);
                    continue;
                }
                Selection::FragmentSpread(_) => {
                    self.broken.push("a fragment, which this check does not follow".to_owned());
                    continue;
                }
            };
            let inner = field.selection_set.ty.as_str();
            if !inner.ends_with("Connection") {
                self.set(
                    &field.selection_set,
                    depth,
                    in_list || field.ty().is_list() && field.name != "edges",
                );
                continue;
            }
            self.connections += 1;
            if in_list {
                self.broken.push(format!("connection {} inside a list", field.name));
            }
            if depth > BULK_NESTING_MAX {
                self.broken.push(format!("connection {} nested too deep", field.name));
            }
            for part in field.selection_set.fields() {
                if part.name != "edges" {
                    self.broken.push(format!("{} of {}", part.name, field.name));
                }
                for node in part.selection_set.fields().filter(|node| node.name == "node") {
                    if !node.selection_set.fields().any(|id| id.name == "id" && id.alias.is_none()) {
                        self.broken.push(format!("no id in {}", field.name));
                    }
                    self.set(&node.selection_set, depth + 1, in_list);
                }
            }
        }
    }
}

#[test]
fn every_document_is_valid_in_the_official_schema() {
    let schema = schema();
    let documents = documents();
    assert_eq!(documents.len(), 8);
    for (name, text) in documents {
        if let Err(bad) = ExecutableDocument::parse_and_validate(&schema, &text, &name) {
            panic!("{}", bad.errors);
        }
    }
}

#[test]
fn a_misspelt_field_or_argument_or_a_missing_variable_is_noticed() {
    let schema = schema();
    let orders = document("bulk_orders.graphql");
    let poll = document("bulk_poll.graphql");
    for bad in [
        orders.replace("processedAt", "proccessedAt"),
        orders.replace("sortKey: UPDATED_AT", "sortKey: UPDATED"),
        orders.replace("query:", "filter:"),
        poll.replace("$id: ID!", "$id: Int!"),
        poll.replace("(id: $id)", ""),
    ] {
        assert!(ExecutableDocument::parse_and_validate(&schema, &bad, "bad").is_err(), "{bad}");
    }
}

#[test]
fn no_document_uses_a_deprecated_field() {
    let text = include_str!("../schema/admin_2026-10.graphql");
    let deprecated: Vec<_> =
        text.lines().filter(|line| line.contains(": ") && line.contains("@deprecated")).collect();
    assert_eq!(deprecated, Vec::<&str>::new());
}

#[test]
fn the_bulk_documents_keep_shopifys_rules() {
    let schema = schema();
    for name in ["bulk_orders.graphql", "bulk_products.graphql", "bulk_customers.graphql"] {
        assert_eq!(broken_bulk_rules(&schema, &document(name)), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_broken_bulk_rule_is_noticed() {
    let cases = [
        ("{ nodes(ids: []) { id } }", vec!["top-level nodes", "0 connections"]),
        (
            "{ orders { edges { node { name refunds { refundLineItems { edges { node { id } } } } } } } }",
            vec!["no id in orders", "connection refundLineItems inside a list"],
        ),
    ];
    // The cut of the schema lacks `edges` of refund lines, because nothing we send asks for them.
    let text = include_str!("../schema/admin_2026-10.graphql").replace(
        "type RefundLineItemConnection {",
        "type E { node: RefundLineItem! }\ntype RefundLineItemConnection {\n  edges: [E!]!",
    );
    let wider = Schema::parse_and_validate(&text, "wider").unwrap();
    for (text, expected) in cases {
        assert_eq!(broken_bulk_rules(&wider, text), expected, "{text}");
    }
}
