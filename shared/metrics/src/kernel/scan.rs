//! The loops.

use std::ops::Range;

use jiff::civil::Date;

use super::filters::Filters;
use super::groups::{Axes, Groups};
use crate::catalogue::{CustomerType, Dimension, Metric};
use crate::period::{Period, Slices};
use crate::query::{Error, MetricQuery};
use crate::snapshot::{NONE, Snapshot};

/// A period's orders and returns, cut into slices of time; one slice where rows are not cut by time.
pub(super) struct Window {
    pub(super) starts: Vec<Date>,
    orders: Vec<usize>,
    returns: Vec<usize>,
}

impl Window {
    pub(super) fn new(snapshot: &Snapshot, period: &Period, time: Option<Dimension>) -> Result<Self, Error> {
        let slices = match time.and_then(Dimension::grain) {
            Some(grain) => Slices::new(period, grain, &snapshot.zone)?,
            None => {
                let (from, to) = period.to_instants(&snapshot.zone)?;
                Slices { starts: vec![period.from], bounds: vec![from, to] }
            }
        };
        let orders = slices.cut(&snapshot.orders.processed_at);
        let returns = slices.cut(&snapshot.returns.processed_at);
        Ok(Self { starts: slices.starts, orders, returns })
    }

    /// All orders of the period.
    pub(super) fn orders(&self) -> Range<usize> {
        self.orders.first().copied().unwrap_or(0)..self.orders.last().copied().unwrap_or(0)
    }

    /// The first order after a slice.
    fn orders_end(&self, slice: usize) -> usize {
        self.orders.get(slice + 1).copied().unwrap_or(0)
    }
}

/// Everything that the query's metrics need, by group.
pub(super) fn scan(
    snapshot: &Snapshot,
    query: &MetricQuery,
    filters: &Filters,
    window: &Window,
    axes: &Axes,
) -> Groups {
    let asks = |metrics: &[Metric]| query.metrics.iter().any(|metric| metrics.contains(metric));
    let mut scan = Scan {
        snapshot,
        filters,
        groups: Groups::new(axes),
        customers: asks(&[Metric::Customers, Metric::ReturningCustomers, Metric::RepeatPurchaseRate])
            .then(Vec::new),
        time: axes.stride(Dimension::is_time),
        country: axes.stride(|it| it == Dimension::Country),
        kind: axes.stride(|it| it == Dimension::CustomerType),
        product: axes.stride(|it| it == Dimension::Product),
    };
    for (slice, bounds) in window.orders.array_windows().enumerate() {
        let [from, to] = *bounds;
        if scan.product > 0 || filters.by_product() {
            scan.lines(slice, from..to);
        } else {
            scan.orders(slice, from..to);
        }
    }
    if asks(&[Metric::Returns, Metric::NetSales]) {
        for (slice, bounds) in window.returns.array_windows().enumerate() {
            let [from, to] = *bounds;
            scan.returns(slice, from..to);
        }
    }
    scan.count_customers(window, axes)
}

struct Scan<'a> {
    snapshot: &'a Snapshot,
    filters: &'a Filters,
    groups: Groups,
    /// Slot and customer of each order counted, where customers are asked for.
    customers: Option<Vec<(u32, u32)>>,
    /// What one step of each dimension's code adds to a group's place.
    time: u64,
    country: u64,
    kind: u64,
    product: u64,
}

impl Scan<'_> {
    /// Whole orders: their lines are summed already.
    fn orders(&mut self, slice: usize, range: Range<usize>) {
        let orders = &self.snapshot.orders;
        for order in range {
            let (kind, country) = (orders.kind[order], orders.country[order]);
            if self.filters.keeps_order(kind, country) {
                let slot = self.groups.slot(self.place(slice, kind, country));
                let sums = &mut self.groups.sums[slot];
                sums.gross += orders.gross[order];
                sums.discounts += orders.discount[order];
                sums.units += orders.units[order];
                sums.lines += i64::from(orders.lines_from[order + 1] - orders.lines_from[order]);
                self.count_order(slot, order);
            }
        }
    }

    /// Line by line: an order counts once in each group of which it has a line.
    fn lines(&mut self, slice: usize, range: Range<usize>) {
        let (orders, lines) = (&self.snapshot.orders, &self.snapshot.lines);
        for order in range {
            let (kind, country) = (orders.kind[order], orders.country[order]);
            if !self.filters.keeps_order(kind, country) {
                continue;
            }
            let place = self.place(slice, kind, country);
            let of_order = orders.lines_from[order] as usize..orders.lines_from[order + 1] as usize;
            let amounts = lines.gross[of_order.clone()].iter().zip(&lines.discount[of_order.clone()]);
            let sold = lines.product[of_order.clone()].iter().zip(&lines.quantity[of_order]);
            for ((product, quantity), (gross, discount)) in sold.zip(amounts) {
                if self.filters.keeps_product(*product) {
                    let slot = self.groups.slot(place + u64::from(*product) * self.product);
                    let sums = &mut self.groups.sums[slot];
                    sums.gross += gross;
                    sums.discounts += discount;
                    sums.units += i64::from(*quantity);
                    sums.lines += 1;
                    if sums.last_order as usize != order {
                        self.count_order(slot, order);
                    }
                }
            }
        }
    }

    fn returns(&mut self, slice: usize, range: Range<usize>) {
        let returns = &self.snapshot.returns;
        for row in range {
            let (kind, country, product) = (returns.kind[row], returns.country[row], returns.product[row]);
            if self.filters.keeps_order(kind, country) && self.filters.keeps_product(product) {
                let place = self.place(slice, kind, country) + u64::from(product) * self.product;
                let slot = self.groups.slot(place);
                let sums = &mut self.groups.sums[slot];
                sums.returns += returns.subtotal[row];
                sums.returned_lines += 1;
            }
        }
    }

    fn place(&self, slice: usize, kind: CustomerType, country: u32) -> u64 {
        slice as u64 * self.time + kind as u64 * self.kind + u64::from(country) * self.country
    }

    fn count_order(&mut self, slot: usize, order: usize) {
        let orders = &self.snapshot.orders;
        let sums = &mut self.groups.sums[slot];
        sums.last_order = order as u32;
        sums.orders += 1;
        sums.new_customers += i64::from(orders.kind[order] == CustomerType::New);
        let customer = orders.customer[order];
        if let Some(customers) = self.customers.as_mut().filter(|_| customer != NONE) {
            customers.push((slot as u32, customer));
        }
    }

    /// Counts each customer once in each group: sorted by group, a customer seen before carries the group's mark.
    fn count_customers(mut self, window: &Window, axes: &Axes) -> Groups {
        let pairs = self.customers.take().unwrap_or_default();
        let mut ends = vec![0_usize; self.groups.sums.len() + 1];
        for (slot, _) in &pairs {
            ends[*slot as usize + 1] += 1;
        }
        for slot in 1..ends.len() {
            ends[slot] += ends[slot - 1];
        }
        let mut sorted = vec![0_u32; pairs.len()];
        for (slot, customer) in &pairs {
            let place = &mut ends[*slot as usize];
            sorted[*place] = *customer;
            *place += 1;
        }
        // Each slot's begin has moved to its end, which is the next one's begin.
        let mut marks = vec![NONE; self.snapshot.second_orders.len()];
        let mut from = 0;
        for (slot, sums) in self.groups.sums.iter_mut().enumerate() {
            let time_ends = window.orders_end(axes.slice(self.groups.places[slot]));
            for customer in &sorted[from..ends[slot]] {
                let mark = &mut marks[*customer as usize];
                if *mark != slot as u32 {
                    *mark = slot as u32;
                    sums.customers += 1;
                    let second = self.snapshot.second_orders[*customer as usize];
                    sums.repeaters += i64::from(second != NONE && (second as usize) < time_ends);
                }
            }
            from = ends[slot];
        }
        self.groups
    }
}
