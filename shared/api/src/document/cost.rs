//! How deep, how wide and how costly an operation is.
//!
//! The cost in points: an object is 1 and a scalar 0, each multiplied by the size of the lists it stands in. `edges`
//! counts as the page asked for (20 unless said otherwise), any other list as its bound in [`list_bound`]. Introspection
//! costs nothing and has bounds of its own.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use async_graphql::{ServerError, Value};
use domain::limits::{
    ACTION_AUDIT_MAX, ACTION_CHANGES_MAX, ACTION_CLAIMS_MAX, ACTIONS_MAX, DOCUMENT_DEPTH_MAX,
    PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PLAN_STEPS_MAX,
};

use crate::document::{Variables, root, variable};
use crate::errors::Code;
use crate::shape::{Shape, innermost};

/// Fields after every fragment has been put where it is spread: fragments that spread fragments multiply.
const DOCUMENT_EXPANDED_FIELDS_MAX: u64 = 2_000;
/// Lists of introspection inside each other (`fields { type { fields`): each multiplies the answer by the schema's size.
const INTROSPECTION_LISTS_MAX: usize = 2;
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "interfaces", "possibleTypes", "inputFields"];
/// Stores one merchant links.
pub(crate) const LINKED_ACCOUNTS_MAX: usize = 20;
/// What the lists of one answer count as: they are read with their answer, at no cost to the database.
const ANSWER_CHARTS: usize = 20;
const ANSWER_FIGURES: usize = 100;
/// Refusals of one mutation.
const USER_ERRORS: usize = 5;

/// The number of elements an unpaged list counts as; `None` for a list that has no bound yet, which a test refuses.
pub(super) fn list_bound(parent: &str, field: &str) -> Option<u64> {
    let bound = match (parent, field) {
        ("Query", "metrics") => metrics::catalogue::Metric::ALL.len(),
        ("User", "linkedAccounts") => LINKED_ACCOUNTS_MAX,
        ("AnalysisRequest", "plan" | "tasks") => PLAN_STEPS_MAX,
        ("AnalysisRequest", "proposedActions") => ACTIONS_MAX,
        ("ActionPreview", "rows") => ACTION_CHANGES_MAX,
        ("ProposedAction", "expectedEffect") => ACTION_CLAIMS_MAX,
        ("ProposedAction", "audit") => ACTION_AUDIT_MAX,
        ("AnalysisResult", "visualizations") => ANSWER_CHARTS,
        ("AnalysisResult", "figures" | "claims") => ANSWER_FIGURES,
        (_, "userErrors") => USER_ERRORS,
        _ => return None,
    };
    u64::try_from(bound).ok()
}

/// What a selection weighs, with everything below it.
#[derive(Clone, Copy, Default)]
pub(super) struct Measure {
    depth: usize,
    fields: u64,
    pub(super) cost: u64,
    introspection_lists: usize,
}

impl Measure {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            cost: self.cost.saturating_add(other.cost),
            introspection_lists: self.introspection_lists.max(other.introspection_lists),
        }
    }
}

/// Measures one operation. A fragment is measured once for each page size it is spread in, however often that is.
pub(super) struct Meter<'d> {
    shape: &'d Shape,
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &'d Variables,
    known: HashMap<(&'d str, u64), Measure>,
    /// Fields looked at so far: the work that measuring is.
    looked_at: usize,
}

impl<'d> Meter<'d> {
    pub(super) fn new(
        shape: &'d Shape,
        document: &'d ExecutableDocument,
        operation: &'d OperationDefinition,
        variables: &'d Variables,
    ) -> Self {
        Self { shape, document, operation, variables, known: HashMap::new(), looked_at: 0 }
    }

    pub(super) fn measure(mut self) -> Result<Measure, ServerError> {
        let measure = self.selections(root(self.operation.ty), &self.operation.selection_set.node, 1);
        if measure.fields > DOCUMENT_EXPANDED_FIELDS_MAX {
            let message = format!(
                "With its fragments put in place the operation has more than {DOCUMENT_EXPANDED_FIELDS_MAX} fields."
            );
            return Err(Code::QueryTooComplex.refuse(message));
        }
        if measure.depth > DOCUMENT_DEPTH_MAX {
            let message = format!(
                "The operation is {} levels deep; at most {DOCUMENT_DEPTH_MAX} are allowed.",
                measure.depth
            );
            return Err(Code::QueryTooComplex.refuse(message));
        }
        if measure.introspection_lists > INTROSPECTION_LISTS_MAX {
            return Err(Code::QueryTooComplex.refuse("The introspection goes in circles."));
        }
        Ok(measure)
    }

    /// `page` is what `edges` counts as, set by the connection around it.
    fn selections(&mut self, parent: &str, set: &'d SelectionSet, page: u64) -> Measure {
        let mut sum = Measure::default();
        for selection in &set.items {
            let one = match &selection.node {
                Selection::Field(field) => self.field(parent, &field.node, page),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment
                        .node
                        .type_condition
                        .as_ref()
                        .map(|condition| condition.node.on.node.as_str());
                    self.selections(condition.unwrap_or(parent), &fragment.node.selection_set.node, page)
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, page),
            };
            sum = sum.beside(one);
        }
        sum
    }

    fn fragment(&mut self, name: &'d str, page: u64) -> Measure {
        if let Some(known) = self.known.get(&(name, page)) {
            return *known;
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Measure::default() };
        let condition = fragment.node.type_condition.node.on.node.as_str();
        let measure = self.selections(condition, &fragment.node.selection_set.node, page);
        self.known.insert((name, page), measure);
        measure
    }

    fn field(&mut self, parent: &str, field: &'d Field, page: u64) -> Measure {
        self.looked_at += 1;
        let name = field.name.node.as_str();
        let set = &field.selection_set.node;
        if parent.starts_with("__") || name.starts_with("__") {
            let below = self.selections("__", set, 1);
            let lists = usize::from(parent.starts_with("__") && INTROSPECTION_LISTS.contains(&name));
            return Measure {
                depth: usize::from(!parent.starts_with("__")),
                fields: below.fields.saturating_add(1),
                cost: 0,
                introspection_lists: below.introspection_lists + lists,
            };
        }
        // A field that the schema does not have is refused by the validator, with a better message.
        let (ty, is_list) = self.shape.field(parent, name).map_or(("", false), |field| innermost(&field.ty));
        let ty = ty.to_owned();
        let below_page = if ty.ends_with("Connection") { self.page_size(field) } else { 1 };
        let below = self.selections(&ty, set, below_page);
        let times = match (is_list, name) {
            (false, _) => 1,
            (true, "edges") => page,
            (true, _) => list_bound(parent, name).unwrap_or(1),
        };
        let each = u64::from(self.shape.is_composite(&ty)).saturating_add(below.cost);
        Measure {
            depth: below.depth + 1,
            fields: below.fields.saturating_add(1),
            cost: each.saturating_mul(times),
            introspection_lists: below.introspection_lists,
        }
    }

    /// What `first` or `last` asks for. Past the bound it counts as the bound: the resolver refuses it with its reason.
    fn page_size(&self, field: &Field) -> u64 {
        let asked = |name: &str| {
            let value = field.get_argument(name)?.node.clone();
            match value
                .into_const_with(|name| variable(self.operation, self.variables, &name).ok_or(()))
                .ok()?
            {
                Value::Number(size) => size.as_u64(),
                _ => None,
            }
        };
        let asked = asked("first").max(asked("last"));
        let max = u64::try_from(PAGE_SIZE_MAX).unwrap_or(u64::MAX);
        asked.unwrap_or(u64::try_from(PAGE_SIZE_DEFAULT).unwrap_or(max)).min(max)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::{Meter, Shape};

    #[test]
    fn fragments_that_multiply_are_looked_at_once() {
        let shape = Shape::read(&crate::sdl()).unwrap();
        let fan: String = (0..19)
            .map(|i| format!("fragment f{i} on Query {{ {} }} ", format!("...f{} ", i + 1).repeat(10)))
            .collect();
        let nodes: String = (0..19)
            .map(|i| {
                format!("fragment n{i} on AnalysisRequest {{ id {} }} ", format!("...n{} ", i + 1).repeat(5))
            })
            .collect();
        let pages: String = (1..=9)
            .map(|size| {
                format!("p{size}: listAnalysisRequests(first: {size}) {{ edges {{ node {{ ...n0 }} }} }} ")
            })
            .collect();
        let cases = [
            (format!("{{ ...f0 }} {fan} fragment f19 on Query {{ __typename }}"), 1),
            // Nine times three fields on the way; below a page its size means nothing any more.
            (format!("{{ {pages} }} {nodes} fragment n19 on AnalysisRequest {{ id }}"), 9 * 3 + 20),
        ];
        for (document, expected) in cases {
            let document = parse_query(document).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            let variables = serde_json::Map::new();
            let mut meter = Meter::new(&shape, &document, &operation.node, &variables);
            let fields = meter.selections("Query", &operation.node.selection_set.node, 1).fields;
            assert_eq!(meter.looked_at, expected);
            assert!(fields > 1_000_000_000_000, "{fields}");
        }
    }
}
