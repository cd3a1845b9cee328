//! Fields of one response key must be one field (GraphQL 5.3.2): the executor's validator compares them within one type
//! condition only, and would answer with one of two that differ.
//!
//! Both relations that must hold are equivalences, so that every field is compared with the first of its group and the
//! work grows with the fields, which are bounded, and not with their pairs.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
};
use async_graphql::{Positioned, ServerError};

use crate::document::root;
use crate::errors::Code;
use crate::shape::{Kind, Shape, innermost};

/// Checks one operation. Fragments must not go in circles.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` with the first two fields that cannot be one.
pub(super) fn check(
    shape: &Shape,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Result<(), ServerError> {
    let overlaps = Overlaps { shape, document };
    let mut fields = Vec::new();
    overlaps.collect(root(operation.ty), &operation.selection_set.node, &mut fields);
    overlaps.same_field(&fields)?;
    overlaps.same_shape(&fields)
}

/// A field and the type that it is asked of.
#[derive(Clone, Copy)]
struct Asked<'d> {
    parent: &'d str,
    field: &'d Positioned<Field>,
}

struct Overlaps<'d> {
    shape: &'d Shape,
    document: &'d ExecutableDocument,
}

impl<'d> Overlaps<'d> {
    /// Fields of one key have one form of answer, whatever type they are asked of.
    fn same_shape(&self, fields: &[Asked<'d>]) -> Result<(), ServerError> {
        for group in by_key(fields).values() {
            let Some(first) = group.first() else { continue };
            for other in group.iter().skip(1) {
                match (self.ty(first), self.ty(other)) {
                    (Some(one), Some(two)) if !self.alike(one, two) => {
                        return Err(conflict(
                            first,
                            other,
                            &format!("they are of the types {one} and {two}"),
                        ));
                    }
                    _ => {}
                }
            }
            self.same_shape(&self.below(group))?;
        }
        Ok(())
    }

    /// Fields of one key that can be asked of one object are one field with one set of arguments.
    fn same_field(&self, fields: &[Asked<'d>]) -> Result<(), ServerError> {
        for group in by_key(fields).values() {
            for group in self.by_object(group) {
                let Some(first) = group.first() else { continue };
                for other in group.iter().skip(1) {
                    let (one, two) = (&first.field.node, &other.field.node);
                    if one.name.node != two.name.node {
                        let why = format!("{} and {} are different fields", one.name.node, two.name.node);
                        return Err(conflict(first, other, &why));
                    }
                    let given =
                        |value: &Field, name: &str| value.get_argument(name).map(|value| value.node.clone());
                    let same = one.arguments.len() == two.arguments.len()
                        && one
                            .arguments
                            .iter()
                            .all(|(name, value)| given(two, &name.node).as_ref() == Some(&value.node));
                    if !same {
                        return Err(conflict(first, other, "they have differing arguments"));
                    }
                }
                self.same_field(&self.below(&group))?;
            }
        }
        Ok(())
    }

    /// One group for each type of object, with what is asked of interfaces in all of them.
    fn by_object(&self, fields: &[Asked<'d>]) -> Vec<Vec<Asked<'d>>> {
        let is_abstract = |asked: &&Asked<'d>| {
            !matches!(self.shape.types.get(asked.parent), Some(Kind::Composite { interface: false, .. }))
        };
        let shared: Vec<_> = fields.iter().filter(is_abstract).copied().collect();
        let mut groups: IndexMap<&str, Vec<Asked<'d>>> = IndexMap::new();
        for asked in fields.iter().filter(|asked| !is_abstract(asked)) {
            groups.entry(asked.parent).or_insert_with(|| shared.clone()).push(*asked);
        }
        if groups.is_empty() { vec![shared] } else { groups.into_values().collect() }
    }

    fn below(&self, fields: &[Asked<'d>]) -> Vec<Asked<'d>> {
        let mut out = Vec::new();
        for asked in fields {
            let ty = self.ty(asked).map_or("", |ty| innermost(ty).0);
            self.collect(ty, &asked.field.node.selection_set.node, &mut out);
        }
        out
    }

    fn collect(&self, parent: &'d str, set: &'d SelectionSet, out: &mut Vec<Asked<'d>>) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => out.push(Asked { parent, field }),
                Selection::InlineFragment(fragment) => {
                    let on = fragment.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    self.collect(on.unwrap_or(parent), &fragment.node.selection_set.node, out);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.collect(on, &fragment.node.selection_set.node, out);
                    }
                }
            }
        }
    }

    fn ty(&self, asked: &Asked<'d>) -> Option<&'d Type> {
        self.shape.field(asked.parent, &asked.field.node.name.node).map(|field| &field.ty)
    }

    /// The same lists and nulls around the same leaf, or around objects, whose fields are compared one by one.
    fn alike(&self, one: &Type, two: &Type) -> bool {
        one.nullable == two.nullable
            && match (&one.base, &two.base) {
                (BaseType::List(one), BaseType::List(two)) => self.alike(one, two),
                (BaseType::Named(one), BaseType::Named(two)) => {
                    one == two || (self.shape.is_composite(one) && self.shape.is_composite(two))
                }
                (BaseType::List(_), BaseType::Named(_)) | (BaseType::Named(_), BaseType::List(_)) => false,
            }
    }
}

fn by_key<'d>(fields: &[Asked<'d>]) -> IndexMap<&'d str, Vec<Asked<'d>>> {
    let mut groups: IndexMap<&str, Vec<Asked<'d>>> = IndexMap::new();
    for asked in fields {
        groups.entry(asked.field.node.response_key().node.as_str()).or_default().push(*asked);
    }
    groups
}

fn conflict(one: &Asked<'_>, two: &Asked<'_>, why: &str) -> ServerError {
    let key = &one.field.node.response_key().node;
    let message = format!("The fields \"{key}\" conflict: {why}. Give one of them an alias.");
    let mut error = ServerError::new(message, Some(one.field.pos));
    error.locations.push(two.field.pos);
    Code::ValidationFailed.mark(&mut error);
    error
}
