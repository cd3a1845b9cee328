//! Small stores as rows, and their segments.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::digest::Digest;
use domain::money::Currency;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use metrics::columns::{self, Columns, Dataset, country_code};
use metrics::snapshot::{ShopClock, Snapshot};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) at: i64,
    /// 0: a guest.
    pub(crate) customer: i64,
    /// Empty: unknown.
    pub(crate) country: &'static str,
    pub(crate) lines: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) product: i64,
    pub(crate) quantity: i32,
    pub(crate) gross: i64,
    pub(crate) discount: i64,
    pub(crate) gift_card: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Return {
    pub(crate) at: i64,
    pub(crate) order_id: i64,
    pub(crate) order_at: i64,
    pub(crate) customer: i64,
    pub(crate) country: &'static str,
    pub(crate) product: i64,
    pub(crate) subtotal: i64,
    pub(crate) gift_card: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) zone: &'static str,
    pub(crate) orders: Vec<Order>,
    pub(crate) returns: Vec<Return>,
}

pub(crate) const TITLES: [(i64, &str); 4] = [(11, "Lamp"), (12, "Mug"), (13, "Mug"), (99, "Never sold")];

impl Store {
    pub(crate) fn zone(&self) -> TimeZone {
        TimeZone::get(self.zone).unwrap()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.clock(), Digest::of(b"store"), self.segments()).unwrap()
    }

    pub(crate) fn clock(&self) -> ShopClock {
        ShopClock { timezone: self.zone.to_owned(), currency: Currency::parse("GBP").unwrap() }
    }

    /// By month in the shop's time zone, the latest month first.
    pub(crate) fn segments(&self) -> Vec<(Dataset, Arc<Columns>)> {
        let month =
            |at: i64| Timestamp::from_microsecond(at).unwrap().to_zoned(self.zone()).date().first_of_month();
        let mut months: BTreeMap<_, (columns::Orders, columns::Lines, columns::Returns)> = BTreeMap::new();
        let mut orders = self.orders.clone();
        orders.sort_by_key(|order| (order.at, order.id));
        for order in &orders {
            let (into, lines, _) = months.entry(month(order.at)).or_default();
            push_order(into, order);
            order.lines.iter().enumerate().for_each(|(i, line)| push_line(lines, order, i, line));
        }
        let mut returns: Vec<_> = self.returns.iter().enumerate().collect();
        returns.sort_by_key(|(i, it)| (it.at, *i));
        for (i, it) in returns {
            push_return(&mut months.entry(month(it.at)).or_default().2, i, it);
        }
        let mut segments = vec![(Dataset::Products, Columns::Products(products()))];
        for (orders, lines, returns) in months.into_values().rev() {
            segments.push((Dataset::Returns, Columns::Returns(returns)));
            segments.push((Dataset::Lines, Columns::Lines(lines)));
            segments.push((Dataset::Orders, Columns::Orders(orders)));
        }
        segments.into_iter().map(|(dataset, columns)| (dataset, Arc::new(columns))).collect()
    }
}

pub(crate) fn products() -> columns::Products {
    columns::Products {
        product_id: TITLES.iter().map(|(id, _)| *id).collect(),
        title: TITLES.iter().map(|(_, title)| (*title).to_owned()).collect(),
        vendor: vec!["Acme".to_owned(); TITLES.len()],
        product_type: vec![String::new(); TITLES.len()],
    }
}

fn push_order(into: &mut columns::Orders, order: &Order) {
    into.order_id.push(order.id);
    into.processed_at.push(order.at);
    into.customer_id.push(order.customer);
    into.country.push(country_code(order.country));
    into.subtotal.push(order.lines.iter().map(|line| line.gross - line.discount).sum());
    into.discounts.push(order.lines.iter().map(|line| line.discount).sum());
    into.shipping.push(350);
    into.tax.push(0);
}

fn push_line(into: &mut columns::Lines, order: &Order, i: usize, line: &Line) {
    into.line_id.push(order.id * 100 + i as i64);
    into.order_id.push(order.id);
    into.product_id.push(line.product);
    into.variant_id.push(line.product * 10);
    into.quantity.push(line.quantity);
    into.gross.push(line.gross);
    into.discount.push(line.discount);
    into.gift_card.push(line.gift_card);
}

fn push_return(into: &mut columns::Returns, i: usize, it: &Return) {
    into.refund_line_id.push(5_000 + i as i64);
    into.refund_id.push(700 + i as i64);
    into.processed_at.push(it.at);
    into.order_id.push(it.order_id);
    into.order_processed_at.push(it.order_at);
    into.customer_id.push(it.customer);
    into.country.push(country_code(it.country));
    into.product_id.push(it.product);
    into.variant_id.push(0);
    into.quantity.push(1);
    into.subtotal.push(it.subtotal);
    into.gift_card.push(it.gift_card);
}

/// Instants in 2011 where days, months and offsets change.
const ANCHORS: [&str; 8] = [
    "2011-01-01T00:00:00Z",
    "2011-01-31T23:30:00Z",
    "2011-02-14T12:00:00Z",
    "2011-03-13T07:00:00Z",
    "2011-03-27T01:00:00Z",
    "2011-04-30T23:30:00Z",
    "2011-10-30T01:00:00Z",
    "2011-11-06T06:00:00Z",
];

pub(crate) fn instants() -> impl Strategy<Value = i64> {
    (
        select(&ANCHORS[..]),
        prop_oneof![1 => Just(0_i64), 2 => -60_i64..60],
        prop_oneof![4 => Just(0_i64), 1 => -1_i64..2],
    )
        .prop_map(|(anchor, half_hours, jitter)| {
            let anchor: Timestamp = anchor.parse().unwrap();
            anchor.as_microsecond() + half_hours * 1_800_000_000 + jitter
        })
}

fn lines() -> impl Strategy<Value = Line> {
    let products = select(vec![0_i64, 11, 12, 13, 14]);
    (products, 1_i32..4, 0_i64..300, 0_i64..=100, proptest::bool::weighted(0.1)).prop_map(
        |(product, quantity, price, percent, gift_card)| {
            let gross = price * i64::from(quantity);
            let discount = if percent > 60 { gross * (percent - 60) / 100 } else { 0 };
            Line { product, quantity, gross, discount, gift_card }
        },
    )
}

/// At most 14 orders and 6 returns of at most 5 customers: ties, guests, orders without lines, gift cards, returns
/// after the month's end, of orders that the store no longer knows, and of products not sold.
pub(crate) fn stores() -> impl Strategy<Value = Store> {
    let zones = select(vec!["UTC", "America/New_York", "Europe/London", "Pacific/Auckland"]);
    let order =
        (instants(), 0_i64..6, select(vec!["", "DE", "GB", "US"]), proptest::collection::vec(lines(), 0..4));
    let orders = proptest::collection::vec(order, 0..14);
    let refund = (any::<proptest::sample::Index>(), instants(), select(vec![0_i64, 11, 12, 15]), 0_i64..400);
    let refunds = proptest::collection::vec(
        (refund, proptest::bool::weighted(0.1), proptest::bool::weighted(0.1)),
        0..6,
    );
    (zones, orders, refunds).prop_map(|(zone, orders, refunds)| {
        let orders: Vec<Order> = orders
            .into_iter()
            .enumerate()
            // Ids do not follow time.
            .map(|(i, (at, customer, country, lines))| Order {
                id: 1 + (i as i64 * 7) % 17,
                at,
                customer,
                country,
                lines,
            })
            .collect();
        let returns = refunds
            .into_iter()
            .filter(|_| !orders.is_empty())
            .map(|((order, at, product, subtotal), gift_card, stray)| {
                let of = &orders[order.index(orders.len())];
                let (order_id, order_at) = if stray { (40, of.at - 1) } else { (of.id, of.at) };
                Return {
                    at,
                    order_id,
                    order_at,
                    customer: of.customer,
                    country: of.country,
                    product,
                    subtotal,
                    gift_card,
                }
            })
            .collect();
        Store { zone, orders, returns }
    })
}
