//! What a parsed document may ask for: its bounds are checked here, before it is validated or run.

pub(crate) mod cost;
pub(crate) mod kept;
mod overlaps;
mod values;

use std::collections::HashMap;

use async_graphql::ServerError;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, Value};
use domain::limits::{
    COST_MAX, DOCUMENT_ALIASES_MAX, DOCUMENT_DIRECTIVES_MAX, DOCUMENT_FRAGMENTS_MAX, DOCUMENT_OPERATIONS_MAX,
    DOCUMENT_ROOT_FIELDS_MAX,
};
use serde_json::Map;

use crate::document::cost::Meter;
use crate::errors::Code;
use crate::shape::Shape;

/// Root fields that need no token.
const OPEN_FIELDS: [&str; 6] = ["me", "register", "login", "__typename", "__schema", "__type"];

/// What is known of the operation that will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) kind: OperationType,
    pub(crate) cost: u64,
    /// Whether it asks for anything that needs no token.
    pub(crate) open: bool,
    /// Whether it asks about the schema.
    pub(crate) introspects: bool,
}

/// Values that came with the request, by the variable's name.
pub(crate) type Variables = Map<String, serde_json::Value>;

/// The type whose fields an operation of this kind asks for.
pub(crate) const fn root(ty: OperationType) -> &'static str {
    match ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    }
}

/// The operation that the request means.
///
/// # Errors
/// When it names none of several, or one that is not there.
pub(crate) fn select<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> Result<&'d OperationDefinition, ServerError> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(known, _)| known.is_some_and(|known| known.as_str() == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    let refuse = || match name {
        Some(name) => Code::BadUserInput.refuse(format!("There is no operation named \"{name}\".")),
        None => {
            Code::BadUserInput.refuse("The document has several operations: operationName must choose one.")
        }
    };
    found.map(|(_, operation)| &operation.node).ok_or_else(refuse)
}

/// Checks every bound that the text alone can pass or keep.
///
/// # Errors
/// `QUERY_TOO_COMPLEX` with the bound that is passed; `GRAPHQL_VALIDATION_FAILED` for what the executor's validator would
/// let through or recurse over.
pub(crate) fn check_text(shape: &Shape, document: &ExecutableDocument) -> Result<(), ServerError> {
    within("operations", document.operations.iter().count(), DOCUMENT_OPERATIONS_MAX)?;
    within("fragments", document.fragments.len(), DOCUMENT_FRAGMENTS_MAX)?;
    let census = Census::of(document);
    within("aliases", census.aliases, DOCUMENT_ALIASES_MAX)?;
    within("directives", census.directives, DOCUMENT_DIRECTIVES_MAX)?;
    refuse_circles(document)?;
    let no_variables = Variables::new();
    for (_, operation) in document.operations.iter() {
        Meter::new(shape, document, &operation.node, &no_variables).measure()?;
    }
    for (_, operation) in document.operations.iter() {
        values::check(shape, document, &operation.node)?;
        overlaps::check(shape, document, &operation.node)?;
    }
    Ok(())
}

/// Checks the bounds of the operation that will run, of a document that [`check_text`] has passed.
///
/// # Errors
/// As [`check_text`].
pub(crate) fn check(
    shape: &Shape,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Checked, ServerError> {
    let cost = Meter::new(shape, document, operation, variables).measure()?.cost;
    if cost > COST_MAX {
        return Err(Code::QueryTooComplex
            .refuse(format!("The operation costs {cost} points; at most {COST_MAX} are allowed.")));
    }
    let mut roots = Vec::new();
    collect_roots(document, &operation.selection_set.node, &mut roots);
    within("root fields", roots.len(), DOCUMENT_ROOT_FIELDS_MAX)?;
    if operation.ty == OperationType::Mutation {
        refuse_repeats(&roots)?;
    }
    if operation.ty == OperationType::Subscription {
        one_root(&roots)?;
    }
    let open = roots.iter().any(|field| OPEN_FIELDS.contains(&field.name.node.as_str()));
    let introspects = roots.iter().any(|field| ["__schema", "__type"].contains(&field.name.node.as_str()));
    Ok(Checked { kind: operation.ty, cost, open, introspects })
}

fn within(what: &str, found: usize, max: usize) -> Result<(), ServerError> {
    if found <= max {
        return Ok(());
    }
    Err(Code::QueryTooComplex.refuse(format!("The document has {found} {what}; at most {max} are allowed.")))
}

/// A subscription has one field at its root (5.2.4), whatever the variables say.
fn one_root(roots: &[&Field]) -> Result<(), ServerError> {
    match roots {
        [one] if !one.name.node.starts_with("__") && one.directives.is_empty() => Ok(()),
        _ => {
            Err(Code::ValidationFailed
                .refuse("A subscription asks for exactly one field, without conditions."))
        }
    }
}

/// Executed twice, a mutation would act twice, where the specification merges fields of one name.
fn refuse_repeats(roots: &[&Field]) -> Result<(), ServerError> {
    let mut keys: Vec<&str> = roots.iter().map(|field| field.response_key().node.as_str()).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => {
            let key = pair.first().copied().unwrap_or_default();
            Err(Code::ValidationFailed.refuse(format!("The mutation asks for \"{key}\" more than once.")))
        }
        None => Ok(()),
    }
}

fn collect_roots<'d>(document: &'d ExecutableDocument, set: &'d SelectionSet, roots: &mut Vec<&'d Field>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => roots.push(&field.node),
            Selection::InlineFragment(fragment) => {
                collect_roots(document, &fragment.node.selection_set.node, roots)
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    collect_roots(document, &fragment.node.selection_set.node, roots);
                }
            }
        }
    }
}

/// Aliases and directives as they stand in the text.
#[derive(Default)]
struct Census {
    aliases: usize,
    directives: usize,
}

impl Census {
    fn of(document: &ExecutableDocument) -> Self {
        let mut census = Self::default();
        for (_, operation) in document.operations.iter() {
            census.directives(&operation.node.directives);
            for variable in &operation.node.variable_definitions {
                census.directives(&variable.node.directives);
            }
            census.selections(&operation.node.selection_set.node);
        }
        for fragment in document.fragments.values() {
            census.directives(&fragment.node.directives);
            census.selections(&fragment.node.selection_set.node);
        }
        census
    }

    fn directives(&mut self, directives: &[Positioned<Directive>]) {
        self.directives += directives.len();
    }

    fn selections(&mut self, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    self.directives(&field.node.directives);
                    self.selections(&field.node.selection_set.node);
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.node.directives),
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.node.directives);
                    self.selections(&fragment.node.selection_set.node);
                }
            }
        }
    }
}

/// Follows spreads once each: a fragment is done when everything behind it is.
fn refuse_circles(document: &ExecutableDocument) -> Result<(), ServerError> {
    fn visit<'d>(
        document: &'d ExecutableDocument,
        set: &'d SelectionSet,
        done: &mut HashMap<&'d str, bool>,
    ) -> Result<(), ServerError> {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => visit(document, &field.node.selection_set.node, done)?,
                Selection::InlineFragment(fragment) => {
                    visit(document, &fragment.node.selection_set.node, done)?
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some(fragment) = document.fragments.get(name) else { continue };
                    match done.get(name.as_str()) {
                        Some(true) => {}
                        Some(false) => {
                            let message = format!("The fragment \"{name}\" spreads itself.");
                            return Err(Code::ValidationFailed.refuse(message));
                        }
                        None => {
                            done.insert(name.as_str(), false);
                            visit(document, &fragment.node.selection_set.node, done)?;
                            done.insert(name.as_str(), true);
                        }
                    }
                }
            }
        }
        Ok(())
    }
    let mut done = HashMap::new();
    for fragment in document.fragments.values() {
        visit(document, &fragment.node.selection_set.node, &mut done)?;
    }
    document
        .operations
        .iter()
        .try_for_each(|(_, operation)| visit(document, &operation.node.selection_set.node, &mut done))
}

/// What a variable stands for: the value that came, else its default.
pub(crate) fn variable(operation: &OperationDefinition, variables: &Variables, name: &str) -> Option<Value> {
    if let Some(value) = variables.get(name) {
        return Value::from_json(value.clone()).ok();
    }
    let definition = operation.variable_definitions.iter().find(|one| one.node.name.node.as_str() == name)?;
    definition.node.default_value.as_ref().map(|default| default.node.clone())
}

#[cfg(test)]
mod tests;
