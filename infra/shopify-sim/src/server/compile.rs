//! Turns a document into a plan, and finds what Shopify would refuse in it.

mod arguments;
mod connections;

use std::collections::HashMap;

use async_graphql_parser::types::{Field, FragmentDefinition, Selection, SelectionSet};
use async_graphql_parser::{Pos, Positioned};
use serde_json::{Map, Value as Json};

use super::fields;
use super::plan::{Below, Item, Plan, Shape, What, own_cost};
use super::problem::Problem;
use super::schema::{self, Kind};
use super::value::{Arguments, Type};

/// Fields that one document may hold, fragments written out.
const FIELDS_MAX: usize = 20_000;

/// Fragments by name.
pub(super) type Fragments = HashMap<String, Positioned<FragmentDefinition>>;

pub(super) struct Compiler<'d> {
    pub(super) fragments: &'d Fragments,
    pub(super) variables: &'d Map<String, Json>,
    /// Bulk queries need no page sizes.
    pub(super) is_bulk: bool,
    pub(super) problems: Vec<Problem>,
    pub(super) path: Vec<String>,
    pub(super) fields: usize,
}

/// The fields that share one response key.
type Group<'d> = (&'d str, Vec<&'d Positioned<Field>>);

impl<'d> Compiler<'d> {
    /// A selection on a type of the official schema. `never` says that no object of it will come, so that its fields
    /// need no resolvers.
    pub(super) fn selection(&mut self, name: &'static str, sets: &[&'d SelectionSet], never: bool) -> Plan {
        let mut groups = Vec::new();
        self.collect(name, sets, &mut groups);
        let mut plan = Plan::default();
        for (key, fields) in groups {
            let Some(&first) = fields.first() else { continue };
            self.path.push(key.to_owned());
            if let Some((item, cost)) = self.field(name, key, first, &fields, never) {
                plan.cost += cost;
                plan.items.push(item);
            }
            self.path.pop();
        }
        plan
    }

    fn field(
        &mut self,
        parent: &'static str,
        key: &str,
        first: &'d Positioned<Field>,
        fields: &[&'d Positioned<Field>],
        never: bool,
    ) -> Option<(Item, u64)> {
        let name = first.node.name.node.as_str();
        let quoted = format!("{}:", Json::from(key));
        if name == "__typename" {
            return Some((Item { name: "__typename", key: quoted, what: What::Typename(parent) }, 0));
        }
        let Some((name, official)) = schema::object(parent)?.fields.get_key_value(name) else {
            self.problems.push(self.undefined(name, parent, first.pos));
            return None;
        };
        let given = self.arguments(parent, name, official, first)?;
        let resolve = match Type::named(parent).and_then(|parent| fields::resolver(parent, name)) {
            Some(resolve) => resolve,
            None if never => fields::nothing,
            None => {
                self.problems.push(self.not_simulated(parent, name, first.pos));
                return None;
            }
        };
        let sets: Vec<&'d SelectionSet> = fields.iter().map(|field| &field.node.selection_set.node).collect();
        let is_empty = sets.iter().all(|set| set.items.is_empty());
        if is_empty != (official.kind == Kind::Leaf) {
            self.problems.push(self.mismatch(name, official.of, is_empty, first.pos));
            return None;
        }
        let free =
            parent == "BulkOperationRunQueryPayload" || own_cost(parent, official.kind, official.of) == 0;
        let own = if free { 0 } else { own_cost(parent, official.kind, official.of) };
        let (below, cost) = match official.kind {
            Kind::Leaf => (Below::Leaf, 0),
            Kind::Object => {
                let shape = self.shape(official.of, &sets, never);
                let cost = shape.cost();
                (Below::Object(shape), cost)
            }
            Kind::List => {
                let shape = self.shape(official.of, &sets, never);
                let cost = shape.cost();
                (Below::List(shape), cost)
            }
            Kind::Connection => {
                let (connection, cost) = self.connection(official.of, &given, &sets, never, first.pos)?;
                (Below::Connection(Box::new(connection)), cost)
            }
        };
        let arguments = Arguments { key: key.to_owned(), given };
        Some((Item { name, key: quoted, what: What::Field { resolve, arguments, below, free } }, own + cost))
    }

    /// A selection on a type, an interface or a union.
    pub(super) fn shape(&mut self, of: &'static str, sets: &[&'d SelectionSet], never: bool) -> Shape {
        if schema::object(of).is_some() {
            let never = never || Type::named(of).is_none();
            return Shape::One(self.selection(of, sets, never));
        }
        let Some(found) = schema::abstraction(of) else { return Shape::Never };
        let mut groups = Vec::new();
        self.collect(of, sets, &mut groups);
        for field in groups.iter().filter_map(|(_, fields)| fields.first()) {
            let name = field.node.name.node.as_str();
            if name != "__typename" && !found.fields.contains(&name) {
                self.problems.push(self.undefined(name, of, field.pos));
                return Shape::Never;
            }
        }
        let mut plans = Vec::new();
        for kind in found.behind.iter().filter_map(|name| Type::named(name)) {
            plans.push((kind, self.selection(kind.name(), sets, never)));
        }
        Shape::Any(plans)
    }

    /// The fields that apply to a type, fragments written out, those of one response key together.
    pub(super) fn collect(&mut self, name: &str, sets: &[&'d SelectionSet], groups: &mut Vec<Group<'d>>) {
        for item in sets.iter().flat_map(|set| &set.items) {
            self.fields += 1;
            if self.fields > FIELDS_MAX {
                if self.fields == FIELDS_MAX + 1 {
                    self.problems.push(Problem::new(format!("the query has more than {FIELDS_MAX} fields")));
                }
                return;
            }
            if self.is_skipped(item) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    match groups.iter_mut().find(|(other, _)| *other == key) {
                        Some((_, fields)) => fields.push(field),
                        None => groups.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                    if condition.is_none_or(|condition| schema::applies(condition, name)) {
                        self.collect(name, &[&fragment.node.selection_set.node], groups);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let wanted = spread.node.fragment_name.node.as_str();
                    let fragments: &'d Fragments = self.fragments;
                    let Some(fragment) = fragments.get(wanted) else {
                        let message = format!("Fragment {wanted} was used, but not defined");
                        self.problems
                            .push(Problem::new(message).at(item.pos).with("code", "useAndDefineFragment"));
                        continue;
                    };
                    if schema::applies(fragment.node.type_condition.node.on.node.as_str(), name) {
                        self.collect(name, &[&fragment.node.selection_set.node], groups);
                    }
                }
            }
        }
    }

    fn is_skipped(&self, item: &Positioned<Selection>) -> bool {
        item.node.directives().iter().any(|directive| {
            let wanted = directive.node.get_argument("if").map(|value| self.value(&value.node));
            match directive.node.name.node.as_str() {
                "skip" => wanted == Some(Json::Bool(true)),
                "include" => wanted == Some(Json::Bool(false)),
                _ => false,
            }
        })
    }

    pub(super) fn undefined(&self, field: &str, on: &str, pos: Pos) -> Problem {
        Problem::new(format!("Field '{field}' doesn't exist on type '{on}'"))
            .at(pos)
            .on(&self.path)
            .with("code", "undefinedField")
            .with("typeName", on)
            .with("fieldName", field)
    }

    fn not_simulated(&self, parent: &str, field: &str, pos: Pos) -> Problem {
        let message = format!(
            "'{parent}.{field}' is part of the Admin API 2026-10, but this simulator does not play it. Nothing was done."
        );
        Problem::new(message).at(pos).on(&self.path).with("code", "NOT_SIMULATED")
    }

    fn mismatch(&self, field: &str, of: &str, is_empty: bool, pos: Pos) -> Problem {
        let message = if is_empty {
            format!(
                "Field must have selections (field '{field}' returns {of} but has no selections. Did you mean '{field} {{ ... }}'?)"
            )
        } else {
            format!("Selections can't be made on scalars (field '{field}' returns {of} but has selections)")
        };
        Problem::new(message).at(pos).on(&self.path).with("code", "selectionMismatch")
    }
}

/// The names of the fragments that a selection spreads, at any depth.
pub(super) fn spreads<'d>(set: &'d SelectionSet, names: &mut Vec<&'d str>) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => spreads(&field.node.selection_set.node, names),
            Selection::InlineFragment(fragment) => spreads(&fragment.node.selection_set.node, names),
            Selection::FragmentSpread(spread) => names.push(spread.node.fragment_name.node.as_str()),
        }
    }
}
