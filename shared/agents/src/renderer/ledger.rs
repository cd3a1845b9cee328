//! The figures and claims of one answer. Whatever is stated is entered here first.

mod derived;

use domain::digest::Digest;
use domain::facts::Shop;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use metrics::catalogue::{Dimension, Metric, Unit, definition};
use metrics::period::Period;
use metrics::table::{Cell, PERCENT_PLACES};
use serde_json::{Map, Value, json};

use super::Error;
use super::answer::{Claim, Figure, FigurePeriod, Lineage};
use super::data::{Spot, View};
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
            Cell::Ratio { numerator, denominator } => (
                Some(json!({"numerator": numerator.to_string(), "denominator": denominator.to_string()})),
                self.rounding(metric),
            ),
            Cell::Count(_) | Cell::Money(_) | Cell::None => (None, NOT_ROUNDED.to_owned()),
        };
        let formula = if value.is_none() {
            format!("{} (nothing to divide by)", defined.formula)
        } else {
            defined.formula.to_owned()
        };
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
            segment: segment(view, spot.row.as_slice()),
            lineage,
        })
    }

    /// Enters a claim, whose text is made of figures: as it stands alone, and as it stands in the summary.
    pub(super) fn claim(
        &mut self,
        kind: ClaimKind,
        prose: &Prose,
        inline: &Prose,
    ) -> Result<ClaimRef, Error> {
        let text = sentence(&prose.compose(self, Place::Claim)?);
        let inline = inline.compose(self, Place::Claim)?;
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
        self.claims.push(Claim { id, kind: kind.to_owned(), text, figures });
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

    fn lineage(
        &self,
        view: View<'_>,
        metric: Metric,
        formula: String,
        inputs: Option<Value>,
        rounding: String,
    ) -> Lineage {
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

/// `{"country": "DE", "product": "85123", "name": "..."}`; of several rows, lists; nothing for the whole store.
fn segment(view: View<'_>, rows: &[usize]) -> Option<Value> {
    let listed = |values: Vec<Value>| match values.as_slice() {
        [one] => one.clone(),
        _ => Value::from(values),
    };
    let mut out = Map::new();
    for filter in &view.query.filters {
        let values = filter.values.iter().map(|value| json!(value)).collect();
        out.insert(filter.dimension.name().to_owned(), listed(values));
    }
    for (at, dimension) in view.table.by.iter().enumerate() {
        let keys = || rows.iter().filter_map(|row| view.table.rows.get(*row)?.keys.get(at));
        let values: Vec<Value> = keys().map(|key| json!(key.value)).collect();
        if values.is_empty() {
            continue;
        }
        if *dimension == Dimension::Product {
            out.insert(
                "name".to_owned(),
                listed(keys().map(|key| json!(names::clean(&key.label))).collect()),
            );
        }
        out.insert(dimension.name().to_owned(), listed(values));
    }
    (!out.is_empty()).then_some(Value::Object(out))
}
