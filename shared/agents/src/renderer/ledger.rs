//! The figures and claims of one answer. Whatever is stated is entered here first.

use domain::digest::Digest;
use domain::facts::Shop;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use metrics::catalogue::{Dimension, Metric, Unit, definition};
use metrics::period::Period;
use metrics::rounding::quotient;
use metrics::table::{Cell, PERCENT_PLACES};
use serde_json::{Map, Value, json};

use super::Error;
use super::answer::{Claim, Figure, FigurePeriod, Lineage};
use super::data::{Side, Spot, View};
use super::gate::Place;
use super::names;
use super::numbers;
use super::prose::{Piece, Prose, sentence};

/// Points at a figure of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FigureRef(usize);

/// Points at a claim of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClaimRef(usize);

/// What a claim says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClaimKind {
    Change,
    Rank,
    Share,
    Extreme,
}

pub(super) struct Ledger<'a> {
    shop: &'a Shop,
    zone: TimeZone,
    snapshot: Digest,
    figures: Vec<Figure>,
    claims: Vec<Claim>,
    /// The claims' texts as they stand inside a sentence.
    inline: Vec<String>,
}

const NOT_ROUNDED: &str = "none";

impl<'a> Ledger<'a> {
    pub(super) const fn new(shop: &'a Shop, zone: TimeZone, snapshot: Digest) -> Self {
        Self { shop, zone, snapshot, figures: Vec::new(), claims: Vec::new(), inline: Vec::new() }
    }

    pub(super) const fn shop(&self) -> &Shop {
        self.shop
    }

    /// The exact decimal text of a cell.
    pub(super) fn decimal(&self, cell: Cell, metric: Metric) -> Option<String> {
        cell.decimal(metric.unit(), self.shop.currency.exponent())
    }

    /// Enters one cell of a table.
    pub(super) fn cell(&mut self, view: View<'_>, spot: Spot) -> FigureRef {
        let metric = spot.metric;
        let defined = definition(metric);
        let cell = view.cell(spot);
        let value = self.decimal(cell, metric);
        let (inputs, rounding) = match cell {
            Cell::Ratio { numerator, denominator } => {
                (Some(json!({"numerator": numerator.to_string(), "denominator": denominator.to_string()})), self.rounding(metric))
            }
            Cell::Count(_) | Cell::Money(_) | Cell::None => (None, NOT_ROUNDED.to_owned()),
        };
        let formula = if value.is_none() { format!("{} (nothing to divide by)", defined.formula) } else { defined.formula.to_owned() };
        let lineage = self.lineage(view, metric, formula, inputs, rounding);
        self.enter(Figure {
            id: String::new(),
            metric: defined.name.to_owned(),
            definition: format!("{}@{}: {}", defined.name, defined.version, defined.definition),
            formatted: numbers::formatted(value.as_deref(), defined.unit, self.shop.currency),
            value,
            unit: numbers::unit_name(defined.unit).to_owned(),
            currency: (defined.unit == Unit::Money).then(|| self.shop.currency.code().to_owned()),
            period: Some(self.period(&view.period_of(spot))),
            segment: segment(view, spot),
            lineage,
        })
    }

    /// Enters how far this period's cell is from the other's, in per cent of the other's. `None` where that says
    /// nothing: no other period, nothing to divide by, or a share, whose change is in points.
    pub(super) fn change(&mut self, view: View<'_>, spot: Spot) -> Option<FigureRef> {
        let metric = spot.metric;
        let (this, other) = (exact(view.cell(spot))?, exact(view.cell(spot.on(Side::Other)))?);
        if metric.unit() == Unit::Percent || other.0 <= 0 {
            return None;
        }
        // (a / b - c / d) / (c / d) = (a d - c b) / (c b)
        let base = other.0.checked_mul(this.1)?;
        let difference = this.0.checked_mul(other.1)?.checked_sub(base)?;
        let value = percent(difference, base)?;
        let inputs = [self.cell(view, spot), self.cell(view, spot.on(Side::Other))];
        Some(self.derived(view, spot, "change", "of this period against the other: (this - other) / other", &inputs, &value))
    }

    /// Enters what share some rows have in the whole. `None` where parts do not sum to it or it is not positive.
    pub(super) fn share(&mut self, view: View<'_>, metric: Metric, rows: &[usize]) -> Option<FigureRef> {
        if !metric.adds_up_over(&view.table.by) {
            return None;
        }
        let spot = |row: Option<usize>| Spot { metric, row, side: Side::This };
        let whole = exact(view.cell(spot(None)))?.0;
        let parts = rows.iter().map(|row| exact(view.cell(spot(Some(*row))))).collect::<Option<Vec<_>>>()?;
        let part = parts.iter().try_fold(0_i128, |sum, (part, _)| sum.checked_add(*part))?;
        if whole <= 0 || part < 0 {
            return None;
        }
        let value = percent(part, whole)?;
        let mut inputs: Vec<FigureRef> = rows.iter().map(|row| self.cell(view, spot(Some(*row)))).collect();
        inputs.push(self.cell(view, spot(None)));
        let at = if let [row] = rows { Some(*row) } else { None };
        Some(self.derived(view, spot(at), "share", "of the parts in the whole: sum(parts) / whole", &inputs, &value))
    }

    fn derived(&mut self, view: View<'_>, spot: Spot, kind: &str, words: &str, inputs: &[FigureRef], value: &str) -> FigureRef {
        let defined = definition(spot.metric);
        let ids: Vec<Value> = inputs.iter().map(|input| json!(format!("f{}", input.0 + 1))).collect();
        let rounding = format!("half to even, {PERCENT_PLACES} place of a percentage");
        let formatted = if kind == "change" { numbers::signed_percent(value) } else { format!("{value}%") };
        let lineage = self.lineage(view, spot.metric, words.to_owned(), Some(ids.into()), rounding);
        self.enter(Figure {
            id: String::new(),
            metric: format!("{}_{kind}", defined.name),
            definition: format!("{}@{}, {words}.", defined.name, defined.version),
            value: Some(value.to_owned()),
            unit: numbers::unit_name(Unit::Percent).to_owned(),
            currency: None,
            period: Some(self.period(&view.period_of(spot))),
            segment: segment(view, spot),
            formatted,
            lineage,
        })
    }

    /// Enters a claim, whose text is made of figures.
    pub(super) fn claim(&mut self, kind: ClaimKind, prose: &Prose) -> Result<ClaimRef, Error> {
        let inline = prose.compose(self, Place::Claim)?;
        let mut figures: Vec<String> = Vec::new();
        for piece in &prose.0 {
            if let Piece::Figure(figure) = piece {
                let id = self.figure(*figure)?.id.clone();
                if !figures.contains(&id) {
                    figures.push(id);
                }
            }
        }
        let kind = match kind {
            ClaimKind::Change => "change",
            ClaimKind::Rank => "rank",
            ClaimKind::Share => "share",
            ClaimKind::Extreme => "extreme",
        };
        let id = format!("c{}", self.claims.len() + 1);
        self.claims.push(Claim { id, kind: kind.to_owned(), text: sentence(&inline), figures });
        self.inline.push(inline);
        Ok(ClaimRef(self.claims.len() - 1))
    }

    pub(super) fn figure(&self, figure: FigureRef) -> Result<&Figure, Error> {
        self.figures.get(figure.0).ok_or(Error::DanglingReference)
    }

    pub(super) fn inline(&self, claim: ClaimRef) -> Result<&str, Error> {
        self.inline.get(claim.0).map(String::as_str).ok_or(Error::DanglingReference)
    }

    pub(super) fn close(self) -> (Vec<Figure>, Vec<Claim>) {
        (self.figures, self.claims)
    }

    /// A figure that stands already is not entered twice.
    fn enter(&mut self, figure: Figure) -> FigureRef {
        let same = |known: &Figure| {
            known.metric == figure.metric
                && known.period == figure.period
                && known.segment == figure.segment
                && known.lineage == figure.lineage
        };
        if let Some(at) = self.figures.iter().position(same) {
            return FigureRef(at);
        }
        let id = format!("f{}", self.figures.len() + 1);
        self.figures.push(Figure { id, ..figure });
        FigureRef(self.figures.len() - 1)
    }

    fn lineage(&self, view: View<'_>, metric: Metric, formula: String, inputs: Option<Value>, rounding: String) -> Lineage {
        let defined = definition(metric);
        Lineage {
            metric: defined.name.to_owned(),
            version: defined.version,
            formula,
            inputs,
            table: view.table.name.clone(),
            query_digest: view.table.query_digest.to_string(),
            rows_digest: view.table.rows_digest.to_string(),
            snapshot: self.snapshot.to_string(),
            rounding,
        }
    }

    fn rounding(&self, metric: Metric) -> String {
        let places = match metric.unit() {
            Unit::Money => self.shop.currency.exponent(),
            Unit::Count | Unit::Ratio => metrics::table::RATIO_PLACES,
            Unit::Percent => PERCENT_PLACES,
        };
        format!("half to even, {places} places")
    }

    fn period(&self, period: &Period) -> FigurePeriod {
        let midnight = |day: Date| {
            let at = day.to_zoned(self.zone.clone());
            at.map_or_else(|_| day.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        };
        FigurePeriod {
            from: midnight(period.from),
            to: midnight(period.to),
            timezone: self.shop.iana_timezone.clone(),
        }
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

/// `{"country": "DE", "product": "85123", "name": "..."}`, or nothing for the whole store.
fn segment(view: View<'_>, spot: Spot) -> Option<Value> {
    let mut out = Map::new();
    for filter in &view.query.filters {
        let values = match filter.values.as_slice() {
            [one] => json!(one),
            many => json!(many),
        };
        out.insert(filter.dimension.name().to_owned(), values);
    }
    let row = spot.row.and_then(|row| view.table.rows.get(row));
    for (dimension, key) in view.table.by.iter().zip(row.map(|row| row.keys.as_slice()).unwrap_or_default()) {
        out.insert(dimension.name().to_owned(), json!(key.value));
        if *dimension == Dimension::Product && key.label != key.value {
            out.insert("name".to_owned(), json!(names::clean(&key.label)));
        }
    }
    (!out.is_empty()).then_some(Value::Object(out))
}
