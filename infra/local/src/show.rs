//! Prints an analysis for a terminal: the input is the GraphQL object `analysisRequest`, nothing else.

mod chart;
mod number;
mod table;

use serde_json::Value;

/// Lines of prose are broken here.
const WIDTH: usize = 100;
/// Rows of one table that are printed; `--json` has them all.
const ROWS_MAX: usize = 40;
/// Single figures that are printed where no visualization shows them.
const FIGURES_MAX: usize = 12;

/// The whole answer, or why there is none.
pub fn analysis(request: &Value) -> String {
    let mut out = String::new();
    push_paragraph(&mut out, text(request, "prompt"), "");
    out.push('\n');
    let Some(result) = request.get("result").filter(|result| result.is_object()) else {
        push_paragraph(&mut out, &refusal(request), "  ");
        return out;
    };
    for paragraph in text(result, "summary").split('\n').filter(|paragraph| !paragraph.trim().is_empty()) {
        push_paragraph(&mut out, paragraph, "  ");
    }
    push_key_figures(&mut out, result);
    push_visualizations(&mut out, result);
    let caveats = list(result, "caveats");
    if !caveats.is_empty() {
        out.push_str("\nWhat to know\n");
        for caveat in caveats.iter().filter_map(Value::as_str) {
            push_item(&mut out, caveat);
        }
    }
    out.push('\n');
    let snapshot: String = clean(text(result, "snapshot")).chars().take(12).collect();
    let planner = clean(text(result, "plannedBy"));
    let at = clean(text(result, "snapshotAt"));
    out.push_str(&format!("Planned by {planner} over snapshot {snapshot} of {at}\n"));
    out
}

/// Why an analysis has no result, in one or two lines.
pub fn refusal(request: &Value) -> String {
    let status = text(request, "status");
    let code = text(request, "errorCode");
    let message = text(request, "errorMessage");
    match (code.is_empty(), message.is_empty()) {
        (false, false) => format!("{message} ({code})"),
        (false, true) => format!("The analysis ended without an answer: {code}."),
        (true, _) => format!("The analysis is {}.", status.to_lowercase()),
    }
}

/// The question with which an analysis waits, its options, and what an answer to it must name.
pub fn question_back(request: &Value) -> String {
    let asked = request.get("clarification").unwrap_or(&Value::Null);
    let mut out = clean(text(asked, "question"));
    for option in list(asked, "options") {
        out.push_str("\n  ");
        out.push_str(&clean(option.as_str().unwrap_or_default()));
    }
    format!(
        "{out}\nThe analysis {} waits for the answer until {}.",
        text(request, "id"),
        text(asked, "expiresAt")
    )
}

fn push_key_figures(out: &mut String, result: &Value) {
    let kpis = list(result, "visualizations").iter().filter(|visualization| is(visualization, "KPI"));
    let mut tiles: Vec<table::Tile> = kpis.flat_map(|kpi| table::Table::of(kpi).tiles()).collect();
    if tiles.is_empty() {
        let whole =
            list(result, "figures").iter().filter(|figure| figure.get("segment").is_none_or(Value::is_null));
        tiles.extend(whole.take(FIGURES_MAX).map(|figure| table::Tile {
            name: number::label(text(figure, "metric")),
            value: clean(text(figure, "formatted")),
            before: None,
        }));
    }
    if tiles.is_empty() {
        return;
    }
    out.push_str("\nKey figures\n");
    let widest =
        |of: fn(&table::Tile) -> &str| tiles.iter().map(|tile| table::width(of(tile))).max().unwrap_or(0);
    let (names, values) = (widest(|tile| &tile.name), widest(|tile| &tile.value));
    let befores = widest(|tile| tile.before.as_deref().unwrap_or_default());
    for tile in &tiles {
        let before = tile.before.as_ref().map(|before| format!("  before {}", table::right(before, befores)));
        let (name, value) = (table::left(&tile.name, names), table::right(&tile.value, values));
        out.push_str(&format!("  {name}  {value}{}\n", before.unwrap_or_default()));
    }
}

fn push_visualizations(out: &mut String, result: &Value) {
    let mut printed: Vec<&Value> = Vec::new();
    for visualization in
        list(result, "visualizations").iter().filter(|visualization| !is(visualization, "KPI"))
    {
        let data = visualization.get("data").unwrap_or(&Value::Null);
        // A chart and a table of the same rows are one thing on a terminal.
        if printed.contains(&data) {
            continue;
        }
        printed.push(data);
        let table = table::Table::of(visualization);
        out.push_str(&format!("\n{}\n", clean(text(visualization, "title"))));
        let bars = if is(visualization, "TABLE") { None } else { chart::bars(&table) };
        table.print(out, bars.as_deref(), ROWS_MAX);
    }
}

fn is(visualization: &Value, kind: &str) -> bool {
    text(visualization, "type") == kind
}

fn push_item(out: &mut String, sentence: &str) {
    let mut wrapped = String::new();
    push_paragraph(&mut wrapped, sentence, "    ");
    out.push_str("  - ");
    out.push_str(wrapped.trim_start());
}

fn push_paragraph(out: &mut String, paragraph: &str, indent: &str) {
    let mut line = String::new();
    for word in clean(paragraph).split_whitespace() {
        if !line.is_empty() && indent.len() + table::width(&line) + 1 + table::width(word) > WIDTH {
            out.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(&format!("{indent}{line}\n"));
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A store's texts may hold anything: nothing in them may steer the terminal.
fn clean(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() && letter != '\n' { '\u{fffd}' } else { letter })
        .collect()
}
