//! What a parsed document may ask for: its bounds are checked here, before it is validated or run.
//!
//! The cost of an operation in points: an object is 1 and a scalar 0, each multiplied by the size of the lists it stands
//! in. `edges` counts as the page asked for (20 unless said otherwise), any other list as its bound in [`list_bound`].
//! Introspection costs nothing and has bounds of its own.

use std::collections::HashMap;

use async_graphql::ServerError;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, Value};
use domain::limits::{
    COST_MAX, DOCUMENT_ALIASES_MAX, DOCUMENT_DEPTH_MAX, DOCUMENT_DIRECTIVES_MAX, DOCUMENT_FRAGMENTS_MAX,
    DOCUMENT_OPERATIONS_MAX, DOCUMENT_ROOT_FIELDS_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PLAN_STEPS_MAX,
};
use serde_json::Map;

use crate::errors::Code;
use crate::shape::{Shape, innermost};

/// Fields after every fragment has been put where it is spread: fragments that spread fragments multiply.
pub(crate) const DOCUMENT_EXPANDED_FIELDS_MAX: u64 = 2_000;
/// Lists of introspection inside each other (`fields { type { fields`): each multiplies the answer by the schema's size.
pub(crate) const INTROSPECTION_LISTS_MAX: usize = 2;
/// Stores one merchant links.
pub(crate) const LINKED_ACCOUNTS_MAX: usize = 20;
/// What the lists of one answer count as: they are read with their answer, at no cost to the database.
const ANSWER_CHARTS: usize = 20;
const ANSWER_FIGURES: usize = 100;
/// Refusals of one mutation.
const USER_ERRORS: usize = 5;

/// Root fields that need no token.
const OPEN_FIELDS: [&str; 6] = ["me", "register", "login", "__typename", "__schema", "__type"];
const INTROSPECTION_LISTS: [&str; 4] = ["fields", "interfaces", "possibleTypes", "inputFields"];

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

/// Checks every bound of a document.
///
/// # Errors
/// `QUERY_TOO_COMPLEX` with the bound that is passed; `GRAPHQL_VALIDATION_FAILED` for fragments that go in circles.
pub(crate) fn check(
    shape: &Shape,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> Result<Checked, ServerError> {
    within("operations", document.operations.iter().count(), DOCUMENT_OPERATIONS_MAX)?;
    within("fragments", document.fragments.len(), DOCUMENT_FRAGMENTS_MAX)?;
    let census = Census::of(document);
    within("aliases", census.aliases, DOCUMENT_ALIASES_MAX)?;
    within("directives", census.directives, DOCUMENT_DIRECTIVES_MAX)?;
    refuse_circles(document)?;
    for (_, other) in document.operations.iter() {
        Meter::new(shape, document, &other.node, variables).measure()?;
    }
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
    let open = roots.iter().any(|field| OPEN_FIELDS.contains(&field.name.node.as_str()));
    let introspects = roots.iter().any(|field| ["__schema", "__type"].contains(&field.name.node.as_str()));
    Ok(Checked { kind: operation.ty, cost, open, introspects })
}

/// The number of elements an unpaged list counts as; `None` for a list that has no bound yet, which a test refuses.
pub(crate) fn list_bound(parent: &str, field: &str) -> Option<u64> {
    let bound = match (parent, field) {
        ("Query", "metrics") => metrics::catalogue::Metric::ALL.len(),
        ("User", "linkedAccounts") => LINKED_ACCOUNTS_MAX,
        ("AnalysisRequest", "plan" | "tasks") => PLAN_STEPS_MAX,
        ("AnalysisResult", "visualizations") => ANSWER_CHARTS,
        ("AnalysisResult", "figures" | "claims") => ANSWER_FIGURES,
        (_, "userErrors") => USER_ERRORS,
        _ => return None,
    };
    u64::try_from(bound).ok()
}

fn within(what: &str, found: usize, max: usize) -> Result<(), ServerError> {
    if found <= max {
        return Ok(());
    }
    Err(Code::QueryTooComplex.refuse(format!("The document has {found} {what}; at most {max} are allowed.")))
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

/// What a selection weighs, with everything below it.
#[derive(Clone, Copy, Default)]
struct Measure {
    depth: usize,
    fields: u64,
    cost: u64,
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
struct Meter<'d> {
    shape: &'d Shape,
    document: &'d ExecutableDocument,
    operation: &'d OperationDefinition,
    variables: &'d Variables,
    known: HashMap<(&'d str, u64), Measure>,
}

impl<'d> Meter<'d> {
    fn new(
        shape: &'d Shape,
        document: &'d ExecutableDocument,
        operation: &'d OperationDefinition,
        variables: &'d Variables,
    ) -> Self {
        Self { shape, document, operation, variables, known: HashMap::new() }
    }

    fn measure(mut self) -> Result<Measure, ServerError> {
        let root = match self.operation.ty {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        let measure = self.selections(root, &self.operation.selection_set.node, 1);
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
