//! Values for arguments and variables: mostly such as the schema wants, of both tenants, and some that are not.

use api::shape::{Argument, Kind};
use async_graphql::parser::types::{BaseType, Type};
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::opaque;
use crate::schema::SHAPE;

/// What the generator knows of the world it asks.
pub(super) struct Known {
    /// Ids of everybody.
    pub(super) ids: Vec<String>,
    /// Cursors of everybody.
    pub(super) cursors: Vec<String>,
}

/// A value in the making: as a literal of a document, enum values have no quotes.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Json(Value),
    Enum(String),
    List(Vec<Given>),
    Object(Vec<(String, Given)>),
}

/// Deeper input objects than this are not made; ours do not nest.
const INPUT_DEPTH_MAX: u32 = 4;

pub(super) const PASSWORD: &str = "a long and quiet password";

/// Texts that break something somewhere.
const ODD: &[&str] = &[
    "",
    " ",
    "\0",
    "a\0b",
    "\u{202e}txet",
    "💥🎉",
    "e\u{301}\u{301}\u{301}",
    "\u{feff}",
    "\u{fffd}",
    "' or 1=1 --",
    "\"}}{{",
    "\\",
    "\\u0000",
    "${jndi:ldap://x}",
    "<script>",
    "../../etc/passwd",
    "%00%ff",
    "null",
    "NaN",
    "9999-99",
    "-1",
    "\r\nx-injected: 1",
    "١٢٣",
];

pub(super) struct Values<'k> {
    pub(super) known: &'k Known,
    /// Of a hundred, how many are of a wrong type.
    pub(super) wrong: u32,
}

impl Values<'_> {
    /// Something for an argument.
    pub(super) fn of(&self, rng: &mut ChaCha8Rng, name: &str, ty: &Type, depth: u32) -> Given {
        if rng.random_ratio(self.wrong, 100) {
            return Given::Json(self.anything(rng, 2));
        }
        if ty.nullable && rng.random_ratio(1, 8) {
            return Given::Json(Value::Null);
        }
        match &ty.base {
            BaseType::List(inner) => {
                let count = if rng.random_ratio(1, 50) { 101 } else { rng.random_range(0..4) };
                Given::List((0..count).map(|_| self.of(rng, name, inner, depth)).collect())
            }
            BaseType::Named(ty) => self.named(rng, name, ty, depth),
        }
    }

    fn named(&self, rng: &mut ChaCha8Rng, name: &str, ty: &str, depth: u32) -> Given {
        match SHAPE.types.get(ty) {
            Some(Kind::Enum(values)) => {
                let values: Vec<_> = values.iter().collect();
                Given::Enum(values.choose(rng).map(|value| (*value).clone()).unwrap_or_default())
            }
            Some(Kind::Input(fields)) => self.object(rng, fields.iter(), depth),
            _ => Given::Json(self.scalar(rng, name, ty)),
        }
    }

    fn object<'f>(
        &self,
        rng: &mut ChaCha8Rng,
        fields: impl Iterator<Item = (&'f String, &'f Argument)>,
        depth: u32,
    ) -> Given {
        let mut out = Vec::new();
        for (name, field) in fields {
            let left_out = if field.ty.nullable { rng.random_ratio(1, 2) } else { rng.random_ratio(1, 60) };
            if !left_out && depth < INPUT_DEPTH_MAX {
                out.push((name.clone(), self.of(rng, name, &field.ty, depth + 1)));
            }
        }
        if rng.random_ratio(1, 60) {
            out.push(("more".to_owned(), Given::Json(json!(1))));
        }
        Given::Object(out)
    }

    fn scalar(&self, rng: &mut ChaCha8Rng, name: &str, ty: &str) -> Value {
        let of = |texts: &[&str], rng: &mut ChaCha8Rng| json!(texts.choose(rng).unwrap());
        match (ty, name) {
            ("Int", _) => json!(*[0, 1, 2, 3, 20, 100, 101, -1, i32::MAX, i32::MIN].choose(rng).unwrap()),
            ("Float", _) => json!(rng.random::<f64>()),
            ("Boolean", _) => json!(rng.random::<bool>()),
            ("ID", _) => json!(self.id(rng)),
            (_, "after" | "before") if rng.random_ratio(3, 4) => json!(self.known.cursors.choose(rng)),
            _ if rng.random_ratio(1, 12) => json!(text(rng)),
            (_, "month") => of(&["2026-11", "2026-10", "1970-01"], rng),
            (_, "email") => json!(format!("fuzz-{}@example.com", rng.random_range(0..8))),
            (_, name) if name.to_lowercase().ends_with("password") => json!(PASSWORD),
            (_, "shopDomain") => of(&["fruits.myshopify.com", "fruits.example.com", "fruits"], rng),
            (_, "query") => {
                of(&["code=c&hmac=00&shop=fruits.myshopify.com&state=s&timestamp=1", "state=s"], rng)
            }
            (_, "previewHash") => of(&["00", "61", "6173"], rng),
            (_, "idempotencyKey") => json!(format!("key {}", rng.random_range(0..6))),
            _ => of(&["How are sales?", "What were net sales by month?", "Yes", "no"], rng),
        }
    }

    fn id(&self, rng: &mut ChaCha8Rng) -> String {
        match rng.random_range(0..12) {
            0 => text(rng),
            1 => opaque("analysis_request", &Uuid::from_u128(rng.random()).to_string()),
            2 => opaque(&text(rng), "1"),
            _ => self.known.ids.choose(rng).cloned().unwrap_or_default(),
        }
    }

    /// Any JSON.
    pub(super) fn anything(&self, rng: &mut ChaCha8Rng, depth: u32) -> Value {
        match rng.random_range(0..if depth == 0 { 6 } else { 8 }) {
            0 => Value::Null,
            1 => json!(rng.random::<bool>()),
            2 => json!(rng.random::<i64>()),
            3 => json!(rng.random::<f64>() * 1e300),
            4 => json!(text(rng)),
            5 => json!(self.id(rng)),
            6 => (0..rng.random_range(0..4)).map(|_| self.anything(rng, depth - 1)).collect(),
            _ => {
                let entry = |rng: &mut ChaCha8Rng| (text(rng), self.anything(rng, depth - 1));
                Value::Object((0..rng.random_range(0..4)).map(|_| entry(rng)).collect())
            }
        }
    }
}

/// Some text, odd more often than not.
pub(super) fn text(rng: &mut ChaCha8Rng) -> String {
    match rng.random_range(0..10) {
        0 => "ä".repeat(*[12, 255, 256, 4_000, 4_001].choose(rng).unwrap()),
        1 => (0..rng.random_range(0..40)).map(|_| rng.random::<char>()).collect(),
        2 => (0..rng.random_range(0..40)).map(|_| char::from(rng.random_range(b' '..b'~'))).collect(),
        _ => (*ODD.choose(rng).unwrap()).to_owned(),
    }
}

impl Given {
    /// As it stands in variables.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Enum(value) => json!(value),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value.json())).collect(),
        }
    }

    /// As it stands in a document.
    pub(super) fn literal(&self) -> String {
        match self {
            Self::Json(Value::Object(fields)) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), Self::Json(value.clone())));
                Self::Object(fields.collect()).literal()
            }
            Self::Json(Value::Array(items)) => {
                Self::List(items.iter().cloned().map(Self::Json).collect()).literal()
            }
            Self::Json(value) => value.to_string(),
            Self::Enum(value) => value.clone(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::literal).collect::<Vec<_>>().join(", "))
            }
            Self::Object(fields) => {
                let field = |(name, value): &(String, Self)| format!("{name}: {}", value.literal());
                format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
