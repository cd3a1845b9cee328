//! Documents made from the SDL, so that what is added to the schema is asked for without anybody thinking of it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use api::shape::{Argument, Field, Kind, Shape, innermost};
use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{EnumValueDefinition, TypeKind, TypeSystemDefinition};

pub(crate) static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::read(&api::sdl()).unwrap());

/// A field of a root type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    /// `query`, `mutation` or `subscription`.
    pub(crate) keyword: &'static str,
    pub(crate) name: String,
    pub(crate) field: Field,
}

/// Every root field there is.
pub(crate) fn roots() -> Vec<Root> {
    let mut roots = Vec::new();
    for (ty, keyword) in [("Query", "query"), ("Mutation", "mutation"), ("Subscription", "subscription")] {
        for (name, field) in fields(ty) {
            roots.push(Root { keyword, name: name.clone(), field: field.clone() });
        }
    }
    roots
}

pub(crate) fn fields(ty: &str) -> impl Iterator<Item = (&'static String, &'static Field)> {
    match SHAPE.types.get(ty) {
        Some(Kind::Composite { fields, .. }) => Some(fields),
        _ => None,
    }
    .into_iter()
    .flatten()
}

/// The values of an enum with their descriptions, in the order of the SDL.
pub(crate) fn described(name: &str) -> Vec<(String, String)> {
    let definitions = parse_schema(api::sdl()).unwrap().definitions;
    let kind = definitions.into_iter().find_map(|definition| match definition {
        TypeSystemDefinition::Type(ty) if ty.node.name.node == name => Some(ty.node.kind),
        _ => None,
    });
    let Some(TypeKind::Enum(ty)) = kind else { unreachable!("there is no enum {name}") };
    let text =
        |description: Option<Positioned<String>>| description.map(|text| text.node).unwrap_or_default();
    let value = |value: Positioned<EnumValueDefinition>| {
        (value.node.value.node.to_string(), text(value.node.description))
    };
    ty.values.into_iter().map(value).collect()
}

/// The types that can stand where this one is expected, if it is an interface.
pub(crate) fn implementors(interface: &str) -> Vec<&'static str> {
    let implements = |kind: &Kind| match kind {
        Kind::Composite { implements, .. } => implements.contains(interface),
        Kind::Scalar | Kind::Enum(_) | Kind::Union(_) | Kind::Input(_) => false,
    };
    SHAPE.types.iter().filter(|(_, kind)| implements(kind)).map(|(name, _)| name.as_str()).collect()
}

/// What a client can set: every argument, and where it is an input object its fields instead, by their paths.
pub(crate) fn inputs(root: &Root) -> Vec<(Vec<String>, &'static str)> {
    fn walk(arguments: &BTreeMap<String, Argument>, path: &[String], out: &mut Vec<(Vec<String>, String)>) {
        for (name, argument) in arguments {
            let path = [path, std::slice::from_ref(name)].concat();
            let (ty, _) = innermost(&argument.ty);
            match SHAPE.types.get(ty) {
                Some(Kind::Input(fields)) => walk(fields, &path, out),
                _ => out.push((path, ty.to_owned())),
            }
        }
    }
    let mut out = Vec::new();
    walk(&root.field.arguments, &[], &mut out);
    out.into_iter().map(|(path, ty)| (path, if ty == "ID" { "ID" } else { "" })).collect()
}

/// How much of a type is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Everything,
    /// No lists of objects, which a page of the usual size would multiply past the bound.
    WithoutLists,
}

/// The operation that asks for a root field, with these of its arguments as variables.
pub(crate) fn operation(root: &Root, arguments: &[&str], selection: &str) -> String {
    let given = || root.field.arguments.iter().filter(|(name, _)| arguments.contains(&name.as_str()));
    let variables: Vec<_> = given().map(|(name, argument)| format!("${name}: {}", argument.ty)).collect();
    let passed: Vec<_> = given().map(|(name, _)| format!("{name}: ${name}")).collect();
    let around =
        |list: Vec<String>| if list.is_empty() { list.concat() } else { format!("({})", list.join(", ")) };
    let (variables, passed) = (around(variables), around(passed));
    format!("{} {variables} {{ {}{passed} {selection} }}", root.keyword, root.name)
}

/// Everything of a type down to where it would meet itself again.
pub(crate) fn selection(ty: &str, extent: Extent) -> String {
    below(ty, extent, &mut Vec::new())
}

fn below<'t>(ty: &'t str, extent: Extent, above: &mut Vec<&'t str>) -> String {
    if !SHAPE.is_composite(ty) {
        return String::new();
    }
    above.push(ty);
    let mut parts = Vec::new();
    for (name, field) in fields(ty) {
        let (inner, list) = innermost(&field.ty);
        let is_page = name == "edges" || name == "userErrors";
        let left_out = list && extent == Extent::WithoutLists && SHAPE.is_composite(inner) && !is_page;
        if above.contains(&inner)
            || left_out
            || field.arguments.values().any(|argument| !argument.ty.nullable)
        {
            continue;
        }
        let below = below(inner, extent, above);
        if !below.is_empty() || !SHAPE.is_composite(inner) {
            parts.push(format!("{name} {below}").trim_end().to_owned());
        }
    }
    above.pop();
    if parts.is_empty() { String::new() } else { format!("{{ {} }}", parts.join(" ")) }
}
