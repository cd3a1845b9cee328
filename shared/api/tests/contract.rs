//! What the code generates agrees with the contract in `contract.graphql`, and is committed where others read it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

use std::collections::BTreeSet;
use std::path::Path;

use api::shape::{Argument, Kind, Shape};
use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{InterfaceType, ObjectType, TypeKind, TypeSystemDefinition};

const CONTRACT: &str = include_str!("contract.graphql");

fn contract() -> Shape {
    Shape::read(CONTRACT).unwrap()
}

fn ours() -> Shape {
    Shape::read(&api::sdl()).unwrap()
}

fn arguments(arguments: &std::collections::BTreeMap<String, Argument>) -> Vec<String> {
    arguments.iter().map(|(name, argument)| format!("{name}: {}", argument.ty)).collect()
}

/// One line for everything a client can see of a type.
fn lines(shape: &Shape) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (name, kind) in &shape.types {
        match kind {
            Kind::Scalar => _ = lines.insert(format!("scalar {name}")),
            Kind::Enum(values) => lines.extend(values.iter().map(|value| format!("enum {name} {value}"))),
            Kind::Union(members) => {
                lines.extend(members.iter().map(|member| format!("union {name} {member}")))
            }
            Kind::Input(fields) => {
                lines.extend(arguments(fields).into_iter().map(|field| format!("input {name} {field}")))
            }
            Kind::Composite { fields, implements, interface } => {
                let word = if *interface { "interface" } else { "type" };
                lines.extend(
                    implements.iter().map(|implemented| format!("{word} {name} implements {implemented}")),
                );
                lines.extend(fields.iter().map(|(field, shape)| {
                    format!("{word} {name}.{field}({}): {}", arguments(&shape.arguments).join(", "), shape.ty)
                }));
            }
        }
    }
    lines
}

#[test]
fn every_line_of_ours_is_the_contracts() {
    let (contract, ours) = (lines(&contract()), lines(&ours()));
    let added: Vec<_> = ours.difference(&contract).collect();
    assert_eq!(added, Vec::<&String>::new());
}

#[test]
fn what_is_not_there_yet_is_listed() {
    let (contract, ours) = (contract(), ours());
    let (all, have) = (lines(&contract), lines(&ours));
    let of_known_type = |line: &&String| {
        let name = line.split([' ', '.', '(']).nth(1).unwrap();
        ours.types.contains_key(name)
    };
    let fields: Vec<_> = all.difference(&have).filter(of_known_type).cloned().collect();
    let types: Vec<_> =
        contract.types.keys().filter(|name| !ours.types.contains_key(*name)).cloned().collect();
    insta::assert_snapshot!(format!("{}\n\n{}\n", fields.join("\n"), types.join("\n")));
}

#[test]
fn the_committed_sdl_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/schema.graphql");
    let sdl = api::sdl();
    #[expect(clippy::disallowed_methods, reason = "a switch of this test, not a setting of the product")]
    if std::env::var("ALATAR_GENERATE").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &sdl).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, sdl, "run the tests with ALATAR_GENERATE=1");
}

#[test]
fn everything_is_described() {
    let document = parse_schema(api::sdl()).unwrap();
    let mut silent = Vec::new();
    let mut check = |ty: &str, part: &str, description: &Option<Positioned<String>>| {
        if description.as_ref().is_none_or(|text| text.node.is_empty()) {
            silent.push(format!("{ty} {part}"));
        }
    };
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = definition.node;
        let name = definition.name.node.as_str();
        check(name, "itself", &definition.description);
        match definition.kind {
            TypeKind::Object(ObjectType { fields, .. })
            | TypeKind::Interface(InterfaceType { fields, .. }) => {
                for field in fields {
                    check(name, &field.node.name.node, &field.node.description);
                    for argument in &field.node.arguments {
                        let part = format!("{}({})", field.node.name.node, argument.node.name.node);
                        check(name, &part, &argument.node.description);
                    }
                }
            }
            TypeKind::InputObject(ty) => {
                ty.fields
                    .iter()
                    .for_each(|field| check(name, &field.node.name.node, &field.node.description));
            }
            TypeKind::Enum(ty) => {
                ty.values
                    .iter()
                    .for_each(|value| check(name, &value.node.value.node, &value.node.description));
            }
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}
