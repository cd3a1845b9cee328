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
    section.stated.extend(metrics);
    if view.table.compare_to.is_some() {
        for (at, metric) in metrics.iter().enumerate() {
            let claim = compared(
                ledger,
                view,
                Spot::total(*metric),
                if at == 0 { Said::Whole } else { Said::Shorter },
            )?;
            section.sentences.push(Prose::new().claim(claim));
        }
    } else {
        let sentence = match customers(ledger, view) {
            Some(sentence) => sentence,
            None => sections::values(ledger, view, metrics),
        };
        section.sentences.push(sentence);
    }
    section.visualizations.push(charts::tiles(ledger, view)?);
    Ok(())
}

/// Whether a claim inside the summary names the other period, or the sentence before has named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Whole,
    Shorter,
}

/// "of 4,338 customers, 3,800 were new and 538 had ordered before; the repeat purchase rate was 65.6%".
fn customers(ledger: &mut Ledger<'_>, view: View<'_>) -> Option<Prose> {
    use Metric::{Customers, NewCustomers, RepeatPurchaseRate, ReturningCustomers};
    if view.table.metrics != [Customers, NewCustomers, ReturningCustomers, RepeatPurchaseRate] {
        return None;
    }
    let mut figure = |metric| ledger.cell(view, Spot::total(metric));
    let prose = Prose::new()
        .words("of ")
        .figure(figure(Customers))
        .words(" customers, ")
        .figure(figure(NewCustomers));
    let prose =
        prose.words(" were new and ").figure(figure(ReturningCustomers)).words(" had ordered before; the ");
    Some(prose.words(names::metric(RepeatPurchaseRate)).words(" was ").figure(figure(RepeatPurchaseRate)))
}

/// "net sales rose to B (+36.2%), from A in October 2011".
pub(super) fn compared(
    ledger: &mut Ledger<'_>,
    view: View<'_>,
    spot: Spot,
    said: Said,
) -> Result<ClaimRef, Error> {
    let metric = spot.metric;
    let verb = match order(view.cell(spot), view.cell(spot.on(Side::Other))) {
        Some(std::cmp::Ordering::Greater) => " rose to ",
        Some(std::cmp::Ordering::Less) => " fell to ",
        Some(std::cmp::Ordering::Equal) => " stayed at ",
        None => " went to ",
    };
    let (this, before) = (ledger.cell(view, spot), ledger.cell(view, spot.on(Side::Other)));
    let mut prose = Prose::new().words(format!("{}{verb}", names::subject(metric))).figure(this);
    if let Some(change) = ledger.change(view, spot) {
        prose = prose.words(" (").figure(change).words(")");
    }
    let prose = prose.words(", from ").figure(before);
    let whole = prose.clone().words(" ").within(view.period_of(spot.on(Side::Other)));
    let inline = match said {
        Said::Whole => &whole,
        Said::Shorter => &prose,
    };
    ledger.claim(ClaimKind::Change, &whole, inline)
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
