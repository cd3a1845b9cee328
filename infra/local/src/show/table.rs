//! A visualization's rows as an aligned table, numbers to the right.

use serde_json::Value;

use super::{clean, list, number, text};

/// A date such as "2026-03-01".
const DATE_BYTES: usize = 10;
/// The widest a column of text may be.
const TEXT_WIDTH_MAX: usize = 44;

pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    /// One cell for each column, as `data.rows` has them.
    pub(super) rows: Vec<Vec<Value>>,
}

pub(super) struct Column {
    name: String,
    header: String,
    kind: Kind,
    currency: String,
}

/// One tile: what is measured, its value, and the other period's value where there is one.
pub(super) struct Tile {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) before: Option<String>,
}

/// The columns of the other period are called like this period's, with this behind.
const COMPARED: &str = "_compared";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Money,
    Percent,
}

impl Column {
    pub(super) fn is_measure(&self) -> bool {
        match self.kind {
            Kind::Text => false,
            Kind::Number | Kind::Money | Kind::Percent => true,
        }
    }

    fn cell(&self, value: &Value) -> String {
        let plain = match value {
            Value::Null => return "-".to_owned(),
            Value::String(string) => clean(string).replace('\n', " "),
            other => other.to_string(),
        };
        match self.kind {
            // A month is named by its first day.
            Kind::Text if self.name == "month" && plain.len() == DATE_BYTES => {
                plain.strip_suffix("-01").unwrap_or(&plain).to_owned()
            }
            Kind::Text => shortened(&plain),
            Kind::Number | Kind::Money => number::grouped(&plain),
            Kind::Percent => format!("{} %", number::grouped(&plain)),
        }
    }
}

impl Table {
    pub(super) fn of(visualization: &Value) -> Self {
        let data = visualization.get("data").unwrap_or(&Value::Null);
        let columns = list(data, "columns").iter().map(column).collect();
        let rows = list(data, "rows").iter().map(|row| row.as_array().cloned().unwrap_or_default()).collect();
        Self { columns, rows }
    }

    /// The tiles of the one row.
    pub(super) fn tiles(&self) -> Vec<Tile> {
        let mut out: Vec<Tile> = Vec::new();
        for (column, value) in self.rows.iter().flat_map(|row| self.columns.iter().zip(row)) {
            let value = match (column.kind, column.currency.as_str()) {
                (Kind::Money, currency) if !currency.is_empty() => {
                    format!("{} {currency}", column.cell(value))
                }
                _ => column.cell(value),
            };
            match out.last_mut().filter(|_| column.name.ends_with(COMPARED)) {
                Some(tile) => tile.before = Some(value),
                None => out.push(Tile { name: column.header.clone(), value, before: None }),
            }
        }
        out
    }

    /// `bars` has one text for each row and stands at the end of it.
    pub(super) fn print(&self, out: &mut String, bars: Option<&[String]>, rows_max: usize) {
        let cells: Vec<Vec<String>> = self
            .rows
            .iter()
            .take(rows_max)
            .map(|row| self.columns.iter().zip(row).map(|(column, value)| column.cell(value)).collect())
            .collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let below =
                    cells.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
                below.max(width(&column.heading()))
            })
            .collect();
        let headings: Vec<String> = self.columns.iter().map(Column::heading).collect();
        self.push_line(out, &headings, &widths, "");
        for (at, row) in cells.iter().enumerate() {
            let bar = bars.and_then(|bars| bars.get(at)).map_or("", String::as_str);
            self.push_line(out, row, &widths, bar);
        }
        if self.rows.is_empty() {
            out.push_str("  (no rows)\n");
        }
        if let Some(more) = self.rows.len().checked_sub(rows_max).filter(|more| *more > 0) {
            out.push_str(&format!("  ... and {more} more rows (--json has them all)\n"));
        }
    }

    fn push_line(&self, out: &mut String, cells: &[String], widths: &[usize], bar: &str) {
        let mut line = String::from(" ");
        for ((column, cell), wide) in self.columns.iter().zip(cells).zip(widths) {
            line.push(' ');
            line.push_str(&if column.is_measure() { right(cell, *wide) } else { left(cell, *wide) });
            line.push(' ');
        }
        line.push_str(bar);
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

impl Column {
    fn heading(&self) -> String {
        match (self.kind, self.currency.as_str()) {
            (Kind::Money, currency) if !currency.is_empty() => format!("{} ({currency})", self.header),
            _ => self.header.clone(),
        }
    }
}

fn column(described: &Value) -> Column {
    let name = text(described, "name");
    let header = Some(text(described, "label")).filter(|label| !label.is_empty()).unwrap_or(name);
    let kind = match text(described, "type") {
        "number" => Kind::Number,
        "money" => Kind::Money,
        "percent" => Kind::Percent,
        _ => Kind::Text,
    };
    Column {
        name: name.to_owned(),
        header: clean(header),
        kind,
        currency: clean(text(described, "currency")),
    }
}

fn shortened(text: &str) -> String {
    if width(text) <= TEXT_WIDTH_MAX {
        return text.to_owned();
    }
    text.chars().take(TEXT_WIDTH_MAX - 3).chain("...".chars()).collect()
}

/// Columns of the terminal that a text takes, counting every letter as one.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn left(text: &str, wide: usize) -> String {
    format!("{text:<wide$}")
}

pub(super) fn right(text: &str, wide: usize) -> String {
    format!("{text:>wide$}")
}
