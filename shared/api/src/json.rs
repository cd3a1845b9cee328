//! JSON read without losing anything: where an object has a key twice, `serde_json` silently takes the last one, and two
//! readers of one text may then see two requests.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads a text whose depth was checked before.
///
/// # Errors
/// What stands where, and nothing of the text itself.
pub(crate) fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str::<Once>(text).map(|once| once.0)
}

/// A value in which every key stands once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if out.contains_key(&key) {
                return Err(A::Error::custom("a key is given twice"));
            }
            let Once(value) = entries.next_value()?;
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;

    #[test]
    fn what_is_said_once_is_read_as_serde_json_reads_it() {
        let texts = [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "1.5e3",
            "1e400",
            "\"a\\u00e4\\ud83d\\ude00\"",
            "[1,[],{}]",
            r#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#,
            "",
            "{",
            "[1,]",
            r#"{"a":1} x"#,
            r#"{"a" 1}"#,
            "\"\\ud800\"",
            "NaN",
        ];
        for text in texts {
            let expected = serde_json::from_str::<Value>(text);
            match (read(text), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(found), Err(expected)) => assert_eq!(found.to_string(), expected.to_string(), "{text}"),
                (found, expected) => unreachable!("{text}: {found:?}, {expected:?}"),
            }
        }
    }

    #[test]
    fn a_key_that_is_given_twice_is_refused_at_every_depth() {
        for text in
            [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2,"\u0061":3}"#, r#"[{"v":{"input":{"a":null,"a":1}}}]"#]
        {
            let found = read(text).map_err(|error| error.to_string());
            assert!(
                found.as_ref().is_err_and(|said| said.starts_with("a key is given twice at line 1 column ")),
                "{text} {found:?}"
            );
        }
        assert_eq!(read(r#"{"a":1,"A":2}"#).unwrap(), json!({"a": 1, "A": 2}));
    }
}
