//! Segments into a snapshot, each fact checked against the others on the way.

use std::collections::HashMap;
use std::sync::Arc;

use domain::digest::Digest;
use jiff::tz::TimeZone;

use super::codes::{Codes, index};
use super::{Error, Lines, NONE, Orders, Product, Returns, ShopClock, Snapshot};
use crate::catalogue::CustomerType;
use crate::columns::{self, Columns, Dataset};

pub(super) fn snapshot(
    shop: &ShopClock,
    digest: Digest,
    segments: &[(Dataset, Arc<Columns>)],
) -> Result<Snapshot, Error> {
    let zone = TimeZone::get(&shop.timezone).map_err(|_| Error::Timezone(shop.timezone.clone()))?;
    let sorted = Sorted::new(segments)?;
    sorted.check_amounts()?;
    let countries = sorted.countries();
    let mut build = Build { products: Codes::with_capacity(sorted.product_rows()), ..Build::default() };
    build.orders(&sorted.orders, &countries)?;
    build.lines(&sorted.lines)?;
    build.returns(&sorted.returns, &countries)?;
    let products = build.finish_products(&sorted.products)?;
    Ok(Snapshot {
        zone,
        currency: shop.currency,
        digest,
        orders: build.orders,
        lines: build.lines,
        returns: build.returns,
        second_orders: build.second_orders,
        products,
        countries,
    })
}

/// The segments by dataset, those with rows only, orders and returns by time.
#[derive(Default)]
struct Sorted<'a> {
    orders: Vec<&'a columns::Orders>,
    lines: Vec<&'a columns::Lines>,
    returns: Vec<&'a columns::Returns>,
    products: Vec<&'a columns::Products>,
}

impl<'a> Sorted<'a> {
    fn new(segments: &'a [(Dataset, Arc<Columns>)]) -> Result<Self, Error> {
        let mut sorted = Self::default();
        for (said, columns) in segments {
            if *said != columns.dataset() {
                return Err(Error::Mislabelled { said: *said, held: columns.dataset() });
            }
            columns.check()?;
            if columns.rows() > 0 {
                match columns.as_ref() {
                    Columns::Orders(it) => sorted.orders.push(it),
                    Columns::Lines(it) => sorted.lines.push(it),
                    Columns::Returns(it) => sorted.returns.push(it),
                    Columns::Products(it) => sorted.products.push(it),
                }
            }
        }
        sorted.orders.sort_by_key(|it| (it.processed_at.first(), it.order_id.first()));
        sorted
            .returns
            .sort_by_key(|it| (it.processed_at.first(), it.refund_id.first(), it.refund_line_id.first()));
        let orders = |[one, next]: &[&columns::Orders; 2]| {
            (one.processed_at.last(), one.order_id.last())
                < (next.processed_at.first(), next.order_id.first())
        };
        if !sorted.orders.array_windows().all(orders) {
            return Err(Error::Overlap(Dataset::Orders));
        }
        let returns = |[one, next]: &[&columns::Returns; 2]| {
            (one.processed_at.last(), one.refund_id.last(), one.refund_line_id.last())
                < (next.processed_at.first(), next.refund_id.first(), next.refund_line_id.first())
        };
        if !sorted.returns.array_windows().all(returns) {
            return Err(Error::Overlap(Dataset::Returns));
        }
        Ok(sorted)
    }

    /// Sees to it once that no sum of amounts, in whatever selection, can overflow: not even all of them together
    /// without their signs do.
    fn check_amounts(&self) -> Result<(), Error> {
        let of_orders = self.orders.iter().flat_map(|it| [&it.subtotal, &it.discounts]);
        let of_lines = self.lines.iter().flat_map(|it| [&it.gross, &it.discount]);
        let of_returns = self.returns.iter().map(|it| &it.subtotal);
        let columns = of_orders.chain(of_lines).chain(of_returns);
        let sum: u128 = columns.flatten().map(|amount| u128::from(amount.unsigned_abs())).sum();
        i64::try_from(sum).map(|_| ()).map_err(|_| Error::TooLarge)
    }

    fn product_rows(&self) -> usize {
        self.products.iter().map(|it| it.product_id.len()).sum()
    }

    /// All countries, sorted, without "unknown".
    fn countries(&self) -> Vec<u16> {
        let mut seen = vec![false; usize::from(u16::MAX) + 1];
        let columns =
            self.orders.iter().map(|it| &it.country).chain(self.returns.iter().map(|it| &it.country));
        for code in columns.flatten() {
            seen[usize::from(*code)] = true;
        }
        (1..=u16::MAX).filter(|code| seen[usize::from(*code)]).collect()
    }
}

#[derive(Default)]
struct Build {
    order_ids: Vec<i64>,
    customers: Codes,
    /// The place of each customer's first order, and of the second or `NONE`.
    first_orders: Vec<u32>,
    second_orders: Vec<u32>,
    products: Codes,
    orders: Orders,
    lines: Lines,
    returns: Returns,
}

impl Build {
    fn orders(&mut self, months: &[&columns::Orders], countries: &[u16]) -> Result<(), Error> {
        for month in months {
            self.order_ids.extend(&month.order_id);
            self.orders.processed_at.extend(&month.processed_at);
            self.orders.subtotal.extend(&month.subtotal);
            self.orders.discounts.extend(&month.discounts);
            self.orders.country.extend(month.country.iter().map(|code| country(countries, *code)));
            for customer in &month.customer_id {
                let place = index(self.orders.customer.len())?;
                let (code, is_new) = self.customers.code(*customer)?;
                self.orders.customer.push(code);
                self.orders.kind.push(match (code, is_new) {
                    (NONE, _) => CustomerType::Unknown,
                    (_, true) => CustomerType::New,
                    (_, false) => CustomerType::Returning,
                });
                if is_new {
                    self.first_orders.push(place);
                    self.second_orders.push(NONE);
                } else if let Some(second) = self.second_orders.get_mut(code as usize) {
                    *second = place.min(*second);
                }
            }
        }
        let mut ids = self.order_ids.clone();
        ids.sort_unstable();
        match ids.array_windows().find(|[one, next]| one == next) {
            Some([twice, _]) => Err(Error::DuplicateOrder(*twice)),
            None => Ok(()),
        }
    }

    /// Walks orders and lines side by side: a line whose order does not come is a stray.
    fn lines(&mut self, months: &[&columns::Lines]) -> Result<(), Error> {
        let mut order = 0;
        let mut sums = Sums::default();
        for month in self.in_turn(months)? {
            let amounts = month.gross.iter().zip(&month.discount).zip(&month.quantity);
            let rows = month.order_id.iter().zip(&month.product_id).zip(&month.gift_card).zip(amounts);
            for (((id, product), gift_card), ((gross, discount), quantity)) in rows {
                while self.order_ids.get(order) != Some(id) {
                    self.close_order(&mut sums)?;
                    order += 1;
                    if order >= self.order_ids.len() {
                        return Err(Error::StrayLines(*id));
                    }
                }
                sums.subtotal += gross - discount;
                sums.all_discounts += discount;
                if !gift_card {
                    sums.gross += gross;
                    sums.discount += discount;
                    sums.units += i64::from(*quantity);
                    sums.lines += 1;
                    let (code, _) = self.products.code(*product)?;
                    self.lines.product.push(code);
                    self.lines.quantity.push(*quantity);
                    self.lines.gross.push(*gross);
                    self.lines.discount.push(*discount);
                }
            }
        }
        for _ in order..self.order_ids.len() {
            self.close_order(&mut sums)?;
        }
        self.orders.lines_from.push(index(self.lines.product.len())?);
        Ok(())
    }

    /// The segments of lines in the order of their first orders.
    fn in_turn<'a>(&self, months: &[&'a columns::Lines]) -> Result<Vec<&'a columns::Lines>, Error> {
        let mut by_first: HashMap<i64, &columns::Lines> = HashMap::with_capacity(months.len());
        for month in months {
            let first = month.order_id.first().copied().unwrap_or_default();
            if by_first.insert(first, month).is_some() {
                return Err(Error::StrayLines(first));
            }
        }
        let sorted = self.order_ids.iter().filter_map(|id| by_first.remove(id)).collect();
        match by_first.keys().min() {
            Some(stray) => Err(Error::StrayLines(*stray)),
            None => Ok(sorted),
        }
    }

    fn close_order(&mut self, sums: &mut Sums) -> Result<(), Error> {
        let sums = std::mem::take(sums);
        self.orders.lines_from.push(index(self.lines.product.len() - sums.lines)?);
        self.orders.gross.push(sums.gross);
        self.orders.discount.push(sums.discount);
        self.orders.units.push(sums.units);
        self.orders.subtotal_of_lines.push(sums.subtotal);
        self.orders.discounts_of_lines.push(sums.all_discounts);
        Ok(())
    }

    fn returns(&mut self, months: &[&columns::Returns], countries: &[u16]) -> Result<(), Error> {
        for month in months {
            for row in (0..month.refund_line_id.len()).filter(|row| !month.gift_card[*row]) {
                let original = (month.order_processed_at[row], month.order_id[row]);
                let kind = self.kind_of(month.customer_id[row], original);
                let (product, _) = self.products.code(month.product_id[row])?;
                self.returns.processed_at.push(month.processed_at[row]);
                self.returns.kind.push(kind);
                self.returns.country.push(country(countries, month.country[row]));
                self.returns.product.push(product);
                self.returns.subtotal.push(month.subtotal[row]);
            }
        }
        index(self.returns.product.len())?;
        Ok(())
    }

    /// The type of an order that may itself not be here: it is the first if no order that is here came before it.
    fn kind_of(&self, customer: i64, original: (i64, i64)) -> CustomerType {
        if customer == 0 {
            return CustomerType::Unknown;
        }
        let first = self.customers.find(customer).and_then(|code| self.first_orders.get(code as usize));
        match first.map(|place| *place as usize) {
            Some(place) if original > (self.orders.processed_at[place], self.order_ids[place]) => {
                CustomerType::Returning
            }
            Some(_) | None => CustomerType::New,
        }
    }

    /// Gives products their codes in the order of their ids, and "unknown" the one after the last.
    fn finish_products(&mut self, segments: &[&columns::Products]) -> Result<Vec<Product>, Error> {
        let mut titles: HashMap<i64, &str> = HashMap::new();
        for segment in segments {
            for (id, title) in segment.product_id.iter().zip(&segment.title) {
                if titles.insert(*id, title).is_some() {
                    return Err(Error::DuplicateProduct(*id));
                }
            }
        }
        let (ids, renumbered) = std::mem::take(&mut self.products).into_sorted()?;
        let unknown = index(ids.len())?;
        for code in self.lines.product.iter_mut().chain(&mut self.returns.product) {
            *code = renumbered.get(*code as usize).copied().unwrap_or(unknown);
        }
        let products =
            ids.into_iter().map(|id| Product { id, title: titles.get(&id).map(|title| Box::from(*title)) });
        Ok(products.collect())
    }
}

/// What the lines of one order come to.
#[derive(Default)]
struct Sums {
    gross: i64,
    discount: i64,
    units: i64,
    lines: usize,
    subtotal: i64,
    all_discounts: i64,
}

fn country(countries: &[u16], letters: u16) -> u32 {
    let place = countries.binary_search(&letters).unwrap_or(countries.len());
    // At most as many as there are numbers of 16 bits.
    u32::try_from(place).unwrap_or(NONE)
}
