//! Figures made of other figures: changes and shares, in per cent.

use metrics::catalogue::{Metric, Unit, definition};
use metrics::rounding::quotient;
use metrics::table::{Cell, PERCENT_PLACES};
use serde_json::{Value, json};

use super::{FigureRef, Ledger, segment};
use crate::renderer::answer::Figure;
use crate::renderer::data::{Side, Spot, View};
use crate::renderer::numbers;

/// How a figure follows from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Change,
    Share,
}

/// A derived value about some rows of a table.
struct Derived<'a> {
    kind: Kind,
    spot: Spot,
    rows: &'a [usize],
    inputs: Vec<FigureRef>,
    /// Per cent, rounded.
    value: String,
}

impl Ledger<'_> {
    /// Enters how far this period's cell is from the other's, in per cent of the other's. `None` where that says
    /// nothing: no other period, nothing to divide by, or a share, whose change is in points.
    pub(in crate::renderer) fn change(&mut self, view: View<'_>, spot: Spot) -> Option<FigureRef> {
        let (this, other) = (exact(view.cell(spot))?, exact(view.cell(spot.on(Side::Other)))?);
        if spot.metric.unit() == Unit::Percent || other.0 <= 0 {
            return None;
        }
        // (a / b - c / d) / (c / d) = (a d - c b) / (c b)
        let base = other.0.checked_mul(this.1)?;
        let value = percent(this.0.checked_mul(other.1)?.checked_sub(base)?, base)?;
        let inputs = vec![self.cell(view, spot), self.cell(view, spot.on(Side::Other))];
        Some(
            self.derived(
                view,
                Derived { kind: Kind::Change, spot, rows: spot.row.as_slice(), inputs, value },
            ),
        )
    }

    /// Enters what share some rows have in the whole. `None` where parts do not sum to it or it is not positive.
    pub(in crate::renderer) fn share(
        &mut self,
        view: View<'_>,
        metric: Metric,
        rows: &[usize],
    ) -> Option<FigureRef> {
        if !metric.adds_up_over(&view.table.by) {
            return None;
        }
        let whole = exact(view.cell(Spot::total(metric)))?.0;
        let parts = rows.iter().map(|row| exact(view.cell(Spot::row(metric, *row))));
        let part = parts
            .collect::<Option<Vec<_>>>()?
            .iter()
            .try_fold(0_i128, |sum, (part, _)| sum.checked_add(*part))?;
        if whole <= 0 || part < 0 {
            return None;
        }
        let value = percent(part, whole)?;
        let mut inputs: Vec<FigureRef> =
            rows.iter().map(|row| self.cell(view, Spot::row(metric, *row))).collect();
        inputs.push(self.cell(view, Spot::total(metric)));
        Some(
            self.derived(view, Derived { kind: Kind::Share, spot: Spot::total(metric), rows, inputs, value }),
        )
    }

    fn derived(&mut self, view: View<'_>, derived: Derived<'_>) -> FigureRef {
        let defined = definition(derived.spot.metric);
        let (kind, words, formula) = match derived.kind {
            Kind::Change => {
                ("change", "change against the other period, in per cent of it", "(this - other) / other")
            }
            Kind::Share => ("share", "share of the parts in the whole", "sum(parts) / whole"),
        };
        let formatted = match derived.kind {
            Kind::Change => numbers::signed_percent(&derived.value),
            Kind::Share => format!("{}%", derived.value),
        };
        let inputs: Vec<Value> =
            derived.inputs.iter().map(|input| json!(format!("f{}", input.0 + 1))).collect();
        let rounding = format!("half to even, {PERCENT_PLACES} places");
        let lineage =
            self.lineage(view, derived.spot.metric, formula.to_owned(), Some(inputs.into()), rounding);
        self.enter(Figure {
            id: String::new(),
            metric: format!("{}_{kind}", defined.name),
            definition: format!("{}@{}: {words}.", defined.name, defined.version),
            value: Some(derived.value),
            unit: numbers::unit_name(Unit::Percent).to_owned(),
            currency: None,
            period: Some(self.period(&view.period_of(derived.spot))),
            segment: segment(view, derived.rows),
            formatted,
            lineage,
        })
    }
}

/// A cell as numerator and positive denominator.
fn exact(cell: Cell) -> Option<(i128, i128)> {
    match cell {
        Cell::Count(value) | Cell::Money(value) => Some((value.into(), 1)),
        Cell::Ratio { numerator, denominator } => Some((numerator.into(), denominator.into())),
        Cell::None => None,
    }
}

fn percent(numerator: i128, denominator: i128) -> Option<String> {
    let rounded = quotient(numerator.checked_mul(100)?, denominator, PERCENT_PLACES)?;
    Some(domain::money::format_minor(rounded, PERCENT_PLACES))
}
