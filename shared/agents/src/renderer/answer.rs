//! The answer as it is stored and as the GraphQL contract has it (`AnalysisResult`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer to a question. Every quantity in it was computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    pub summary: String,
    pub visualizations: Vec<Visualization>,
    pub figures: Vec<Figure>,
    pub claims: Vec<Claim>,
    pub caveats: Vec<String>,
    /// `{"<table>": {"columns": [...], "rows": [[...]], "truncated": bool}}`; numbers are exact texts.
    pub raw_data: Value,
    /// "rules", or the model's id.
    pub planned_by: String,
    pub snapshot_at: Timestamp,
    /// 64 hexadecimal digits.
    pub snapshot: String,
    /// Path of the proof bundle; none is made yet.
    pub proof: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VisualizationType {
    BarChart,
    LineChart,
    Table,
    Kpi,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visualization {
    #[serde(rename = "type")]
    pub kind: VisualizationType,
    pub title: String,
    /// `{"columns": [{"name", "label", "type", "unit", "currency"}], "rows": [[...]]}`; numbers are exact texts.
    pub data: Value,
    /// A Vega-Lite 6 specification with inline numeric values made from the same rows.
    pub spec: Value,
    pub alternative_text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// `f1`, `f2`...
    pub id: String,
    /// `net_sales`; derived ones end with `_change` or `_share`.
    pub metric: String,
    /// `net_sales@1: ...`.
    pub definition: String,
    /// Exact, or rounded as the lineage says; null where it is not defined.
    pub value: Option<String>,
    /// `money`, `count`, `ratio` or `percent`.
    pub unit: String,
    pub currency: Option<String>,
    pub period: Option<FigurePeriod>,
    /// The part of the store it is about; null for the whole.
    pub segment: Option<Value>,
    /// As it is written in the answer.
    pub formatted: String,
    pub lineage: Lineage,
}

/// RFC 3339 with the shop's offset; half-open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigurePeriod {
    pub from: String,
    pub to: String,
    pub timezone: String,
}

/// How a figure came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lineage {
    pub metric: String,
    pub version: u32,
    pub formula: String,
    /// Ids of other figures, or the exact numbers of a quotient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    pub table: String,
    /// SHA-256 of the query, of the rows it gave, and of the snapshot's list of segments.
    pub query_digest: String,
    pub rows_digest: String,
    pub snapshot: String,
    pub rounding: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// `c1`, `c2`...
    pub id: String,
    /// `change`, `rank`, `share` or `extreme`.
    pub kind: String,
    pub text: String,
    /// Ids of the figures it is about.
    pub figures: Vec<String>,
}
