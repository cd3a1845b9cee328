//! Charts by the shape of the data: Vega-Lite 6 specifications over the table's own rows.

use domain::limits::RAW_TABLE_ROWS_MAX;
use metrics::catalogue::{Dimension, Metric, Unit, definition};
use metrics::table::Cell;
use serde_json::{Map, Value, json};

use super::Error;
use super::answer::{Visualization, VisualizationType};
use super::data::{self, Side, Spot, View};
use super::gate::Place;
use super::ledger::Ledger;
use super::names;
use super::prose::{Prose, sentence};
use super::totals::{labels, order};

const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v6.json";
/// Bars that one chart draws; the table holds all rows.
const BARS_MAX: usize = 25;

/// Single values, beside another period's where there is one.
pub(super) fn tiles(ledger: &mut Ledger<'_>, view: View<'_>) -> Result<Visualization, Error> {
    let currency = ledger.shop().currency;
    let (mut columns, mut row, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for metric in view.table.metrics.iter().copied() {
        let mut sides = vec![(Side::This, "", "")];
        sides.extend(view.table.compare_to.map(|_| (Side::Other, "_compared", ", before")));
        for (side, suffix, words) in sides {
            let spot = Spot::total(metric).on(side);
            let figure = ledger.cell(view, spot);
            let text = ledger.figure(figure)?.formatted.clone();
            let name = format!("{}{words}", definition(metric).label);
            columns.push(data::column(metric, currency, suffix, words));
            values
                .push(json!({"name": name, "value": number(ledger, view.cell(spot), metric), "text": text}));
            row.push(json!(ledger.decimal(view.cell(spot), metric)));
        }
    }
    let mut title = labels(&view.table.metrics);
    let mut alternative = Prose::new().words("key figures ").during(view.table.period).words(": ");
    alternative = alternative.then(super::sections::values(ledger, view, &view.table.metrics));
    if let Some(other) = view.table.compare_to {
        title = title.words(" against ").period(other);
        alternative = alternative.words("; beside them those ").during(other);
    }
    let spec = json!({
        "$schema": SCHEMA,
        "data": {"values": values},
        "mark": {"type": "text", "align": "left"},
        "encoding": {
            "y": {"field": "name", "type": "nominal", "sort": null, "title": null},
            "text": {"field": "text", "type": "nominal"},
        },
    });
    let data = json!({"columns": columns, "rows": [row]});
    finish(ledger, VisualizationType::Kpi, &title, &alternative, data, spec)
}

/// Values over time, as lines; those of the first metric's unit.
pub(super) fn line(ledger: &mut Ledger<'_>, view: View<'_>) -> Result<Visualization, Error> {
    let dimension = view.table.by.first().copied().unwrap_or(Dimension::Month);
    let drawn = of_one_unit(view);
    let labels_of = drawn.iter().map(|metric| definition(*metric).label).collect::<Vec<_>>();
    let mut spec = Map::new();
    spec.insert("$schema".to_owned(), json!(SCHEMA));
    let parse = json!({"parse": {dimension.name(): "utc:'%Y-%m-%d'"}});
    spec.insert(
        "data".to_owned(),
        json!({"values": chart_rows(ledger, view, &drawn, RAW_TABLE_ROWS_MAX), "format": parse}),
    );
    spec.insert("mark".to_owned(), json!({"type": "line", "point": true}));
    let format = if dimension == Dimension::Month { "%b %Y" } else { "%d %b %Y" };
    let x = json!({"field": dimension.name(), "type": "temporal", "title": null, "scale": {"type": "utc"}, "axis": {"format": format}});
    let unit = unit_title(ledger, &drawn);
    if let [label] = labels_of.as_slice() {
        let y = json!({"field": label, "type": "quantitative", "title": unit});
        spec.insert("encoding".to_owned(), json!({"x": x, "y": y}));
    } else {
        spec.insert("transform".to_owned(), json!([{"fold": labels_of, "as": ["metric", "value"]}]));
        let y = json!({"field": "value", "type": "quantitative", "title": unit});
        let color = json!({"field": "metric", "type": "nominal", "title": null, "sort": null});
        spec.insert("encoding".to_owned(), json!({"x": x, "y": y, "color": color}));
    }
    let by = format!(" by {}", dimension.name());
    let title = labels(&drawn).words(by.clone());
    let mut alternative = Prose::new()
        .words("line chart of ")
        .words(lower_labels(&drawn))
        .words(format!("{by} "))
        .during(view.table.period);
    if let Some((first, last)) = ends(view) {
        let metric = drawn.first().copied().unwrap_or(Metric::NetSales);
        let (a, b) =
            (ledger.cell(view, Spot::row(metric, first)), ledger.cell(view, Spot::row(metric, last)));
        alternative = alternative
            .words(format!("; {} between ", names::metric(metric)))
            .figure(a)
            .words(" and ")
            .figure(b);
    }
    let data = table(ledger, view);
    finish(ledger, VisualizationType::LineChart, &title, &alternative, data, spec.into())
}

/// A ranking or a split, as bars in the order of the rows.
pub(super) fn bars(ledger: &mut Ledger<'_>, view: View<'_>) -> Result<Visualization, Error> {
    let dimension = view.table.by.first().copied().unwrap_or(Dimension::Product);
    let ordered = view.query.order.map(|order| order.metric);
    let metric = ordered.or_else(|| view.table.metrics.first().copied()).unwrap_or(Metric::NetSales);
    let label = definition(metric).label;
    let spec = json!({
        "$schema": SCHEMA,
        "data": {"values": chart_rows(ledger, view, &[metric], BARS_MAX)},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": dimension.name(), "type": "nominal", "sort": null, "title": null},
            "x": {"field": label, "type": "quantitative", "title": format!("{label}{}", in_currency(ledger, metric))},
        },
    });
    let noun = match dimension {
        Dimension::Product => "Products",
        Dimension::Country => "Countries",
        Dimension::CustomerType => "Kinds of customers",
        Dimension::Day | Dimension::Week | Dimension::Month => data::label(dimension),
    };
    let title = Prose::new().words(format!("{noun} by {}", names::metric(metric)));
    let mut alternative =
        Prose::new().words(format!("bar chart of {} by {} ", noun.to_lowercase(), names::metric(metric)));
    alternative = alternative.during(view.table.period);
    let rows = view.table.rows.len();
    if let Some(first) = names::keys(view.table, 0).first() {
        let figure = ledger.cell(view, Spot::row(metric, 0));
        alternative = alternative.words("; from ").name(first.clone()).words(", ").figure(figure);
    }
    if let Some(last) = names::keys(view.table, 0).last().filter(|_| rows > 1) {
        let figure = ledger.cell(view, Spot::row(metric, rows - 1));
        alternative = alternative.words(", to ").name(last.clone()).words(", ").figure(figure);
    }
    let data = table(ledger, view);
    finish(ledger, VisualizationType::BarChart, &title, &alternative, data, spec)
}

/// Two dimensions, as a table; drawn as a field of colours.
pub(super) fn crossed(ledger: &mut Ledger<'_>, view: View<'_>) -> Result<Visualization, Error> {
    let metric = view.table.metrics.first().copied().unwrap_or(Metric::NetSales);
    let names = view.table.by.iter().map(|dimension| dimension.name()).collect::<Vec<_>>();
    let label = definition(metric).label;
    let axis = |at: usize| json!({"field": names.get(at), "type": "nominal", "sort": null, "title": null});
    let spec = json!({
        "$schema": SCHEMA,
        "data": {"values": chart_rows(ledger, view, &[metric], RAW_TABLE_ROWS_MAX)},
        "mark": {"type": "rect"},
        "encoding": {
            "x": axis(0),
            "y": axis(1),
            "color": {"field": label, "type": "quantitative", "title": format!("{label}{}", in_currency(ledger, metric))},
        },
    });
    let by = names.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(" and ");
    let title = labels(&view.table.metrics).words(format!(" by {by}"));
    let alternative = Prose::new()
        .words(format!("table of {} by {by} ", lower_labels(&view.table.metrics)))
        .during(view.table.period);
    let data = table(ledger, view);
    finish(ledger, VisualizationType::Table, &title, &alternative, data, spec)
}

/// What a row is called on an axis or in a sentence.
pub(super) fn row_name(view: View<'_>, row: usize) -> String {
    let key = view.table.rows.get(row).and_then(|row| row.keys.first());
    let dimension = view.table.by.first().copied();
    dimension.zip(key).map(|(dimension, key)| names::key(dimension, key)).unwrap_or_default()
}

/// The typed columns and exact rows of a table.
fn table(ledger: &Ledger<'_>, view: View<'_>) -> Value {
    let currency = ledger.shop().currency;
    let mut columns: Vec<Value> =
        view.table.by.iter().map(|dimension| data::key_column(*dimension)).collect();
    for (side, suffix, words) in [(Side::This, "", ""), (Side::Other, "_compared", ", before")] {
        if side == Side::This || view.table.compare_to.is_some() {
            columns.extend(
                view.table.metrics.iter().map(|metric| data::column(*metric, currency, suffix, words)),
            );
        }
    }
    let keys: Vec<Vec<Value>> = (0..view.table.by.len()).map(|at| axis_keys(view, at)).collect();
    let rows = view.table.rows.iter().enumerate().take(RAW_TABLE_ROWS_MAX).map(|(at, row)| {
        let mut out: Vec<Value> = keys.iter().filter_map(|names| names.get(at).cloned()).collect();
        for cells in [Some(&row.cells), row.compare.as_ref()].into_iter().flatten() {
            out.extend(
                view.table
                    .metrics
                    .iter()
                    .zip(cells)
                    .map(|(metric, cell)| json!(ledger.decimal(*cell, *metric))),
            );
        }
        Value::from(out)
    });
    json!({"columns": columns, "rows": rows.collect::<Vec<_>>()})
}

/// Time stays a date, everything else is called by its name.
fn axis_keys(view: View<'_>, at: usize) -> Vec<Value> {
    if view.table.by.get(at).is_some_and(|dimension| dimension.is_time()) {
        let keys = view.table.rows.iter().map(|row| row.keys.get(at).map(|key| key.value.as_str()));
        return keys.map(|key| json!(key.unwrap_or_default())).collect();
    }
    names::keys(view.table, at).into_iter().map(|name| json!(name)).collect()
}

/// Rows with numbers that a chart can draw.
fn chart_rows(ledger: &Ledger<'_>, view: View<'_>, metrics: &[Metric], rows_max: usize) -> Vec<Value> {
    let keys: Vec<Vec<Value>> = (0..view.table.by.len()).map(|at| axis_keys(view, at)).collect();
    let row = |at: usize| {
        let mut out = Map::new();
        for (dimension, names) in view.table.by.iter().zip(&keys) {
            out.insert(dimension.name().to_owned(), names.get(at).cloned().unwrap_or_default());
        }
        for metric in metrics {
            let cell = view.cell(Spot::row(*metric, at));
            out.insert(definition(*metric).label.to_owned(), number(ledger, cell, *metric));
        }
        Value::Object(out)
    };
    (0..view.table.rows.len().min(rows_max)).map(row).collect()
}

/// A number for drawing: the nearest binary one, which no sentence is made from.
fn number(ledger: &Ledger<'_>, cell: Cell, metric: Metric) -> Value {
    ledger
        .decimal(cell, metric)
        .and_then(|text| text.parse::<f64>().ok())
        .map_or(Value::Null, |number| json!(number))
}

/// The metrics that share the first one's unit: one axis holds no two units.
fn of_one_unit(view: View<'_>) -> Vec<Metric> {
    let unit = view.table.metrics.first().map(|metric| metric.unit());
    view.table.metrics.iter().copied().filter(|metric| Some(metric.unit()) == unit).collect()
}

fn lower_labels(metrics: &[Metric]) -> String {
    let names: Vec<String> = metrics.iter().map(|metric| names::metric(*metric)).collect();
    names.join(", ")
}

fn unit_title(ledger: &Ledger<'_>, metrics: &[Metric]) -> Value {
    match metrics.first().map(|metric| metric.unit()) {
        Some(Unit::Money) => json!(ledger.shop().currency.code()),
        Some(Unit::Percent) => json!("%"),
        Some(Unit::Count | Unit::Ratio) | None => Value::Null,
    }
}

fn in_currency(ledger: &Ledger<'_>, metric: Metric) -> String {
    match metric.unit() {
        Unit::Money => format!(" ({})", ledger.shop().currency.code()),
        Unit::Percent => " (%)".to_owned(),
        Unit::Count | Unit::Ratio => String::new(),
    }
}

/// The rows with the least and the most of the first metric.
fn ends(view: View<'_>) -> Option<(usize, usize)> {
    let metric = view.table.metrics.first().copied()?;
    let cell = |row: usize| view.cell(Spot::row(metric, row));
    let (mut low, mut high) = (0, 0);
    for row in 1..view.table.rows.len() {
        low = if order(cell(row), cell(low))? == std::cmp::Ordering::Less { row } else { low };
        high = if order(cell(row), cell(high))? == std::cmp::Ordering::Greater { row } else { high };
    }
    (low != high).then_some((low, high))
}

fn finish(
    ledger: &Ledger<'_>,
    kind: VisualizationType,
    title: &Prose,
    alternative: &Prose,
    data: Value,
    spec: Value,
) -> Result<Visualization, Error> {
    Ok(Visualization {
        kind,
        title: title.compose(ledger, Place::Prose)?,
        data,
        spec,
        alternative_text: sentence(&alternative.compose(ledger, Place::Prose)?),
    })
}
