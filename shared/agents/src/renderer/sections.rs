//! One section for each table, by its shape; the summary is made of them.

use metrics::catalogue::{Dimension, Metric};
use metrics::period::Period;
use metrics::query::{Filter, MetricQuery};
use metrics::table::Table;

use super::Error;
use super::answer::Visualization;
use super::data::{Spot, View};
use super::gate::Place;
use super::groups;
use super::ledger::Ledger;
use super::names;
use super::prose::{Prose, sentence};
use super::series;
use super::totals;
use crate::planner::countries;

/// What one table says.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) period: Period,
    pub(super) filters: Vec<Filter>,
    /// Metrics whose value for the whole period is stated.
    pub(super) stated: Vec<Metric>,
    pub(super) sentences: Vec<Prose>,
    pub(super) visualizations: Vec<Visualization>,
}

/// Writes what a table says. `before` are the sections that stand already: what they state is not repeated.
pub(super) fn write(
    ledger: &mut Ledger<'_>,
    query: &MetricQuery,
    table: &Table,
    before: &[Section],
) -> Result<Section, Error> {
    let view = View { query, table };
    let mut section = Section {
        period: table.period,
        filters: query.filters.clone(),
        stated: Vec::new(),
        sentences: Vec::new(),
        visualizations: Vec::new(),
    };
    let same = |other: &&Section| other.period == section.period && other.filters == section.filters;
    let stated: Vec<Metric> = before.iter().filter(same).flat_map(|other| other.stated.clone()).collect();
    match table.by.as_slice() {
        [] => totals::write(ledger, view, &mut section)?,
        [dimension] if dimension.is_time() => series::write(ledger, view, &stated, &mut section)?,
        [_] => groups::write(ledger, view, &mut section)?,
        _ => groups::write_crossed(ledger, view, &stated, &mut section)?,
    }
    Ok(section)
}

/// Totals of a table that no section before has stated, as "net sales were X and orders Y".
pub(super) fn state_totals(
    ledger: &mut Ledger<'_>,
    view: View<'_>,
    stated: &[Metric],
    section: &mut Section,
) {
    let metrics: Vec<Metric> =
        view.table.metrics.iter().copied().filter(|metric| !stated.contains(metric)).collect();
    if !metrics.is_empty() {
        let sentence = values(ledger, view, &metrics);
        section.sentences.push(sentence);
        section.stated.extend(metrics);
    }
}

/// "gross sales were X, returns Y and net sales Z".
pub(super) fn values(ledger: &mut Ledger<'_>, view: View<'_>, metrics: &[Metric]) -> Prose {
    let items = metrics.iter().enumerate().map(|(at, metric)| {
        let verb = if at == 0 { format!(" {} ", names::verb(*metric)) } else { " ".to_owned() };
        let figure = ledger.cell(view, Spot::total(*metric));
        Prose::new().words(format!("{}{verb}", names::subject(*metric))).figure(figure)
    });
    Prose::list(items.collect())
}

/// The sections one after the other. A period is named where it changes, before anything is said about it.
pub(super) fn summary(ledger: &Ledger<'_>, sections: &[Section]) -> Result<String, Error> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut current: Option<(Period, &[Filter])> = None;
    for section in sections.iter().filter(|section| !section.sentences.is_empty()) {
        let about = (section.period, section.filters.as_slice());
        let mut opening = (current != Some(about)).then(|| opening(section));
        current = Some(about);
        let mut paragraph: Vec<String> = Vec::new();
        for body in &section.sentences {
            let whole = opening.take().map_or_else(|| body.clone(), |opening| opening.then(body.clone()));
            paragraph.push(sentence(&whole.compose(ledger, Place::Prose)?));
        }
        paragraphs.push(paragraph.join(" "));
    }
    Ok(paragraphs.join("\n\n"))
}

/// "In November 2011, for Germany and France, ".
fn opening(section: &Section) -> Prose {
    let mut out = Prose::new().during(section.period);
    for filter in &section.filters {
        let names: Vec<Prose> = filter
            .values
            .iter()
            .map(|value| Prose::new().name(filter_name(filter.dimension, value)))
            .collect();
        out = out.words(", for ").then(Prose::list(names));
    }
    out.words(", ")
}

fn filter_name(dimension: Dimension, value: &str) -> String {
    match dimension {
        Dimension::Country => countries::name(value).unwrap_or(value).to_owned(),
        Dimension::Day
        | Dimension::Week
        | Dimension::Month
        | Dimension::Product
        | Dimension::CustomerType => {
            format!("{} {value}", dimension.name().replace('_', " "))
        }
    }
}
