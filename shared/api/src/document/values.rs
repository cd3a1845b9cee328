//! The values that a document writes down, and the places where its variables stand (GraphQL 5.6.1, 5.8.5). The
//! executor's validator takes a text for an enum value, an integer of any size, and a nullable variable anywhere.

use std::collections::HashSet;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type,
    VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, ServerError, Value, indexmap::IndexMap};
use async_graphql_value::Value as Literal;

use crate::document::root;
use crate::errors::Code;
use crate::shape::{Argument, Kind, Shape, innermost};

/// Checks one operation with every fragment that it spreads. What the schema does not have is the validator's to refuse.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` with the first value that does not fit.
pub(super) fn check(
    shape: &Shape,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Result<(), ServerError> {
    let variables = &operation.variable_definitions;
    let mut walk = Walk { shape, document, variables, visited: HashSet::new() };
    for definition in variables {
        walk.definition(definition)?;
    }
    walk.directives(&operation.directives)?;
    walk.selections(root(operation.ty), &operation.selection_set.node)
}

struct Walk<'d> {
    shape: &'d Shape,
    document: &'d ExecutableDocument,
    variables: &'d [Positioned<VariableDefinition>],
    visited: HashSet<&'d str>,
}

impl<'d> Walk<'d> {
    fn definition(&self, definition: &Positioned<VariableDefinition>) -> Result<(), ServerError> {
        let (pos, definition) = (definition.pos, &definition.node);
        let name = &definition.name.node;
        if let Some(directive) = definition.directives.first() {
            let message =
                format!("The directive \"@{}\" cannot stand at a variable.", directive.node.name.node);
            return Err(refused(directive.pos, message));
        }
        let Some(default) = &definition.default_value else { return Ok(()) };
        let ty = &definition.var_type.node;
        self.fit(ty, &default.node.clone().into_value()).map_err(|why| {
            refused(pos, format!("The default of \"${name}\" is not of the type \"{ty}\": {why}."))
        })
    }

    fn selections(&mut self, parent: &str, set: &'d SelectionSet) -> Result<(), ServerError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    self.directives(&field.directives)?;
                    let Some(known) = self.shape.field(parent, &field.name.node) else { continue };
                    for (name, value) in &field.arguments {
                        if let Some(argument) = known.arguments.get(name.node.as_str()) {
                            self.argument(name, argument, value)?;
                        }
                    }
                    self.selections(innermost(&known.ty).0, &field.selection_set.node)?;
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    self.directives(&fragment.directives)?;
                    let on =
                        fragment.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.selections(on.unwrap_or(parent), &fragment.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives)?;
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = self.document.fragments.get(name) else { continue };
                    if self.visited.insert(name.as_str()) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.selections(on, &fragment.node.selection_set.node)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<(), ServerError> {
        for directive in directives {
            let Some(value) = directive.node.get_argument("if") else { continue };
            let ty = Type { base: BaseType::Named(Name::new("Boolean")), nullable: false };
            self.value(&ty, false, &value.node).map_err(|why| {
                refused(value.pos, format!("The argument \"if\" is not a \"Boolean!\": {why}."))
            })?;
        }
        Ok(())
    }

    fn argument(
        &self,
        name: &Positioned<Name>,
        argument: &Argument,
        value: &Positioned<Literal>,
    ) -> Result<(), ServerError> {
        let Argument { ty, has_default } = argument;
        self.value(ty, *has_default, &value.node).map_err(|why| {
            refused(name.pos, format!("The argument \"{}\" is not of the type \"{ty}\": {why}.", name.node))
        })
    }

    /// A value in a place that may have a default of its own, which stands in for a variable that is absent.
    fn value(&self, ty: &Type, has_default: bool, value: &Literal) -> Result<(), String> {
        match value {
            Literal::Variable(name) => {
                // An undeclared variable is the validator's to refuse.
                let declared = self.variables.iter().find(|one| one.node.name.node == *name);
                match declared {
                    Some(declared) if !may_stand(&declared.node, ty, has_default) => {
                        Err(format!("\"${name}\" is a \"{}\"", declared.node.var_type.node))
                    }
                    Some(_) | None => Ok(()),
                }
            }
            _ => self.fit(ty, value),
        }
    }

    fn fit(&self, ty: &Type, value: &Literal) -> Result<(), String> {
        match (&ty.base, value) {
            (_, Literal::Null) if ty.nullable => Ok(()),
            (_, Literal::Null) => Err("it is null".to_owned()),
            (BaseType::List(inner), Literal::List(items)) => {
                items.iter().try_for_each(|item| self.value(inner, false, item))
            }
            // One value stands for a list of one.
            (BaseType::List(inner), _) => self.value(inner, false, value),
            (BaseType::Named(name), _) => self.fit_named(name, value),
        }
    }

    fn fit_named(&self, name: &str, value: &Literal) -> Result<(), String> {
        let is = |fits: bool, what: &str| if fits { Ok(()) } else { Err(format!("it is not {what}")) };
        let integer = match value {
            Literal::Number(number) => number.as_i64(),
            _ => None,
        };
        match (name, self.shape.types.get(name)) {
            ("Int", _) => is(integer.is_some_and(|number| i32::try_from(number).is_ok()), "a 32-bit integer"),
            ("Float", _) => is(matches!(value, Literal::Number(_)), "a number"),
            ("Boolean", _) => is(matches!(value, Literal::Boolean(_)), "a boolean"),
            ("String", _) => is(matches!(value, Literal::String(_)), "a string"),
            ("ID", _) => is(matches!(value, Literal::String(_)) || integer.is_some(), "an id"),
            (_, Some(Kind::Enum(values))) => {
                let known = matches!(value, Literal::Enum(word) if values.contains(word.as_str()));
                is(known, &format!("a value of {name}"))
            }
            (_, Some(Kind::Input(fields))) => match value {
                Literal::Object(given) => self.fit_fields(name, fields, given),
                _ => is(false, &format!("an object of {name}")),
            },
            (_, Some(Kind::Scalar | Kind::Composite { .. } | Kind::Union(_)) | None) => Ok(()),
        }
    }

    fn fit_fields(
        &self,
        name: &str,
        fields: &std::collections::BTreeMap<String, Argument>,
        given: &IndexMap<Name, Literal>,
    ) -> Result<(), String> {
        if let Some(unknown) = given.keys().find(|key| !fields.contains_key(key.as_str())) {
            return Err(format!("{name} has no field \"{unknown}\""));
        }
        for (field, argument) in fields {
            match given.get(field.as_str()) {
                None if argument.has_default || argument.ty.nullable => {}
                None => return Err(format!("the field \"{field}\" of {name} is missing")),
                Some(value) => self
                    .value(&argument.ty, argument.has_default, value)
                    .map_err(|why| format!("in \"{field}\", {why}"))?,
            }
        }
        Ok(())
    }
}

/// Whether a variable may stand where a type is expected (GraphQL 5.8.5).
fn may_stand(variable: &VariableDefinition, place: &Type, place_has_default: bool) -> bool {
    let ty = &variable.var_type.node;
    if place.nullable || !ty.nullable {
        return compatible(ty, place);
    }
    let has_default = variable.default_value.as_ref().is_some_and(|default| default.node != Value::Null);
    (has_default || place_has_default) && compatible_bases(&ty.base, &place.base)
}

fn compatible(ty: &Type, place: &Type) -> bool {
    (place.nullable || !ty.nullable) && compatible_bases(&ty.base, &place.base)
}

fn compatible_bases(base: &BaseType, place: &BaseType) -> bool {
    match (base, place) {
        (BaseType::Named(name), BaseType::Named(expected)) => name == expected,
        (BaseType::List(inner), BaseType::List(expected)) => compatible(inner, expected),
        (BaseType::Named(_), BaseType::List(_)) | (BaseType::List(_), BaseType::Named(_)) => false,
    }
}

fn refused(pos: Pos, message: String) -> ServerError {
    let mut error = ServerError::new(message, Some(pos));
    Code::ValidationFailed.mark(&mut error);
    error
}
