//! Errors as GraphQL clients of Shopify see them.

use async_graphql_parser::Pos;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// One entry of `errors`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Problem {
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path: Vec<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    extensions: Map<String, Json>,
}

#[derive(Clone, Debug, Serialize)]
struct Location {
    line: usize,
    column: usize,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), locations: Vec::new(), path: Vec::new(), extensions: Map::new() }
    }

    pub(super) fn at(mut self, pos: Pos) -> Self {
        self.locations.push(Location { line: pos.line, column: pos.column });
        self
    }

    pub(super) fn on(mut self, path: &[String]) -> Self {
        self.path = path.to_vec();
        self
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn at_run_time(key: &str, code: &'static str, message: String) -> Self {
        Self::new(message).on(&[key.to_owned()]).with("code", code)
    }

    /// A single query above the limit is refused before it runs; a retry never helps.
    pub(super) fn too_costly(cost: u64, most: u64) -> Self {
        let message = format!(
            "Query cost is {cost}, which exceeds the single query max cost limit ({most}).\n\nSee \
             https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\ncost of a query is \
             calculated.\n\nTo query larger amounts of data with fewer limits, bulk operations should be used instead."
        );
        Self::new(message)
            .with("code", "MAX_COST_EXCEEDED")
            .with("cost", cost)
            .with("maxCost", most)
            .with("documentation", "https://shopify.dev/api/usage/rate-limits")
    }

    pub(super) fn invalid_variable(name: &str, kind: &str, value: &Json, why: &str) -> Self {
        Self::new(format!("Variable ${name} of type {kind} was provided invalid value"))
            .with("code", "INVALID_VARIABLE")
            .with("value", value.clone())
            .with("problems", json!([{ "path": [], "explanation": why }]))
    }
}
