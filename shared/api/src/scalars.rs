//! The three scalars of the contract.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;

/// An instant, and the offset it is written with where that is not UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime {
    at: Timestamp,
    offset: Offset,
}

impl DateTime {
    /// `None` for what is not RFC 3339 with an offset.
    pub(crate) fn parse_rfc3339(text: &str) -> Option<Self> {
        let offset = Pieces::parse(text).ok()?.to_numeric_offset()?;
        Some(Self { at: text.parse().ok()?, offset })
    }
}

impl From<Timestamp> for DateTime {
    fn from(at: Timestamp) -> Self {
        Self { at, offset: Offset::UTC }
    }
}

/// An instant as RFC 3339 text with its offset: `2011-12-09T12:50:00Z`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::parse_rfc3339(text)
                .ok_or_else(|| InputValueError::custom("this is not RFC 3339 with an offset")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(match self.offset {
            Offset::UTC => self.at.to_string(),
            offset => self.at.display_with_offset(offset).to_string(),
        })
    }
}

/// An exact decimal number as text: `"10655622.52"`. Never a float.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) String);

/// An exact decimal number as text: `"10655622.52"`. Never a float.
#[Scalar]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if is_decimal(&text) => Ok(Self(text)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Json(pub(crate) Value);

/// Any JSON value.
#[Scalar(name = "JSON")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        // Every JSON value is a GraphQL value: only names of enum values are beyond JSON.
        Self(Value::from_json(value).unwrap_or(Value::Null))
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction]
        .into_iter()
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{DateTime, Decimal, ScalarType, Value};

    #[test]
    fn instants_keep_the_offset_they_came_with() {
        for text in ["2011-12-09T12:50:00+01:00", "2011-12-09T12:50:00.000001-03:30", "2011-12-09T12:50:00Z"]
        {
            assert_eq!(DateTime::parse_rfc3339(text).unwrap().to_value(), Value::from(text));
        }
        for text in ["2011-12-09T12:50:00", "2011-12-09", "now", ""] {
            assert!(<DateTime as ScalarType>::parse(Value::from(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn decimals_are_texts_of_digits() {
        for (text, valid) in
            [("10655622.52", true), ("-3", true), ("1e3", false), ("", false), (".5", false), ("NaN", false)]
        {
            assert_eq!(Decimal::parse(Value::from(text)).is_ok(), valid, "{text}");
        }
    }
}
