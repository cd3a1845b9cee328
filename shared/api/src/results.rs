//! The answer to a question, as the renderer stored it.

use async_graphql::{Enum, ID, SimpleObject};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::scalars::{DateTime, Decimal, Json};

/// The answer to a question. Every quantity in it was computed.
#[derive(Clone, Debug, PartialEq, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnalysisResult {
    /// The answer in words.
    pub(crate) summary: String,
    /// Charts and tables.
    pub(crate) visualizations: Vec<Visualization>,
    /// The computed values that the words rest on.
    pub(crate) figures: Vec<Figure>,
    /// Typed statements over figures.
    pub(crate) claims: Vec<Claim>,
    /// What limits the answer: data that is missing or not loaded, assumptions that were made.
    pub(crate) caveats: Vec<String>,
    /// The tables themselves, `{"<table>": {"columns": [...], "rows": [[...]]}}`, bounded; `"truncated": true` where cut.
    pub(crate) raw_data: Json,
    /// `rules`, or the model's id.
    pub(crate) planned_by: String,
    /// The state of the store that was read.
    pub(crate) snapshot_at: DateTime,
    /// Names the data that was read.
    pub(crate) snapshot: String,
    /// Path of the proof bundle: GET it with the bearer token.
    pub(crate) proof: Option<String>,
}

/// How rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum VisualizationType {
    /// Bars.
    BarChart,
    /// Lines over time.
    LineChart,
    /// Rows and columns.
    Table,
    /// One value.
    Kpi,
}

/// One chart or table.
#[derive(Clone, Debug, PartialEq, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Visualization {
    /// How the rows are shown.
    #[graphql(name = "type")]
    #[serde(rename = "type")]
    pub(crate) kind: VisualizationType,
    /// What it shows.
    pub(crate) title: String,
    /// `{"columns": [{"name", "label", "type", "unit", "currency"}], "rows": [[...]]}`; money and exact numbers are texts.
    pub(crate) data: Json,
    /// A Vega-Lite 6 specification with its own inline values, made from the same rows.
    pub(crate) spec: Json,
    /// The same in words, for who cannot see it.
    pub(crate) alternative_text: String,
}

/// One computed value with its lineage.
#[derive(Clone, Debug, PartialEq, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    /// Unique in its answer.
    pub(crate) id: ID,
    /// `net_sales@1`.
    pub(crate) metric: String,
    /// What exactly was computed.
    pub(crate) definition: String,
    /// Exact; null where it is not defined, as a quotient by zero.
    #[serde(default)]
    pub(crate) value: Option<Decimal>,
    /// `money`, `count`, `ratio` or `percent`.
    pub(crate) unit: String,
    /// ISO 4217, for money.
    #[serde(default)]
    pub(crate) currency: Option<String>,
    /// The time it is about.
    #[serde(default)]
    pub(crate) period: Option<Period>,
    /// The part of the store it is about; null for the whole.
    #[serde(default)]
    pub(crate) segment: Option<Json>,
    /// As it is written in the answer.
    pub(crate) formatted: String,
    /// Formula, inputs and digests it was made from.
    pub(crate) lineage: Json,
}

/// A half-open span of time: `from <= t < to`.
#[derive(Clone, Debug, PartialEq, Deserialize, SimpleObject)]
pub(crate) struct Period {
    /// The first instant.
    pub(crate) from: DateTime,
    /// The first instant after.
    pub(crate) to: DateTime,
    /// The IANA time zone its days are cut in.
    pub(crate) timezone: String,
}

/// A typed statement over figures, computed and never written by a model.
#[derive(Clone, Debug, PartialEq, Deserialize, SimpleObject)]
pub(crate) struct Claim {
    /// Unique in its answer.
    pub(crate) id: ID,
    /// What kind of statement it is.
    pub(crate) kind: String,
    /// The statement.
    pub(crate) text: String,
    /// The figures it is about.
    pub(crate) figures: Vec<ID>,
}

impl AnalysisResult {
    /// # Errors
    /// When the bytes are not the JSON that a renderer writes.
    pub(crate) fn read(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).ok_or_else(|| Error::custom("expected RFC 3339 with an offset"))
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Self::from)
    }
}
