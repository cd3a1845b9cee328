//! Tables as the answer carries them: typed columns and exact texts.

use domain::limits::RAW_TABLE_ROWS_MAX;
use domain::money::Currency;
use jiff::civil::Date;
use metrics::catalogue::{Dimension, Metric, Unit, definition};
use metrics::period::Period;
use metrics::query::MetricQuery;
use metrics::table::{Cell, Row, Table};
use serde_json::{Value, json};

use super::Error;
use super::ledger::Ledger;
use super::names;
use super::numbers;

/// A table and the query it answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) query: &'a MetricQuery,
    pub(super) table: &'a Table,
}

/// Which of two periods a cell belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    This,
    Other,
}

/// One cell of a table; without a row, of its total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) metric: Metric,
    pub(super) row: Option<usize>,
    pub(super) side: Side,
}

impl Spot {
    pub(super) const fn total(metric: Metric) -> Self {
        Self { metric, row: None, side: Side::This }
    }

    pub(super) const fn row(metric: Metric, row: usize) -> Self {
        Self { metric, row: Some(row), side: Side::This }
    }

    pub(super) const fn on(self, side: Side) -> Self {
        Self { side, ..self }
    }
}

impl View<'_> {
    pub(super) fn cell(&self, spot: Spot) -> Cell {
        let row = spot.row.and_then(|row| self.table.rows.get(row));
        let cells = match (spot.row, spot.side) {
            (None, Side::This) => Some(&self.table.total),
            (None, Side::Other) => self.table.compare_total.as_ref(),
            (Some(_), Side::This) => row.map(|row| &row.cells),
            (Some(_), Side::Other) => row.and_then(|row| row.compare.as_ref()),
        };
        let column = self.table.metrics.iter().position(|metric| *metric == spot.metric);
        column.and_then(|column| cells.and_then(|cells| cells.get(column))).copied().unwrap_or(Cell::None)
    }

    /// The days a cell is about: a slice of time is clipped to the table's period.
    pub(super) fn period_of(&self, spot: Spot) -> Period {
        let whole = match spot.side {
            Side::This => self.table.period,
            Side::Other => self.table.compare_to.unwrap_or(self.table.period),
        };
        spot.row.and_then(|row| self.slice(row)).and_then(|slice| slice.intersect(&whole)).unwrap_or(whole)
    }

    /// The whole day, week or month that a row is about.
    pub(super) fn slice(&self, row: usize) -> Option<Period> {
        let at = self.table.by.iter().position(|dimension| dimension.is_time())?;
        let grain = self.table.by.get(at)?.grain()?;
        let day: Date = self.table.rows.get(row)?.keys.get(at)?.value.parse().ok()?;
        grain.span_of(day).ok()
    }
}

/// Refuses a table whose rows do not fit its head: nothing can be said about it.
pub(super) fn check_shape(table: &Table) -> Result<(), Error> {
    let compared = table.compare_to.is_some();
    let width = table.metrics.len();
    let fits = |row: &Row| {
        row.keys.len() == table.by.len()
            && row.cells.len() == width
            && row.compare.as_ref().map_or(!compared, |cells| compared && cells.len() == width)
    };
    let totals = table.compare_total.as_ref().map_or(!compared, |cells| compared && cells.len() == width);
    if table.total.len() == width && totals && table.rows.iter().all(fits) {
        Ok(())
    } else {
        Err(Error::Malformed(table.name.clone()))
    }
}

/// `{"columns": [names], "rows": [[exact texts]], "truncated": bool}`.
pub(super) fn raw(ledger: &Ledger<'_>, table: &Table) -> Value {
    let mut columns: Vec<String> = Vec::new();
    for dimension in &table.by {
        if *dimension == Dimension::Product {
            columns.push("product_id".to_owned());
        }
        columns.push(dimension.name().to_owned());
    }
    columns.extend(table.metrics.iter().map(|metric| metric.name().to_owned()));
    if table.compare_to.is_some() {
        columns.extend(table.metrics.iter().map(|metric| format!("{}_compared", metric.name())));
    }
    let whole = [Row { keys: Vec::new(), cells: table.total.clone(), compare: table.compare_total.clone() }];
    let rows = if table.by.is_empty() { whole.as_slice() } else { table.rows.as_slice() };
    let written: Vec<Value> =
        rows.iter().take(RAW_TABLE_ROWS_MAX).map(|row| raw_row(ledger, table, row)).collect();
    json!({"columns": columns, "rows": written, "truncated": rows.len() > RAW_TABLE_ROWS_MAX})
}

fn raw_row(ledger: &Ledger<'_>, table: &Table, row: &Row) -> Value {
    let mut out: Vec<Value> = Vec::new();
    for (dimension, key) in table.by.iter().zip(&row.keys) {
        out.push(json!(key.value));
        if *dimension == Dimension::Product {
            out.push(json!(names::clean(&key.label)));
        }
    }
    for cells in [Some(&row.cells), row.compare.as_ref()].into_iter().flatten() {
        out.extend(
            table.metrics.iter().zip(cells).map(|(metric, cell)| json!(ledger.decimal(*cell, *metric))),
        );
    }
    out.into()
}

/// A dimension's column of a visualization.
pub(super) fn key_column(dimension: Dimension) -> Value {
    let kind = if dimension.is_time() { "date" } else { "text" };
    json!({"name": dimension.name(), "label": label(dimension), "type": kind})
}

pub(super) const fn label(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Day => "Day",
        Dimension::Week => "Week",
        Dimension::Month => "Month",
        Dimension::Product => "Product",
        Dimension::Country => "Country",
        Dimension::CustomerType => "Customers",
    }
}

/// A metric's column: `suffix` tells apart what is put beside it.
pub(super) fn column(metric: Metric, currency: Currency, suffix: &str, words: &str) -> Value {
    let defined = definition(metric);
    let kind = match defined.unit {
        Unit::Money => "money",
        Unit::Count | Unit::Ratio => "number",
        Unit::Percent => "percent",
    };
    let mut out = json!({
        "name": format!("{}{suffix}", defined.name),
        "label": format!("{}{words}", defined.label),
        "type": kind,
        "unit": numbers::unit_name(defined.unit),
    });
    if let (Unit::Money, Some(fields)) = (defined.unit, out.as_object_mut()) {
        fields.insert("currency".to_owned(), json!(currency.code()));
    }
    out
}
