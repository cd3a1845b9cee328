//! Bars made of block letters, one for each row: the first measure of a table as a picture.

use serde_json::Value;

use super::table::Table;

/// Letters of the longest bar; each is drawn in eighths.
const BAR_WIDTH: usize = 28;
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// `None` where there is nothing to compare.
pub(super) fn bars(table: &Table) -> Option<Vec<String>> {
    let measure = table.columns.iter().position(super::table::Column::is_measure)?;
    let values: Vec<f64> = table.rows.iter().map(|row| row.get(measure).map_or(0.0, magnitude)).collect();
    let longest = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    if longest <= 0.0 || values.len() < 2 {
        return None;
    }
    Some(values.iter().map(|value| bar(*value / longest)).collect())
}

/// A picture needs no exactness: the exact numbers stand beside it.
fn magnitude(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap_or(0.0),
        other => other.as_f64().unwrap_or(0.0),
    }
}

/// What is below zero is drawn hollow.
fn bar(share: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of at most one, made positive"
    )]
    let eighths = (share.abs() * (BAR_WIDTH * 8) as f64).round() as usize;
    let (full, rest) = (eighths / 8, eighths % 8);
    if share < 0.0 {
        return "░".repeat(full.max(1));
    }
    let mut out = "█".repeat(full);
    if rest > 0 {
        out.extend(EIGHTHS.get(rest));
    }
    out
}
