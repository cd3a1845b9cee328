//! Rankings and splits: products, countries, kinds of customers.

use metrics::catalogue::{CustomerType, Dimension, Metric};
use metrics::query::{Direction, Order};

use super::Error;
use super::charts;
use super::data::{Spot, View};
use super::ledger::{ClaimKind, Ledger};
use super::names;
use super::prose::Prose;
use super::sections::{self, Section};

/// Rows that a sentence names; the table shows the rest.
const NAMED_MAX: usize = 10;
/// Countries that a sentence names.
const PLACES_MAX: usize = 5;

/// Rows by one dimension that is not time.
pub(super) fn write(ledger: &mut Ledger<'_>, view: View<'_>, section: &mut Section) -> Result<(), Error> {
    if view.table.rows.is_empty() {
        sections::state_totals(ledger, view, &[], section);
    } else if view.table.by == [Dimension::CustomerType] {
        customer_types(ledger, view, section)?;
    } else {
        ranking(ledger, view, section)?;
    }
    section.visualizations.push(charts::bars(ledger, view)?);
    Ok(())
}

/// Rows by two dimensions: the whole is said, the table shows the parts.
pub(super) fn write_crossed(
    ledger: &mut Ledger<'_>,
    view: View<'_>,
    stated: &[Metric],
    section: &mut Section,
) -> Result<(), Error> {
    sections::state_totals(ledger, view, stated, section);
    section.visualizations.push(charts::crossed(ledger, view)?);
    Ok(())
}

/// "the top products by net sales were A (x), B (y) and C (z)", and what they make up together.
fn ranking(ledger: &mut Ledger<'_>, view: View<'_>, section: &mut Section) -> Result<(), Error> {
    let Some(metric) = leading(view) else { return Ok(()) };
    let ascending = view.query.order.map(|order| order.direction) == Some(Direction::Ascending);
    let products = view.table.by == [Dimension::Product];
    let named = view.table.rows.len().min(if products { NAMED_MAX } else { PLACES_MAX });
    let keys = names::keys(view.table, 0);
    let items = keys.iter().take(named).enumerate().map(|(row, name)| {
        let figure = ledger.cell(view, Spot::row(metric, row));
        Prose::new().name(name.clone()).words(" (").figure(figure).words(")")
    });
    let list = Prose::list(items.collect());
    let place = if ascending { "bottom" } else { "top" };
    let noun = match (products, named) {
        (true, 1) => "product",
        (true, _) => "products",
        (false, 1) => "country",
        (false, _) => "countries",
    };
    let verb = if named == 1 { "was" } else { "were" };
    let head = Prose::new().words(format!("the {place} {noun} by {} {verb} ", names::metric(metric)));
    let prose = head.then(list);
    let claim = ledger.claim(ClaimKind::Rank, &prose, &prose)?;
    section.sentences.push(Prose::new().claim(claim));
    if ascending {
        return Ok(());
    }
    // The first country says how concentrated a store is; of products, the whole list does.
    let counted: Vec<usize> = if products { (0..named).collect() } else { vec![0] };
    let all = view.table.rows.len() == named && view.table.groups <= u64::try_from(named).unwrap_or(u64::MAX);
    if let Some(share) = ledger.share(view, metric, &counted).filter(|_| !(products && all)) {
        let whole = ledger.cell(view, Spot::total(metric));
        let subject = match (products, named, keys.first()) {
            (false, _, Some(first)) => Prose::new().name(first.clone()).words(" makes up "),
            (_, 1, _) => Prose::new().words("the top product makes up "),
            _ => Prose::new().words("together these top products make up "),
        };
        let prose = subject
            .figure(share)
            .words(format!(" of all {} (", names::metric(metric)))
            .figure(whole)
            .words(")");
        let claim = ledger.claim(ClaimKind::Share, &prose, &prose)?;
        section.sentences.push(Prose::new().claim(claim));
    }
    Ok(())
}

/// "returning customers brought net sales of X (72.1%), new customers Y (27.9%)".
fn customer_types(ledger: &mut Ledger<'_>, view: View<'_>, section: &mut Section) -> Result<(), Error> {
    let Some(metric) = leading(view) else { return Ok(()) };
    let mut items = Vec::new();
    for (row, name) in names::keys(view.table, 0).iter().enumerate() {
        let mut item =
            Prose::new().name(name.clone()).words(" ").figure(ledger.cell(view, Spot::row(metric, row)));
        if let Some(share) = ledger.share(view, metric, &[row]) {
            item = item.words(" (").figure(share).words(")");
        }
        items.push(item);
    }
    let head = Prose::new().words(format!("by kind of customer, {} were: ", names::metric(metric)));
    let prose = head.then(Prose::list(items));
    let claim = ledger.claim(ClaimKind::Share, &prose, &prose)?;
    section.sentences.push(Prose::new().claim(claim));
    for beside in
        view.table.metrics.iter().copied().filter(|beside| *beside == Metric::Aov && *beside != metric)
    {
        let known = |kind: CustomerType| {
            let at = view
                .table
                .rows
                .iter()
                .position(|row| row.keys.first().is_some_and(|key| key.value == kind.name()));
            at.map(|row| Spot::row(beside, row))
        };
        if let (Some(new), Some(returning)) = (known(CustomerType::New), known(CustomerType::Returning)) {
            let prose = Prose::new().words(format!("the {} was ", names::metric(beside)));
            let prose = prose.figure(ledger.cell(view, new)).words(" for new customers and ");
            section
                .sentences
                .push(prose.figure(ledger.cell(view, returning)).words(" for returning customers"));
        }
    }
    Ok(())
}

/// The metric that rows are ordered by, else the first.
fn leading(view: View<'_>) -> Option<Metric> {
    let ordered = view.query.order.map(|Order { metric, .. }| metric);
    ordered
        .filter(|metric| view.table.metrics.contains(metric))
        .or_else(|| view.table.metrics.first().copied())
}
