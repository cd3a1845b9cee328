//! Documents along the schema, with what a client may write: aliases, fragments, directives, variables.

use std::fmt::Write;

use api::shape::{Kind, innermost};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::values::{Given, Values};
use crate::schema::{Root, SHAPE, fields, implementors};

/// A document and what goes with it.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) variables: Value,
    pub(super) operation_name: Option<String>,
    /// The root fields that are asked for.
    pub(super) roots: Vec<String>,
}

pub(super) struct Writer<'w> {
    pub(super) rng: &'w mut ChaCha8Rng,
    pub(super) values: &'w Values<'w>,
    /// Of a hundred, how many places are written wrong.
    pub(super) wrong: u32,
    definitions: Vec<String>,
    variables: Map<String, Value>,
    fragments: Vec<String>,
    aliases: u32,
}

impl<'w> Writer<'w> {
    pub(super) fn new(rng: &'w mut ChaCha8Rng, values: &'w Values<'w>, wrong: u32) -> Self {
        let (definitions, variables, fragments) = (Vec::new(), Map::new(), Vec::new());
        Self { rng, values, wrong, definitions, variables, fragments, aliases: 0 }
    }

    /// One or some of these fields, which are of one root.
    pub(super) fn document(mut self, roots: &[&Root]) -> Document {
        let keyword = roots[0].keyword;
        let ty = match keyword {
            "query" => "Query",
            "mutation" => "Mutation",
            _ => "Subscription",
        };
        let mut body = String::new();
        for (index, root) in roots.iter().enumerate() {
            let alias = if index > 0 { format!("r{index}: ") } else { String::new() };
            let field = self.field(&root.name, ty, 0);
            _ = write!(body, "{alias}{field} ");
        }
        if self.is_wrong() {
            self.definitions.push("$unused: Int".to_owned());
        } else {
            self.leave_out_unused(&body);
        }
        let definitions = if self.definitions.is_empty() {
            String::new()
        } else {
            format!("({})", self.definitions.join(", "))
        };
        let named = self.rng.random_ratio(1, 3);
        let name = if named { "Asked" } else { "" };
        let mut text = format!("{keyword} {name}{definitions} {{ {body}}}");
        for fragment in &self.fragments {
            _ = write!(text, " {fragment}");
        }
        if named && self.rng.random_ratio(1, 4) {
            text += " query Other { __typename }";
        }
        let operation_name = match self.rng.random_range(0..20) {
            0 => Some("Another".to_owned()),
            1..=15 if named => Some("Asked".to_owned()),
            _ => None,
        };
        let roots = roots.iter().map(|root| root.name.clone()).collect();
        Document { text, variables: Value::Object(self.variables), operation_name, roots }
    }

    /// What was written for a place that was then left out.
    fn leave_out_unused(&mut self, body: &str) {
        let mut text = body.to_owned();
        for fragment in std::mem::take(&mut self.fragments).into_iter().rev() {
            let name = fragment.split(' ').nth(1).unwrap_or_default();
            if text.contains(&format!("...{name} ")) {
                text += &fragment;
                self.fragments.push(fragment);
            }
        }
        let uses =
            |name: &str| text.split(|c: char| c != '$' && !c.is_alphanumeric()).any(|word| word == name);
        self.definitions.retain(|definition| uses(definition.split(':').next().unwrap_or_default()));
    }

    fn is_wrong(&mut self) -> bool {
        self.rng.random_ratio(self.wrong, 100)
    }

    fn field(&mut self, name: &str, parent: &str, depth: usize) -> String {
        let Some(field) = SHAPE.field(parent, name) else { return name.to_owned() };
        let mut arguments = Vec::new();
        for (name, argument) in &field.arguments {
            // Both ends of a page exclude each other.
            let rare = ["last", "before"].contains(&name.as_str());
            let left_out = argument.ty.nullable && self.rng.random_ratio(if rare { 9 } else { 5 }, 10);
            if left_out && !self.is_wrong() {
                continue;
            }
            let given = self.values.of(self.rng, name, &argument.ty, 0);
            arguments.push(format!("{name}: {}", self.passed(given, &argument.ty.to_string())));
        }
        if self.is_wrong() {
            arguments.push("more: 1".to_owned());
        }
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(" ")) };
        let directive = self.directive();
        let (ty, _) = innermost(&field.ty);
        let composite = SHAPE.is_composite(ty) != self.is_wrong();
        let below = if composite { self.selection(ty, depth + 1) } else { String::new() };
        format!("{name}{arguments}{directive} {below}").trim_end().to_owned()
    }

    /// A value as a literal, or behind a variable.
    fn passed(&mut self, given: Given, ty: &str) -> String {
        if self.rng.random_ratio(1, 3) {
            return given.literal();
        }
        let name = format!("v{}", self.definitions.len());
        let default =
            if self.rng.random_ratio(1, 20) { format!(" = {}", given.literal()) } else { String::new() };
        let ty = if self.is_wrong() { "String" } else { ty };
        self.definitions.push(format!("${name}: {ty}{default}"));
        if !self.is_wrong() {
            self.variables.insert(name.clone(), given.json());
        }
        if self.is_wrong() { "$undefined".to_owned() } else { format!("${name}") }
    }

    fn directive(&mut self) -> String {
        if !self.rng.random_ratio(1, 30) {
            return String::new();
        }
        let condition = Given::Json(json!(self.rng.random::<bool>()));
        let condition = self.passed(condition, "Boolean!");
        let name = if self.is_wrong() { "often" } else { *["skip", "include"].choose(self.rng).unwrap() };
        format!(" @{name}(if: {condition})")
    }

    fn selection(&mut self, ty: &str, depth: usize) -> String {
        let all: Vec<_> = fields(ty).map(|(name, field)| (name, innermost(&field.ty).0)).collect();
        let mut parts = Vec::new();
        for _ in 0..self.rng.random_range(1..6) {
            let Some((name, inner)) = all.choose(self.rng) else { break };
            let name = name.as_str();
            // Deep enough: only what has nothing below it.
            if depth > 7 && SHAPE.is_composite(inner) && !self.is_wrong() {
                continue;
            }
            let part = self.field(name, ty, depth);
            self.aliases += 1;
            let aliased = self.rng.random_ratio(1, 12);
            parts.push(if aliased { format!("a{}: {part}", self.aliases) } else { part });
        }
        if parts.is_empty() || self.rng.random_ratio(1, 10) {
            parts.push("__typename".to_owned());
        }
        if self.is_wrong() {
            parts.push("nothing".to_owned());
        }
        if depth < 7 && self.rng.random_ratio(1, 8) {
            parts.push(self.fragment(ty, depth));
        }
        // Fields of one name with other arguments do not merge: one each is enough.
        parts.sort_by(|one, other| key(one).cmp(key(other)));
        parts.dedup_by(|one, other| key(one) == key(other));
        format!("{{ {} }}", parts.join(" "))
    }

    fn fragment(&mut self, ty: &str, depth: usize) -> String {
        let possible = implementors(ty);
        let on = possible.choose(self.rng).copied().unwrap_or(ty);
        let on = if self.is_wrong() { "Query" } else { on }.to_owned();
        let leaves = |(_, field): &(&String, &api::shape::Field)| {
            !SHAPE.is_composite(innermost(&field.ty).0) && field.arguments.is_empty()
        };
        let leaves: Vec<_> = fields(&on).filter(leaves).map(|(name, _)| name.clone()).collect();
        let body = if matches!(SHAPE.types.get(&on), Some(Kind::Composite { .. }))
            && depth < 6
            && self.rng.random_ratio(1, 4)
        {
            self.selection(&on, depth)
        } else {
            format!("{{ {} }}", leaves.choose(self.rng).map_or("__typename", String::as_str))
        };
        match self.rng.random_range(0..3) {
            0 => format!("... {}", self.selection_again(ty)),
            1 => format!("... on {on} {body}"),
            _ => {
                let name = format!("F{}", self.fragments.len());
                self.fragments.push(format!("fragment {name} on {on} {body}"));
                format!("...{name} ")
            }
        }
    }

    fn selection_again(&mut self, ty: &str) -> String {
        let leaf = fields(ty).find(|(_, field)| !SHAPE.is_composite(innermost(&field.ty).0));
        leaf.map_or("{ __typename }".to_owned(), |(name, _)| format!("{{ {name} }}"))
    }
}

/// The response key that a selection begins with.
fn key(part: &str) -> &str {
    part.split([':', '(', ' ', '@']).next().unwrap_or(part)
}
