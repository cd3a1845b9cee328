//! Wishes as metric queries.

use domain::limits::STEP_QUERIES_MAX;
use metrics::catalogue::{Dimension, Metric, Unit, definition};
use metrics::period::Period;
use metrics::query::{Direction, Filter, MetricQuery, Order};

use super::coverage::{Calendar, Default, Window};
use super::intent::{Against, Ask, Intent, Rank, Wish};
use super::refusals::{self, Refusal};

/// Products that a ranking shows unless the question says how many.
const RANKED: u32 = 10;
/// Products or countries that a table shows at most.
const RANKED_MAX: u32 = 100;
/// Products in a review.
const REVIEWED: u32 = 5;
/// Longest periods, in days, that are cut into days and into weeks where the question does not say.
const DAILY_DAYS_MAX: i64 = 35;
const WEEKLY_DAYS_MAX: i64 = 190;

/// The name of single values; a second period's are `totals_2`.
const TOTALS: &str = "totals";

/// The queries of one plan, and what had to be assumed for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drafted {
    pub(super) queries: Vec<MetricQuery>,
    pub(super) notes: Vec<String>,
}

/// Turns every wish into queries over resolved periods. The first wish that nothing is known for refuses the whole
/// question; a later one becomes a note.
pub(super) fn draft(intent: &Intent, calendar: &Calendar<'_>) -> Result<Drafted, Refusal> {
    let mut out = Drafted { queries: Vec::new(), notes: Vec::new() };
    for wish in &intent.wishes {
        let default = match wish.ask {
            Ask::Review => Default::LastMonth,
            _ if wish.time.against == Against::Nothing => Default::Whole,
            _ => Default::LastMonth,
        };
        let window = match calendar.resolve(&wish.time, default) {
            Ok(window) => window,
            Err(refusal) if out.queries.is_empty() => return Err(refusal),
            Err(refusal) => {
                out.note(refusal.message);
                continue;
            }
        };
        window.notes.iter().for_each(|note| out.note(note.clone()));
        out.wish(wish, &window, calendar);
    }
    if out.queries.is_empty() {
        return Err(refusals::no_metric_fits());
    }
    if out.queries.len() > STEP_QUERIES_MAX {
        out.queries.truncate(STEP_QUERIES_MAX);
        out.note(
            "The question asks for more than one answer can hold: the last parts are left out.".to_owned(),
        );
    }
    let first_orders = |query: &MetricQuery| {
        let counted = [Metric::NewCustomers, Metric::ReturningCustomers];
        query.by.contains(&Dimension::CustomerType)
            || query.metrics.iter().any(|metric| counted.contains(metric))
    };
    if out.queries.iter().any(first_orders) {
        calendar.first_orders().into_iter().for_each(|note| out.note(note));
    }
    for note in &intent.notes {
        out.note(note.clone());
    }
    Ok(out)
}

impl Drafted {
    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn wish(&mut self, wish: &Wish, window: &Window, calendar: &Calendar<'_>) {
        match &wish.ask {
            Ask::Totals => {
                let metrics = named_or(&wish.metrics, &[Metric::NetSales, Metric::Orders, Metric::Aov]);
                self.add(TOTALS, with_orders(metrics), &[], wish, window);
            }
            Ask::Series(grain) => {
                let grain = grain.unwrap_or_else(|| grain_for(&window.period));
                let metrics = named_or(&wish.metrics, &[Metric::NetSales, Metric::Orders]);
                self.add(over_time_name(grain), metrics, &[grain], wish, window);
            }
            Ask::Split { by, rank } => self.split(by, *rank, wish, window),
            Ask::Products { by, rank } => self.products(*by, *rank, wish, window),
            Ask::Customers => {
                use Metric::{
                    Aov, Customers, NetSales, NewCustomers, Orders, RepeatPurchaseRate, ReturningCustomers,
                };
                let counted = vec![Customers, NewCustomers, ReturningCustomers, RepeatPurchaseRate];
                self.add("customers", counted, &[], wish, window);
                let metrics = named_or(&wish.metrics, &[NetSales, Orders, Aov]);
                self.add("customer_types", metrics, &[Dimension::CustomerType], wish, window);
            }
            Ask::Review => self.review(wish, window, calendar),
        }
    }

    fn split(&mut self, by: &[Dimension], rank: Rank, wish: &Wish, window: &Window) {
        let metrics = named_or(&wish.metrics, &[Metric::NetSales, Metric::Orders]);
        let name = by.iter().map(|it| it.name()).collect::<Vec<_>>().join("_and_");
        let timed = by.iter().any(|it| it.is_time());
        let first = metrics.iter().copied().find(|metric| by.iter().all(|it| metric.allows(*it)));
        let order = first.filter(|_| !timed).map(|metric| Order { metric, direction: rank.direction });
        let limit = rank.limit.unwrap_or(RANKED_MAX).clamp(1, RANKED_MAX);
        let cut = Cut { order, limit: (!timed || by.contains(&Dimension::Product)).then_some(limit) };
        self.push(&format!("by_{name}"), metrics, by, wish, window, cut);
    }

    fn products(&mut self, by: Option<Metric>, rank: Rank, wish: &Wish, window: &Window) {
        let Rank { direction, limit } = rank;
        let by = by.filter(|metric| metric.allows(Dimension::Product)).unwrap_or(Metric::NetSales);
        let mut metrics = vec![by];
        let beside = if by == Metric::NetSales { Metric::Units } else { Metric::NetSales };
        for metric in wish.metrics.iter().copied().chain([beside]) {
            if !metrics.contains(&metric) && (metrics.len() < 2 || wish.metrics.contains(&metric)) {
                metrics.push(metric);
            }
        }
        let name = match direction {
            Direction::Descending => "top_products",
            Direction::Ascending => "worst_products",
        };
        if direction == Direction::Ascending {
            self.note("Only products that were sold or returned in the period are ranked; one that never sold is in no order.".to_owned());
        }
        if let Some(asked) = limit.filter(|asked| *asked > RANKED_MAX) {
            self.note(format!("{asked} products were asked for; a ranking shows {RANKED_MAX} at most."));
        }
        let limit = limit.unwrap_or(RANKED).clamp(1, RANKED_MAX);
        let order = Some(Order { metric: by, direction });
        self.push(name, metrics, &[Dimension::Product], wish, window, Cut { order, limit: Some(limit) });
    }

    /// The vague question: this period against the one before, the year's shape, what sold, who bought.
    fn review(&mut self, wish: &Wish, window: &Window, calendar: &Calendar<'_>) {
        use Metric::{Aov, Customers, NetSales, NewCustomers, Orders, Returns, Units};
        self.add(TOTALS, vec![NetSales, Orders, Aov, Returns, Customers, NewCustomers], &[], wish, window);
        let year =
            Window { period: calendar.year_up_to(&window.period), compare_to: None, notes: Vec::new() };
        self.add("by_month", vec![NetSales, Orders], &[Dimension::Month], wish, &year);
        let alone = Window { compare_to: None, ..window.clone() };
        let order = Some(Order { metric: NetSales, direction: Direction::Descending });
        let cut = Cut { order, limit: Some(REVIEWED) };
        self.push("top_products", vec![NetSales, Units], &[Dimension::Product], wish, &alone, cut);
        self.add("customer_types", vec![NetSales, Orders, Aov], &[Dimension::CustomerType], wish, &alone);
    }

    /// A query whose rows stand in the order of their keys.
    fn add(&mut self, name: &str, metrics: Vec<Metric>, by: &[Dimension], wish: &Wish, window: &Window) {
        self.push(name, metrics, by, wish, window, Cut { order: None, limit: None });
    }

    fn push(
        &mut self,
        name: &str,
        metrics: Vec<Metric>,
        by: &[Dimension],
        wish: &Wish,
        window: &Window,
        cut: Cut,
    ) {
        let filters: Vec<Filter> = if wish.countries.is_empty() {
            Vec::new()
        } else {
            let values = wish.countries.iter().map(|code| (*code).to_owned()).collect();
            vec![Filter { dimension: Dimension::Country, values }]
        };
        let used = |metric: &Metric| {
            by.iter()
                .chain(filters.iter().map(|filter| &filter.dimension))
                .all(|dimension| metric.allows(*dimension))
        };
        let (metrics, refused): (Vec<Metric>, Vec<Metric>) = metrics.into_iter().partition(used);
        for metric in refused {
            let by = by.iter().map(|it| it.name().replace('_', " ")).collect::<Vec<_>>().join(" and ");
            self.note(format!("{} cannot be cut by {by}.", definition(metric).label));
        }
        let order = cut.order.filter(|order| metrics.contains(&order.metric));
        let timed = by.iter().any(|it| it.is_time());
        let compare_to = window.compare_to.filter(|_| !timed);
        let query = MetricQuery {
            name: self.unused(name),
            metrics,
            by: by.to_vec(),
            filters,
            period: window.period,
            compare_to,
            order,
            limit: cut.limit,
        };
        self.keep(query);
    }

    /// Takes a query unless it is malformed or there is the same one already; totals of one period become one.
    fn keep(&mut self, query: MetricQuery) {
        let totals = |query: &MetricQuery| query.by.is_empty() && query.name.starts_with(TOTALS);
        let same = |other: &&mut MetricQuery| {
            let renamed =
                MetricQuery { name: query.name.clone(), metrics: query.metrics.clone(), ..(**other).clone() };
            renamed == query && (other.metrics == query.metrics || (totals(other) && totals(&query)))
        };
        if let Some(twin) = self.queries.iter_mut().find(same) {
            for metric in query.metrics {
                if !twin.metrics.contains(&metric) {
                    twin.metrics.push(metric);
                }
            }
        } else if query.check().is_ok() {
            self.queries.push(query);
        }
    }

    /// The name, numbered from the second use on.
    fn unused(&self, name: &str) -> String {
        let taken = |name: &str| self.queries.iter().any(|query| query.name == name);
        let numbered = (2..).map(|n: u32| format!("{name}_{n}"));
        if taken(name) {
            numbered.take(STEP_QUERIES_MAX * 2).find(|name| !taken(name)).unwrap_or_default()
        } else {
            name.to_owned()
        }
    }
}

struct Cut {
    order: Option<Order>,
    limit: Option<u32>,
}

fn named_or(named: &[Metric], otherwise: &[Metric]) -> Vec<Metric> {
    if named.is_empty() { otherwise.to_vec() } else { named.to_vec() }
}

/// How many orders made a sum says how much it can be trusted.
fn with_orders(mut metrics: Vec<Metric>) -> Vec<Metric> {
    let money = metrics.iter().any(|metric| match metric.unit() {
        Unit::Money => true,
        Unit::Count | Unit::Ratio | Unit::Percent => false,
    });
    if money && !metrics.contains(&Metric::Orders) {
        metrics.push(Metric::Orders);
    }
    metrics
}

fn grain_for(period: &Period) -> Dimension {
    match period.days() {
        days if days <= DAILY_DAYS_MAX => Dimension::Day,
        days if days <= WEEKLY_DAYS_MAX => Dimension::Week,
        _ => Dimension::Month,
    }
}

const fn over_time_name(grain: Dimension) -> &'static str {
    match grain {
        Dimension::Day => "by_day",
        Dimension::Week => "by_week",
        Dimension::Month | Dimension::Product | Dimension::Country | Dimension::CustomerType => "by_month",
    }
}
