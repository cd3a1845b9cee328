//! A request's document: parsed, its operation chosen, its variables filled in, compiled.

use std::collections::HashMap;

use async_graphql_parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql_parser::{Error as Syntax, Positioned};
use async_graphql_value::{ConstValue, Value};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::compile::{Compiler, Fragments};
use super::plan::{COST_MAX, Plan};
use super::problem::Problem;
use super::value::Type;

/// The body of a request.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Request {
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    variables: Option<Map<String, Json>>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

/// A document that can run.
pub(super) struct Compiled {
    pub(super) root: Type,
    pub(super) plan: Plan,
}

/// Compiles an ordinary request; what is wrong with it comes all at once.
pub(super) fn compile(request: &Request) -> Result<Compiled, Vec<Problem>> {
    let variables = request.variables.clone().unwrap_or_default();
    let compiled = prepare(&request.query, request.operation_name.as_deref(), &variables, false)?;
    if compiled.plan.cost > COST_MAX {
        return Err(vec![Problem::too_costly(compiled.plan.cost, COST_MAX)]);
    }
    Ok(compiled)
}

/// Compiles the query of a bulk operation, which has no variables and needs no page sizes.
pub(super) fn compile_bulk(query: &str) -> Result<Compiled, Vec<Problem>> {
    prepare(query, None, &Map::new(), true)
}

fn prepare(
    query: &str,
    operation: Option<&str>,
    given: &Map<String, Json>,
    is_bulk: bool,
) -> Result<Compiled, Vec<Problem>> {
    if query.trim().is_empty() {
        return Err(vec![Problem::new("No query string was present")]);
    }
    let document = async_graphql_parser::parse_query(query).map_err(|error| vec![syntax(&error)])?;
    let (name, operation) = choose(&document, operation).map_err(|problem| vec![problem])?;
    let (root, word) = match operation.node.ty {
        OperationType::Query => (Type::QueryRoot, "query"),
        OperationType::Mutation => (Type::Mutation, "mutation"),
        OperationType::Subscription => {
            return Err(vec![Problem::new("Schema is not configured for subscriptions")]);
        }
    };
    let variables = variables(&operation.node, given)?;
    let fragments = fragments(&document)?;
    let path = vec![name.map_or_else(|| word.to_owned(), |name| format!("{word} {name}"))];
    let mut compiler = Compiler {
        fragments: &fragments,
        variables: &variables,
        is_bulk,
        problems: Vec::new(),
        path,
        fields: 0,
    };
    let plan = compiler.selection(root.name(), &[&operation.node.selection_set.node], false);
    if compiler.problems.is_empty() { Ok(Compiled { root, plan }) } else { Err(compiler.problems) }
}

fn syntax(error: &Syntax) -> Problem {
    error.positions().fold(Problem::new(error.to_string()), Problem::at)
}

fn choose<'d>(
    document: &'d ExecutableDocument,
    wanted: Option<&str>,
) -> Result<(Option<&'d str>, &'d Positioned<OperationDefinition>), Problem> {
    match (&document.operations, wanted) {
        (DocumentOperations::Single(operation), _) => Ok((None, operation)),
        (DocumentOperations::Multiple(operations), Some(wanted)) => operations
            .iter()
            .find(|(name, _)| name.as_str() == wanted)
            .map(|(name, operation)| (Some(name.as_str()), operation))
            .ok_or_else(|| Problem::new(format!("No operation named \"{wanted}\""))),
        (DocumentOperations::Multiple(operations), None) => match operations.iter().next() {
            Some((name, operation)) if operations.len() == 1 => Ok((Some(name.as_str()), operation)),
            _ => Err(Problem::new("An operation name is required")),
        },
    }
}

fn variables(
    operation: &OperationDefinition,
    given: &Map<String, Json>,
) -> Result<Map<String, Json>, Vec<Problem>> {
    let (mut values, mut problems) = (Map::new(), Vec::new());
    for definition in &operation.variable_definitions {
        let name = definition.node.name.node.as_str();
        let kind = &definition.node.var_type.node;
        let default =
            definition.node.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok());
        match given.get(name).cloned().or(default) {
            None | Some(Json::Null) if !kind.nullable => {
                let problem = Problem::invalid_variable(
                    name,
                    &kind.to_string(),
                    &Json::Null,
                    "Expected value to not be null",
                );
                problems.push(problem.at(definition.pos));
            }
            None | Some(Json::Null) => {}
            Some(value) => {
                values.insert(name.to_owned(), value);
            }
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// Fragments by name; one that spreads itself, however far down, would never end.
fn fragments(document: &ExecutableDocument) -> Result<Fragments, Vec<Problem>> {
    let fragments: Fragments =
        document.fragments.iter().map(|(name, fragment)| (name.to_string(), fragment.clone())).collect();
    let mut done = HashMap::new();
    let mut names: Vec<&String> = fragments.keys().collect();
    names.sort();
    for name in names {
        if spreads_itself(name, &fragments, &mut done) {
            let message = format!("Fragment {name} contains an infinite loop");
            return Err(vec![
                Problem::new(message).with("code", "infiniteLoop").with("fragmentName", name.as_str()),
            ]);
        }
    }
    Ok(fragments)
}

fn spreads_itself(name: &str, fragments: &Fragments, done: &mut HashMap<String, bool>) -> bool {
    if let Some(&finished) = done.get(name) {
        return !finished;
    }
    let Some(fragment) = fragments.get(name) else { return false };
    done.insert(name.to_owned(), false);
    let mut spreads = Vec::new();
    super::compile::spreads(&fragment.node.selection_set.node, &mut spreads);
    let loops = spreads.iter().any(|spread| spreads_itself(spread, fragments, done));
    if !loops {
        done.insert(name.to_owned(), true);
    }
    loops
}

impl Compiler<'_> {
    /// A value with its variables filled in; what was not given is null.
    pub(super) fn value(&self, value: &Value) -> Json {
        let filled = value.clone().into_const_with(|name| -> Result<ConstValue, serde_json::Error> {
            self.variables.get(name.as_str()).cloned().map_or(Ok(ConstValue::Null), ConstValue::try_from)
        });
        filled.and_then(Json::try_from).unwrap_or(Json::Null)
    }
}
