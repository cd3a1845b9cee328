//! The control figures, counted from the generator's own records, and the causes it planted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::catalogue::{FILMED, HEAVY, LINES, RETURNED};
use super::files::{CURRENCY, TIMEZONE, money};
use super::market::{SHIPPING_HEAVY, is_heavy};
use super::records::{Order, Records};
use super::returns::BAD_BATCH_REASON;

/// What `truth.json` says. Money is a decimal text in the store's currency. A sale is booked on its order's
/// `processed_at`, a return on its refund's, both in the shop's time zone; test orders and gift cards are left out,
/// cancelled and unpaid orders are not; an order of nothing but gift cards counts as an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    pub seed: u64,
    pub currency: String,
    pub iana_timezone: String,
    pub first_day: String,
    pub last_day: String,
    /// Rows in each file.
    pub rows: BTreeMap<String, usize>,
    pub total: Figures,
    pub by_month: Vec<Month>,
    /// The last calendar month that had ended when the store's clock starts.
    pub last_full_month: Month,
    /// The ten best by net sales over the store's whole life, the best first.
    pub top_products: Vec<TopProduct>,
    pub causes: Vec<Cause>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub orders: i64,
    pub units: i64,
    pub gross_sales: String,
    pub discounts: String,
    pub returns: String,
    pub net_sales: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// `2026-09`
    pub month: String,
    #[serde(flatten)]
    pub figures: Figures,
    /// Customers whose first order is in the month.
    pub new_customers: i64,
    /// Customers with an order in the month whose first one was earlier.
    pub returning_customers: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopProduct {
    pub product_id: i64,
    pub title: String,
    pub units: i64,
    pub net_sales: String,
}

/// A planted cause: what an analysis should find out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// Heavy goods ship free since a month; what the carrier takes eats their margin.
    FreeShippingEatsMargin {
        product_type: String,
        since: String,
        carrier_cost_per_order: String,
        orders: i64,
        shipping_forgone: String,
        net_of_discounts: String,
        gross_profit_before_shipping: String,
    },
    /// One product came back in heaps.
    ReturnsExploded {
        product_id: i64,
        title: String,
        month: String,
        units_returned: i64,
        units_returned_the_month_before: i64,
        returns: String,
        reason: String,
    },
    /// A film made one product famous for a month.
    SalesPeak {
        month: String,
        product_id: i64,
        title: String,
        source: String,
        campaign: String,
        orders: i64,
        orders_of_the_campaign: i64,
    },
    /// The checkout was down.
    SalesDrop {
        month: String,
        first_day: String,
        last_day: String,
        orders: i64,
        web_orders_in_those_days: i64,
    },
}

/// Sums in cents.
#[derive(Clone, Copy, Default)]
struct Sums {
    orders: i64,
    units: i64,
    gross: i64,
    discounts: i64,
    returns: i64,
    new_customers: i64,
    returning_customers: i64,
}

impl Sums {
    fn figures(self) -> Figures {
        Figures {
            orders: self.orders,
            units: self.units,
            gross_sales: money(self.gross),
            discounts: money(self.discounts),
            returns: money(self.returns),
            net_sales: money(self.gross - self.discounts - self.returns),
        }
    }

    fn month(self, name: &str) -> Month {
        Month {
            month: name.to_owned(),
            figures: self.figures(),
            new_customers: self.new_customers,
            returning_customers: self.returning_customers,
        }
    }
}

pub(super) fn tell(seed: u64, records: &Records, timezone: &TimeZone) -> Truth {
    let counting = Counting { records, timezone };
    let months = counting.months();
    let named: Vec<Month> =
        months.iter().zip(0..).map(|(sums, month)| sums.month(&records.calendar.name(month))).collect();
    let mut total = Sums::default();
    for month in &months {
        total.orders += month.orders;
        total.units += month.units;
        total.gross += month.gross;
        total.discounts += month.discounts;
        total.returns += month.returns;
    }
    let is_whole = records.calendar.last_day == records.calendar.last_day.last_of_month();
    let last_full = if is_whole { named.last() } else { named.iter().rev().nth(1) };
    Truth {
        seed,
        currency: CURRENCY.to_owned(),
        iana_timezone: TIMEZONE.to_owned(),
        first_day: records.calendar.first_day.to_string(),
        last_day: records.calendar.last_day.to_string(),
        rows: counting.rows(),
        total: total.figures(),
        last_full_month: last_full.cloned().unwrap_or_else(|| Sums::default().month("")),
        by_month: named,
        top_products: counting.top_products(),
        causes: counting.causes(&months),
    }
}

struct Counting<'r> {
    records: &'r Records,
    timezone: &'r TimeZone,
}

impl Counting<'_> {
    fn month(&self, at: jiff::Timestamp) -> usize {
        self.records.calendar.month(self.timezone.to_datetime(at).date()) as usize
    }

    fn real(&self) -> impl Iterator<Item = &Order> {
        self.records.orders.iter().filter(|order| !order.is_test)
    }

    fn rows(&self) -> BTreeMap<String, usize> {
        let records = self.records;
        let products: BTreeSet<i64> = records.variants.iter().map(|variant| variant.product).collect();
        let returned = records.refunds.iter().filter(|refund| !refund.is_cancellation);
        let counts = [
            ("products", products.len()),
            ("variants", records.variants.len()),
            ("customers", records.customers.len()),
            ("orders", records.orders.len()),
            ("order_lines", records.orders.iter().map(|order| order.lines.len()).sum()),
            ("refunds", records.refunds.len()),
            ("refund_lines", records.refunds.iter().map(|refund| refund.lines.len()).sum()),
            ("returns", returned.map(|refund| refund.lines.len()).sum()),
            ("discounts", records.codes.len()),
        ];
        counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
    }

    fn months(&self) -> Vec<Sums> {
        let mut months = vec![Sums::default(); self.records.calendar.months as usize];
        let mut firsts: BTreeMap<usize, usize> = BTreeMap::new();
        let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
        for order in self.real() {
            let at = self.month(order.processed_at);
            if let Some(customer) = order.customer {
                seen.insert((at, customer));
                firsts.entry(customer).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
            let Some(sums) = months.get_mut(at) else { continue };
            sums.orders += 1;
            for line in order.lines.iter().filter(|line| !line.is_gift_card) {
                sums.units += line.quantity;
                sums.gross += line.gross();
                sums.discounts += line.discount;
            }
        }
        for (at, customer) in seen {
            let Some(sums) = months.get_mut(at) else { continue };
            if firsts.get(&customer) == Some(&at) {
                sums.new_customers += 1
            } else {
                sums.returning_customers += 1
            }
        }
        for (at, _, _, value) in self.returned() {
            if let Some(sums) = months.get_mut(at) {
                sums.returns += value;
            }
        }
        months
    }

    /// Month, variant, quantity and value of everything given back that counts.
    fn returned(&self) -> impl Iterator<Item = (usize, usize, i64, i64)> {
        self.records.refunds.iter().flat_map(move |refund| {
            let order = self.records.orders.get(refund.order).filter(|order| !order.is_test);
            let at = self.month(refund.processed_at);
            refund.lines.iter().filter_map(move |line| {
                let sold = order?.lines.get(line.line).filter(|sold| !sold.is_gift_card)?;
                Some((at, sold.variant, line.quantity, line.subtotal))
            })
        })
    }

    fn product(&self, variant: usize) -> (i64, &'static str) {
        self.records.variants.get(variant).map_or((0, ""), |variant| (variant.product, variant.title))
    }

    fn top_products(&self) -> Vec<TopProduct> {
        let mut sums: BTreeMap<(i64, &str), Sums> = BTreeMap::new();
        for line in self.real().flat_map(|order| &order.lines).filter(|line| !line.is_gift_card) {
            let sum = sums.entry(self.product(line.variant)).or_default();
            sum.gross += line.gross();
            sum.discounts += line.discount;
            sum.units += line.quantity;
        }
        for (_, variant, _, value) in self.returned() {
            sums.entry(self.product(variant)).or_default().returns += value;
        }
        let net = |sum: &Sums| sum.gross - sum.discounts - sum.returns;
        let mut ranked: Vec<_> = sums.into_iter().collect();
        ranked.sort_by_key(|((product, _), sum)| (-net(sum), *product));
        let top = ranked.into_iter().take(10).map(|((product_id, title), sum)| TopProduct {
            product_id,
            title: title.to_owned(),
            units: sum.units,
            net_sales: money(net(&sum)),
        });
        top.collect()
    }

    fn causes(&self, months: &[Sums]) -> Vec<Cause> {
        let calendar = &self.records.calendar;
        let orders = |month: u32| months.get(month as usize).map_or(0, |sums| sums.orders);
        let mut causes = Vec::new();
        causes.extend(calendar.free_shipping.map(|since| self.free_shipping(since)));
        causes.extend(calendar.returns.map(|month| self.exploded(month)));
        causes.extend(calendar.film.map(|month| {
            let (product_id, title) = self.named(FILMED);
            let came = self
                .real()
                .filter(|order| order.visit.as_ref().is_some_and(|visit| visit.campaign == "founders-film"));
            Cause::SalesPeak {
                month: calendar.name(month),
                product_id,
                title: title.to_owned(),
                source: "tiktok".to_owned(),
                campaign: "founders-film".to_owned(),
                orders: orders(month),
                orders_of_the_campaign: came.count() as i64,
            }
        }));
        causes.extend(calendar.outage.map(|month| {
            let (first, last) = calendar.outage_days(month);
            let web = self.real().filter(|order| {
                let day = self.timezone.to_datetime(order.processed_at).date();
                order.source_name == "web" && first <= day && day <= last
            });
            Cause::SalesDrop {
                month: calendar.name(month),
                first_day: first.to_string(),
                last_day: last.to_string(),
                orders: orders(month),
                web_orders_in_those_days: web.count() as i64,
            }
        }));
        causes
    }

    fn free_shipping(&self, since: u32) -> Cause {
        let (mut orders, mut net, mut cost) = (0, 0, 0);
        for order in self.real().filter(|order| self.month(order.processed_at) >= since as usize) {
            let is_shipped = order.source_name != "pos";
            orders += i64::from(is_shipped && order.lines.iter().any(|line| is_heavy(self.records, line)));
            for line in order.lines.iter().filter(|line| is_heavy(self.records, line)) {
                let unit_cost = self.records.variants.get(line.variant).and_then(|variant| variant.cost);
                net += line.net();
                cost += unit_cost.unwrap_or(0) * line.quantity;
            }
        }
        Cause::FreeShippingEatsMargin {
            product_type: LINES.get(HEAVY).map_or("", |line| line.product_type).to_owned(),
            since: self.records.calendar.name(since),
            carrier_cost_per_order: money(SHIPPING_HEAVY),
            orders,
            shipping_forgone: money(orders * SHIPPING_HEAVY),
            net_of_discounts: money(net),
            gross_profit_before_shipping: money(net - cost),
        }
    }

    fn exploded(&self, month: u32) -> Cause {
        let (product_id, title) = self.named(RETURNED);
        let count = |wanted: u32| {
            let of_product = self
                .returned()
                .filter(|(at, variant, ..)| *at == wanted as usize && self.product(*variant).0 == product_id);
            of_product.fold((0, 0), |(units, value), (_, _, quantity, subtotal)| {
                (units + quantity, value + subtotal)
            })
        };
        let (units, value) = count(month);
        Cause::ReturnsExploded {
            product_id,
            title: title.to_owned(),
            month: self.records.calendar.name(month),
            units_returned: units,
            units_returned_the_month_before: month.checked_sub(1).map_or(0, |before| count(before).0),
            returns: money(value),
            reason: BAD_BATCH_REASON.to_owned(),
        }
    }

    /// Id and title of a product by its line and its place in it.
    fn named(&self, (line, place): (usize, usize)) -> (i64, &'static str) {
        let found =
            self.records.variants.iter().find(|variant| (variant.line, variant.place) == (line, place));
        found.map_or((0, ""), |variant| (variant.product, variant.title))
    }
}
