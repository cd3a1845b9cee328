//! Variables are checked against their declared types before anything runs (GraphQL 6.1.2): the executor itself would
//! find a wrong one only when the field that uses it is reached.

use async_graphql::Positioned;
use async_graphql::parser::types::{BaseType, Type, VariableDefinition};
use serde_json::{Map, Value};

use crate::shape::{Kind, Shape};

/// Checks the values that came with an operation.
///
/// # Errors
/// What is wrong with the first variable that does not fit.
pub(crate) fn check(
    shape: &Shape,
    definitions: &[Positioned<VariableDefinition>],
    values: &Map<String, Value>,
) -> Result<(), String> {
    for definition in definitions {
        let definition = &definition.node;
        let (name, ty) = (&definition.name.node, &definition.var_type.node);
        let fits = match values.get(name.as_str()) {
            None if definition.default_value.is_some() || ty.nullable => Ok(()),
            None => Err("it is missing".to_owned()),
            Some(value) => fit(shape, ty, value),
        };
        fits.map_err(|why| format!("Variable \"${name}\" of type \"{ty}\" cannot take this value: {why}."))?;
    }
    Ok(())
}

fn fit(shape: &Shape, ty: &Type, value: &Value) -> Result<(), String> {
    if value.is_null() {
        return if ty.nullable { Ok(()) } else { Err("it is null".to_owned()) };
    }
    match &ty.base {
        BaseType::List(inner) => match value {
            Value::Array(values) => values.iter().try_for_each(|value| fit(shape, inner, value)),
            // One value stands for a list of one.
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                fit(shape, inner, value)
            }
        },
        BaseType::Named(name) => fit_named(shape, name, value),
    }
}

fn fit_named(shape: &Shape, name: &str, value: &Value) -> Result<(), String> {
    let must = |fits: bool, what: &str| if fits { Ok(()) } else { Err(format!("it is not {what}")) };
    match name {
        "Int" => must(value.as_i64().is_some_and(|int| i32::try_from(int).is_ok()), "a 32-bit integer"),
        "Float" => must(value.is_number(), "a number"),
        "Boolean" => must(value.is_boolean(), "a boolean"),
        "String" => must(value.is_string(), "a string"),
        "ID" => must(value.is_string() || value.is_i64() || value.is_u64(), "an id"),
        _ => match shape.types.get(name) {
            Some(Kind::Enum(values)) => {
                must(value.as_str().is_some_and(|text| values.contains(text)), &format!("a value of {name}"))
            }
            Some(Kind::Input(fields)) => {
                let object = value.as_object().ok_or_else(|| format!("it is not an object of {name}"))?;
                if let Some(unknown) = object.keys().find(|key| !fields.contains_key(*key)) {
                    return Err(format!("{name} has no field \"{unknown}\""));
                }
                for (field, argument) in fields {
                    match object.get(field) {
                        None if argument.has_default || argument.ty.nullable => {}
                        None => return Err(format!("the field \"{field}\" of {name} is missing")),
                        Some(value) => {
                            fit(shape, &argument.ty, value).map_err(|why| format!("in \"{field}\", {why}"))?
                        }
                    }
                }
                Ok(())
            }
            // Scalars of ours check themselves; a type that is no input type is the validator's to refuse.
            Some(Kind::Scalar | Kind::Composite { .. } | Kind::Union(_)) | None => Ok(()),
        },
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::{Shape, check};

    #[test]
    fn values_fit_their_declared_types_or_are_refused() {
        let shape = Shape::read("enum E { A B } input I { a: Int! b: [E!] c: I d: Int! = 1 }").unwrap();
        let cases = [
            ("$v: Int!", json!({"v": 1}), true),
            ("$v: Int!", json!({"v": 2147483648_u32}), false),
            ("$v: Int!", json!({"v": 1.5}), false),
            ("$v: Int!", json!({"v": "1"}), false),
            ("$v: Int!", json!({"v": null}), false),
            ("$v: Int!", json!({}), false),
            ("$v: Int! = 3", json!({}), true),
            ("$v: Int! = 3", json!({"v": null}), false),
            ("$v: Int", json!({}), true),
            ("$v: Float", json!({"v": 1}), true),
            ("$v: Boolean", json!({"v": 1}), false),
            ("$v: ID", json!({"v": 1}), true),
            ("$v: ID", json!({"v": 1.5}), false),
            ("$v: ID", json!({"v": {}}), false),
            ("$v: String", json!({"v": ["a"]}), false),
            ("$v: [Int!]", json!({"v": 1}), true),
            ("$v: [Int!]", json!({"v": [1, null]}), false),
            ("$v: E", json!({"v": "A"}), true),
            ("$v: E", json!({"v": "C"}), false),
            ("$v: I", json!({"v": {"a": 1, "b": ["A", "B"], "c": {"a": 2}}}), true),
            ("$v: I", json!({"v": {"a": 1, "c": {"b": []}}}), false),
            ("$v: I", json!({"v": {"a": 1, "x": 2}}), false),
            ("$v: I", json!({"v": "a"}), false),
        ];
        for (definition, values, fits) in cases {
            let document = parse_query(format!("query ({definition}) {{ f }}")).unwrap();
            let (_, operation) = document.operations.iter().next().unwrap();
            let result = check(&shape, &operation.node.variable_definitions, values.as_object().unwrap());
            assert_eq!(result.is_ok(), fits, "{definition} {values} {result:?}");
        }
    }
}
