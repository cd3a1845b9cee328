//! Arguments of a field, variables filled in, checked against the official names.

use async_graphql_parser::Positioned;
use async_graphql_parser::types::Field;
use serde_json::{Map, Value as Json};

use super::Compiler;
use crate::server::problem::Problem;
use crate::server::schema;

impl Compiler<'_> {
    /// `None` when an argument is unknown or missing.
    pub(super) fn arguments(
        &mut self,
        parent: &str,
        name: &str,
        official: &schema::Field,
        field: &Positioned<Field>,
    ) -> Option<Map<String, Json>> {
        let before = self.problems.len();
        let mut given = Map::new();
        for (argument, value) in &field.node.arguments {
            let known = official.arguments.iter().any(|(known, _)| argument.node == **known);
            if known {
                given.insert(argument.node.to_string(), self.value(&value.node));
            } else {
                let argument_name = argument.node.as_str();
                let problem =
                    Problem::new(format!("Field '{name}' doesn't accept argument '{argument_name}'"))
                        .at(argument.pos)
                        .on(&self.path)
                        .with("code", "argumentNotAccepted")
                        .with("name", name)
                        .with("typeName", "Field")
                        .with("argumentName", argument_name);
                self.problems.push(problem);
            }
        }
        let missing: Vec<&str> = official
            .arguments
            .iter()
            .filter(|(known, needed)| *needed && given.get(*known).is_none_or(Json::is_null))
            .map(|(known, _)| *known)
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let problem = Problem::new(format!("Field '{name}' is missing required arguments: {missing}"))
                .at(field.pos)
                .on(&self.path)
                .with("code", "missingRequiredArguments")
                .with("className", "Field")
                .with("name", name)
                .with("arguments", missing)
                .with("typeName", parent);
            self.problems.push(problem);
        }
        (self.problems.len() == before).then_some(given)
    }
}
