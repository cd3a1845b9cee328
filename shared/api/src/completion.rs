//! Gives a response the form that the specification wants (6.4.4): fields in the order they were asked for, null where a
//! field failed, and its parent null where it may not be. The executor leaves failed fields out and orders by completion.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
};
use async_graphql::{Name, PathSegment, Pos, Positioned, ServerError, Value};

use crate::document::{Variables, root};
use crate::payload;
use crate::shape::{Kind, Shape, innermost};

/// Asked for beside what the client asks for, to know which type an object of an interface has; taken out again here.
const TYPE_KEY: &str = "__type_of_object";

/// Sees to it that every object whose type is not plain from the schema says what it is.
pub(crate) fn name_types(shape: &Shape, document: &mut ExecutableDocument) {
    let mut operations: Vec<&mut OperationDefinition> = Vec::new();
    match &mut document.operations {
        async_graphql::parser::types::DocumentOperations::Single(operation) => {
            operations.push(&mut operation.node)
        }
        async_graphql::parser::types::DocumentOperations::Multiple(several) => {
            operations.extend(several.values_mut().map(|operation| &mut operation.node));
        }
    }
    for operation in operations {
        name_in(shape, root(operation.ty), &mut operation.selection_set.node);
    }
    for fragment in document.fragments.values_mut() {
        let parent = fragment.node.type_condition.node.on.node.to_string();
        name_in(shape, &parent, &mut fragment.node.selection_set.node);
    }
}

fn name_in(shape: &Shape, parent: &str, set: &mut SelectionSet) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                let Some(known) = shape.field(parent, &field.node.name.node) else { continue };
                let (ty, _) = innermost(&known.ty);
                name_in(shape, ty, &mut field.node.selection_set.node);
                if is_abstract(shape, ty) {
                    let typename = Selection::Field(at_start(type_field()));
                    field.node.selection_set.node.items.push(at_start(typename));
                }
            }
            Selection::InlineFragment(fragment) => {
                let condition =
                    fragment.node.type_condition.as_ref().map(|condition| condition.node.on.node.to_string());
                name_in(shape, condition.as_deref().unwrap_or(parent), &mut fragment.node.selection_set.node);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn type_field() -> Field {
    Field {
        alias: Some(at_start(Name::new(TYPE_KEY))),
        name: at_start(Name::new("__typename")),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::default(),
    }
}

fn at_start<T>(node: T) -> Positioned<T> {
    Positioned::new(node, Pos::default())
}

fn is_abstract(shape: &Shape, ty: &str) -> bool {
    matches!(shape.types.get(ty), Some(Kind::Composite { interface: true, .. } | Kind::Union(_)))
}

/// Roughly how many bytes a value has, at the least.
pub(crate) fn weighs(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::List(items) => items.iter().map(weighs).sum::<usize>() + items.len(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + 4 + weighs(value)).sum(),
        Value::Binary(bytes) => bytes.len(),
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) => 4,
    }
}

/// What was executed, and how it ended.
#[derive(Clone, Copy)]
pub(crate) struct Completion<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) document: &'a ExecutableDocument,
    pub(crate) operation: &'a OperationDefinition,
    pub(crate) variables: &'a Variables,
    pub(crate) errors: &'a [ServerError],
    /// Leaves out the fields that are too large for a push.
    pub(crate) slim: bool,
}

/// Fields of one response key, in the order of their first appearance.
type Groups<'a> = IndexMap<&'a str, Vec<&'a Field>>;

impl Completion<'_> {
    /// The data as it is answered.
    pub(crate) fn complete(&self, data: Value) -> Value {
        let sets = [&self.operation.selection_set.node];
        self.object(root(self.operation.ty), &sets, data, &mut Vec::new()).unwrap_or(Value::Null)
    }

    /// `None` where the object cannot be, because one of its fields may not be null and is.
    fn object(
        &self,
        ty: &str,
        sets: &[&SelectionSet],
        value: Value,
        path: &mut Vec<PathSegment>,
    ) -> Option<Value> {
        let mut found = match value {
            Value::Object(found) => found,
            _ => IndexMap::new(),
        };
        let named = match found.swap_remove(TYPE_KEY) {
            Some(Value::String(named)) => Some(named),
            _ => None,
        };
        let ty = named.as_deref().unwrap_or(ty);
        let mut groups = Groups::new();
        sets.iter().for_each(|set| self.collect(ty, set, &mut groups));
        let mut out = IndexMap::new();
        for (key, fields) in groups {
            let value = found.swap_remove(key);
            let Some(first) = fields.first() else { continue };
            if self.slim && payload::is_bulk(ty, &first.name.node) {
                continue;
            }
            let completed = match self.shape.field(ty, &first.name.node) {
                // The executor's own: `__typename` and introspection.
                None => value.unwrap_or(Value::Null),
                Some(known) => {
                    let sets: Vec<_> = fields.iter().map(|field| &field.selection_set.node).collect();
                    path.push(PathSegment::Field(key.to_owned()));
                    let completed = self.value(&known.ty, &sets, value, path);
                    path.pop();
                    completed?
                }
            };
            out.insert(Name::new(key), completed);
        }
        Some(Value::Object(out))
    }

    fn value(
        &self,
        ty: &Type,
        sets: &[&SelectionSet],
        value: Option<Value>,
        path: &mut Vec<PathSegment>,
    ) -> Option<Value> {
        // An object all of whose fields failed comes as null, though it is there.
        let hollow =
            |value: &Option<Value>| matches!(value, None | Some(Value::Null)) && self.failed_below(path);
        let completed = match (&ty.base, value) {
            (BaseType::List(inner), Some(Value::List(items))) => {
                let items = items.into_iter().enumerate().map(|(index, item)| {
                    path.push(PathSegment::Index(index));
                    let completed = self.value(inner, sets, Some(item), path);
                    path.pop();
                    completed
                });
                items.collect::<Option<Vec<_>>>().map(Value::List)
            }
            (BaseType::Named(name), Some(value @ Value::Object(_))) if self.shape.is_composite(name) => {
                self.object(name, sets, value, path)
            }
            (BaseType::Named(name), value) if self.shape.is_composite(name) && hollow(&value) => {
                self.object(name, sets, Value::Null, path)
            }
            (_, None | Some(Value::Null)) => None,
            (_, Some(value)) => Some(value),
        };
        completed.or_else(|| ty.nullable.then_some(Value::Null))
    }

    fn failed_below(&self, path: &[PathSegment]) -> bool {
        self.errors.iter().any(|error| error.path.len() > path.len() && error.path.starts_with(path))
    }

    /// The specification's CollectFields (6.3.2).
    fn collect<'a>(&'a self, ty: &str, set: &'a SelectionSet, groups: &mut Groups<'a>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let key = field.response_key().node.as_str();
                    if key != TYPE_KEY && self.included(&field.directives) {
                        groups.entry(key).or_default().push(field);
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment
                        .node
                        .type_condition
                        .as_ref()
                        .map(|condition| condition.node.on.node.as_str());
                    if self.included(&fragment.node.directives)
                        && condition.is_none_or(|on| self.applies(ty, on))
                    {
                        self.collect(ty, &fragment.node.selection_set.node, groups);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                    let Some(fragment) = fragment.filter(|_| self.included(&spread.node.directives)) else {
                        continue;
                    };
                    if self.applies(ty, &fragment.node.type_condition.node.on.node) {
                        self.collect(ty, &fragment.node.selection_set.node, groups);
                    }
                }
            }
        }
    }

    fn applies(&self, ty: &str, condition: &str) -> bool {
        ty == condition
            || match (self.shape.types.get(ty), self.shape.types.get(condition)) {
                (Some(Kind::Composite { implements, .. }), _) if implements.contains(condition) => true,
                (_, Some(Kind::Union(members))) => members.contains(ty),
                _ => false,
            }
    }

    fn included(&self, directives: &[Positioned<Directive>]) -> bool {
        let says = |name: &str| {
            let directive = directives.iter().find(|directive| directive.node.name.node == name)?;
            let value = directive.node.get_argument("if")?.node.clone();
            match value.into_const_with(|variable| self.variable(&variable).ok_or(())).ok()? {
                Value::Boolean(says) => Some(says),
                _ => None,
            }
        };
        !says("skip").unwrap_or(false) && says("include").unwrap_or(true)
    }

    fn variable(&self, name: &str) -> Option<Value> {
        crate::document::variable(self.operation, self.variables, name)
    }
}

#[cfg(test)]
mod tests;
