//! What a reader must know besides the answer.

use metrics::catalogue::{CustomerType, Dimension, Metric};
use metrics::period::Period;
use metrics::query::MetricQuery;
use metrics::table::{Cell, Table};

use super::data::{Spot, View};
use super::gate::Place;
use super::ledger::Ledger;
use super::names;
use super::prose::{Prose, sentence};
use super::series;
use super::{Error, Input};
use crate::planner::coverage::period_words;

/// Fewer orders than this are a small sample.
const ORDERS_MIN: i64 = 30;

pub(super) struct Caveats {
    all: Vec<String>,
    /// Periods whose few orders were said already.
    small: Vec<Period>,
    /// How orders without a customer are counted: said with their share where a table knows it.
    nameless: Option<String>,
}

impl Caveats {
    pub(super) fn new(input: &Input<'_>) -> Self {
        let mut out = Self { all: Vec::new(), small: Vec::new(), nameless: None };
        for caveat in input.plan.assumptions.iter().chain(&input.caveats) {
            out.add(caveat.clone());
        }
        out
    }

    pub(super) fn missing(&mut self, query: &MetricQuery) {
        self.add(format!(
            "A part of the answer is missing, because it could not be computed: {}.",
            query.name.replace('_', " ")
        ));
    }

    pub(super) fn of_table(
        &mut self,
        ledger: &mut Ledger<'_>,
        query: &MetricQuery,
        table: &Table,
    ) -> Result<(), Error> {
        let view = View { query, table };
        for check in table.checks.iter().filter(|check| !check.holds()) {
            self.add(format!(
                "A check did not come out in {}: {} gave {} where {} was expected (money in minor units).",
                table.name.replace('_', " "),
                check.name.replace(['_', '.'], " "),
                check.found,
                check.expected,
            ));
        }
        self.cut_short(view);
        self.small_sample(ledger, view)?;
        self.without_customer(ledger, view)
    }

    pub(super) fn close(mut self) -> Vec<String> {
        if let Some(nameless) = self.nameless.take() {
            self.add(nameless);
        }
        self.all
    }

    fn add(&mut self, caveat: String) {
        if !self.all.contains(&caveat) {
            self.all.push(caveat);
        }
    }

    /// Weeks and months that the period begins or ends within.
    fn cut_short(&mut self, view: View<'_>) {
        for row in (0..view.table.rows.len()).filter(|row| series::is_cut(view, *row)) {
            let Some(slice) = view.slice(row) else { continue };
            let counted = slice.intersect(&view.table.period).unwrap_or(slice);
            self.add(format!(
                "{} is cut short: it counts {} only.",
                capital(&period_words(&slice)),
                period_words(&counted)
            ));
        }
    }

    fn small_sample(&mut self, ledger: &mut Ledger<'_>, view: View<'_>) -> Result<(), Error> {
        let orders = Spot::total(Metric::Orders);
        let Cell::Count(count) = view.cell(orders) else { return Ok(()) };
        if count == 0 {
            self.add(format!("No orders fall in {}.", period_words(&view.table.period)));
        } else if count < ORDERS_MIN && !self.small.contains(&view.table.period) {
            self.small.push(view.table.period);
            let prose =
                Prose::new().words("only ").figure(ledger.cell(view, orders)).words(" orders are counted ");
            let prose = prose.during(view.table.period).words(": differences may be chance");
            self.add(sentence(&prose.compose(ledger, Place::Prose)?));
        }
        Ok(())
    }

    /// Orders without a customer are in sales and in no count of customers.
    fn without_customer(&mut self, ledger: &mut Ledger<'_>, view: View<'_>) -> Result<(), Error> {
        let table = view.table;
        let counts = |metric: &Metric| match metric {
            Metric::Customers
            | Metric::NewCustomers
            | Metric::ReturningCustomers
            | Metric::RepeatPurchaseRate => true,
            Metric::GrossSales | Metric::Discounts | Metric::Returns | Metric::NetSales | Metric::Orders => {
                false
            }
            Metric::Units | Metric::Aov | Metric::UnitsPerOrder => false,
        };
        if table.by == [Dimension::CustomerType] {
            let unknown = CustomerType::Unknown.name();
            let at =
                table.rows.iter().position(|row| row.keys.first().is_some_and(|key| key.value == unknown));
            let metric = if table.metrics.contains(&Metric::Orders) {
                Some(Metric::Orders)
            } else {
                table.metrics.first().copied()
            };
            if let Some((row, metric)) = at.zip(metric)
                && let Some(share) = ledger.share(view, metric, &[row])
            {
                let prose = Prose::new().words("orders without a customer (").figure(share);
                let prose =
                    prose.words(format!(" of {}) are in no count of customers", names::metric(metric)));
                self.nameless = Some(sentence(&prose.compose(ledger, Place::Prose)?));
            }
        } else if table.metrics.iter().any(counts) && self.nameless.is_none() {
            self.nameless = Some("Orders without a customer are in no count of customers.".to_owned());
        }
        Ok(())
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}", letters.as_str())
}
