//! Values over time: the whole, the extremes, and the line.

use std::cmp::Ordering;

use metrics::catalogue::{Dimension, Metric};

use super::Error;
use super::charts;
use super::data::{Spot, View};
use super::ledger::{ClaimKind, Ledger};
use super::names;
use super::prose::Prose;
use super::sections::{self, Section};
use super::totals::order;

/// Whole slices of time that an extreme needs.
const COMPARED_MIN: usize = 2;

pub(super) fn write(
    ledger: &mut Ledger<'_>,
    view: View<'_>,
    stated: &[Metric],
    section: &mut Section,
) -> Result<(), Error> {
    sections::state_totals(ledger, view, stated, section);
    if let Some((metric, highest, lowest)) = extremes(view) {
        let name = |row: usize| Prose::new().words(preposition(view)).name(charts::row_name(view, row));
        let (high, low) =
            (ledger.cell(view, Spot::row(metric, highest)), ledger.cell(view, Spot::row(metric, lowest)));
        let prose =
            Prose::new().words(format!("{} {} highest ", names::subject(metric), names::verb(metric)));
        let prose = prose.then(name(highest)).words(", with ").figure(high).words(", and lowest ");
        let prose = prose.then(name(lowest)).words(", with ").figure(low);
        let claim = ledger.claim(ClaimKind::Extreme, &prose, &prose)?;
        section.sentences.push(Prose::new().claim(claim));
    }
    section.visualizations.push(charts::line(ledger, view)?);
    Ok(())
}

/// The metric that leads the table, and its highest and lowest whole slices. A slice that the period cuts short says
/// nothing about its time, so it takes no part.
fn extremes(view: View<'_>) -> Option<(Metric, usize, usize)> {
    let metrics = &view.table.metrics;
    let metric = metrics
        .iter()
        .copied()
        .find(|metric| *metric == Metric::NetSales)
        .or_else(|| metrics.first().copied())?;
    let whole: Vec<usize> = (0..view.table.rows.len()).filter(|row| !is_cut(view, *row)).collect();
    let cell = |row: usize| view.cell(Spot::row(metric, row));
    let compared = |a: usize, b: usize| order(cell(a), cell(b));
    let first = *whole.first()?;
    let (mut high, mut low) = (first, first);
    for row in &whole {
        high = if compared(*row, high)? == Ordering::Greater { *row } else { high };
        low = if compared(*row, low)? == Ordering::Less { *row } else { low };
    }
    (whole.len() >= COMPARED_MIN && compared(high, low)? == Ordering::Greater).then_some((metric, high, low))
}

/// Whether the table's period cuts a row's slice of time short.
pub(super) fn is_cut(view: View<'_>, row: usize) -> bool {
    view.slice(row)
        .is_some_and(|slice| slice.from < view.table.period.from || slice.to > view.table.period.to)
}

fn preposition(view: View<'_>) -> &'static str {
    match view.table.by.first() {
        Some(Dimension::Day) => "on ",
        _ => "in ",
    }
}
