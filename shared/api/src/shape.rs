//! The schema as plain data, read from its own SDL: what the limits and the variables are checked against.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, InputValueDefinition, Type, TypeKind, TypeSystemDefinition};
use async_graphql::{Positioned, parser};

/// Every type of a schema by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub types: BTreeMap<String, Kind>,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    Enum(BTreeSet<String>),
    /// Objects and interfaces alike.
    Composite {
        fields: BTreeMap<String, Field>,
        implements: BTreeSet<String>,
        interface: bool,
    },
    Union(BTreeSet<String>),
    Input(BTreeMap<String, Argument>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub ty: Type,
    pub arguments: BTreeMap<String, Argument>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub ty: Type,
    pub has_default: bool,
}

impl Shape {
    /// Reads an SDL document.
    ///
    /// # Errors
    /// When it is not one.
    pub fn read(sdl: &str) -> Result<Self, parser::Error> {
        let mut types = BTreeMap::new();
        for definition in parse_schema(sdl)?.definitions {
            if let TypeSystemDefinition::Type(definition) = definition {
                types.insert(definition.node.name.node.to_string(), kind(definition.node.kind));
            }
        }
        Ok(Self { types })
    }

    /// The field of an object or interface.
    pub fn field(&self, parent: &str, name: &str) -> Option<&Field> {
        match self.types.get(parent)? {
            Kind::Composite { fields, .. } => fields.get(name),
            Kind::Scalar | Kind::Enum(_) | Kind::Union(_) | Kind::Input(_) => None,
        }
    }

    /// Whether values of the type have fields of their own.
    pub fn is_composite(&self, name: &str) -> bool {
        matches!(self.types.get(name), Some(Kind::Composite { .. } | Kind::Union(_)))
    }
}

/// The innermost name of a type, and whether a list stands around it.
pub fn innermost(ty: &Type) -> (&str, bool) {
    let (mut base, mut list) = (&ty.base, false);
    loop {
        match base {
            BaseType::Named(name) => return (name.as_str(), list),
            BaseType::List(inner) => {
                list = true;
                base = &inner.base;
            }
        }
    }
}

fn kind(kind: TypeKind) -> Kind {
    let names =
        |names: Vec<Positioned<async_graphql::Name>>| names.into_iter().map(|name| name.node.to_string());
    match kind {
        TypeKind::Scalar => Kind::Scalar,
        TypeKind::Enum(ty) => {
            Kind::Enum(ty.values.into_iter().map(|value| value.node.value.node.to_string()).collect())
        }
        TypeKind::Object(ty) => Kind::Composite {
            fields: fields(ty.fields),
            implements: names(ty.implements).collect(),
            interface: false,
        },
        TypeKind::Interface(ty) => Kind::Composite {
            fields: fields(ty.fields),
            implements: names(ty.implements).collect(),
            interface: true,
        },
        TypeKind::Union(ty) => Kind::Union(names(ty.members).collect()),
        TypeKind::InputObject(ty) => Kind::Input(arguments(ty.fields)),
    }
}

fn fields(fields: Vec<Positioned<parser::types::FieldDefinition>>) -> BTreeMap<String, Field> {
    let field = |field: Positioned<parser::types::FieldDefinition>| {
        let field = field.node;
        (field.name.node.to_string(), Field { ty: field.ty.node, arguments: arguments(field.arguments) })
    };
    fields.into_iter().map(field).collect()
}

fn arguments(arguments: Vec<Positioned<InputValueDefinition>>) -> BTreeMap<String, Argument> {
    let argument = |argument: Positioned<InputValueDefinition>| {
        let argument = argument.node;
        let has_default = argument.default_value.is_some();
        (argument.name.node.to_string(), Argument { ty: argument.ty.node, has_default })
    };
    arguments.into_iter().map(argument).collect()
}
