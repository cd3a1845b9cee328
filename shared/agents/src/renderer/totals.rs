//! Single values, alone or beside those of another period.

use metrics::catalogue::{Metric, definition};
use metrics::table::Cell;

use super::Error;
use super::charts;
use super::data::{Side, Spot, View};
use super::ledger::{ClaimKind, ClaimRef, Ledger};
use super::names;
use super::prose::Prose;
use super::sections::{self, Section};

pub(super) fn write(ledger: &mut Ledger<'_>, view: View<'_>, section: &mut Section) -> Result<(), Error> {
    let metrics = &view.table.metrics;
    let opening = match customers(ledger, view) {
        Some(sentence) => sentence,
        None => sections::values(ledger, view, metrics),
    };
    section.sentences.push(opening);
    section.stated.extend(metrics);
    if view.table.compare_to.is_some() {
        for metric in metrics {
            let claim = compared(ledger, view, Spot::total(*metric))?;
            section.sentences.push(Prose::new().claim(claim));
        }
    }
    section.visualizations.push(charts::tiles(ledger, view)?);
    Ok(())
}

/// "of 4,338 customers, 3,800 were new and 538 had ordered before; the repeat purchase rate was 65.6%".
fn customers(ledger: &mut Ledger<'_>, view: View<'_>) -> Option<Prose> {
    use Metric::{Customers, NewCustomers, RepeatPurchaseRate, ReturningCustomers};
    if view.table.metrics != [Customers, NewCustomers, ReturningCustomers, RepeatPurchaseRate] {
        return None;
    }
    let mut figure = |metric| ledger.cell(view, Spot::total(metric));
    let prose = Prose::new().words("of ").figure(figure(Customers)).words(" customers, ").figure(figure(NewCustomers));
    let prose = prose.words(" were new and ").figure(figure(ReturningCustomers)).words(" had ordered before; the ");
    Some(prose.words(names::metric(RepeatPurchaseRate)).words(" was ").figure(figure(RepeatPurchaseRate)))
}

/// "net sales rose from A in October 2011 to B (+36.2%)".
pub(super) fn compared(ledger: &mut Ledger<'_>, view: View<'_>, spot: Spot) -> Result<ClaimRef, Error> {
    let metric = spot.metric;
    let other = view.period_of(spot.on(Side::Other));
    let (this_cell, other_cell) = (view.cell(spot), view.cell(spot.on(Side::Other)));
    let verb = match order(this_cell, other_cell) {
        Some(std::cmp::Ordering::Greater) => " rose",
        Some(std::cmp::Ordering::Less) => " fell",
        Some(std::cmp::Ordering::Equal) => " stayed the same,",
        None => " went",
    };
    let (this, before) = (ledger.cell(view, spot), ledger.cell(view, spot.on(Side::Other)));
    let prose = Prose::new().words(format!("{}{verb} from ", names::metric(metric))).figure(before).words(" ");
    let mut prose = prose.during(other).words(" to ").figure(this);
    if let Some(change) = ledger.change(view, spot) {
        prose = prose.words(" (").figure(change).words(")");
    }
    ledger.claim(ClaimKind::Change, &prose)
}

/// Which of two cells is larger, exactly.
pub(super) fn order(a: Cell, b: Cell) -> Option<std::cmp::Ordering> {
    let parts = |cell| match cell {
        Cell::Count(value) | Cell::Money(value) => Some((i128::from(value), 1)),
        Cell::Ratio { numerator, denominator } => Some((i128::from(numerator), i128::from(denominator))),
        Cell::None => None,
    };
    let ((a, b), (c, d)) = (parts(a)?, parts(b)?);
    Some((a * d).cmp(&(c * b)))
}

/// "Net sales, returns and orders".
pub(super) fn labels(metrics: &[Metric]) -> Prose {
    let items = metrics.iter().enumerate().map(|(at, metric)| {
        let label = if at == 0 { definition(*metric).label.to_owned() } else { names::metric(*metric) };
        Prose::new().words(label)
    });
    Prose::list(items.collect())
}
