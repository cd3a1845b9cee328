//! The folder's files, written straight into bytes.

use std::fmt::Write;

use domain::money::format_minor;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::catalogue::LINES;
use super::chance::Chance;
use super::records::{Order, Records, Refund};

pub(super) const CURRENCY: &str = "USD";
pub(super) const TIMEZONE: &str = "America/New_York";
const PLACES: u32 = 2;

/// Name and text of every file but the truth.
pub(super) fn all(
    seed: u64,
    records: &Records,
    timezone: &TimeZone,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let files = Files { records, timezone };
    vec![
        ("store.json", files.store(seed, now)),
        ("products.csv", files.products()),
        ("variants.csv", files.variants(seed)),
        ("customers.csv", files.customers()),
        ("orders.csv", files.orders()),
        ("order_lines.csv", files.order_lines()),
        ("refunds.csv", files.refunds()),
        ("refund_lines.csv", files.refund_lines()),
        ("returns.csv", files.returns()),
        ("discounts.csv", files.discounts()),
    ]
}

/// `store.json`; a struct, so that its fields stand in one order in every build.
#[derive(Serialize)]
struct Store {
    name: &'static str,
    myshopify_domain: String,
    currency: &'static str,
    iana_timezone: &'static str,
    plan: &'static str,
    created_at: String,
    now: String,
    source: String,
}

struct Files<'r> {
    records: &'r Records,
    timezone: &'r TimeZone,
}

/// Appends a row; writing into a string cannot fail.
macro_rules! row {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

impl Files<'_> {
    fn time(&self, at: Timestamp) -> String {
        at.display_with_offset(self.timezone.to_offset(at)).to_string()
    }

    fn store(&self, seed: u64, now: Timestamp) -> String {
        let store = Store {
            name: "Alder & Wren",
            myshopify_domain: format!("alder-and-wren-{seed}.myshopify.com"),
            currency: CURRENCY,
            iana_timezone: TIMEZONE,
            plan: "Grow",
            created_at: self.opened(),
            now: now.to_string(),
            source: format!("a twin made up by alatar, seed {seed}"),
        };
        // A struct of texts always has a JSON form.
        let mut text = serde_json::to_string_pretty(&store).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The first midnight of the store's life.
    fn opened(&self) -> String {
        let opened = self.timezone.to_zoned(self.records.calendar.first_day.into());
        opened.map_or_else(|_| String::new(), |opened| self.time(opened.timestamp()))
    }

    fn products(&self) -> String {
        let mut out = "id,title,handle,vendor,product_type,tags,status,created_at,description\n".to_owned();
        let opened = self.opened();
        let mut last = 0;
        for variant in &self.records.variants {
            let (Some(line), false) = (LINES.get(variant.line), variant.product == last) else { continue };
            last = variant.product;
            let (title, handle) = (cell(variant.title), handle(variant.title));
            let (vendor, kind) = (line.vendor, line.product_type);
            let tags = if variant.place == 0 { "bestseller;home" } else { "home" };
            row!(out, "{last},{title},{handle},{vendor},{kind},{tags},ACTIVE,{opened},");
        }
        out
    }

    /// Stock is drawn on its own, so that it does not move when the market does.
    fn variants(&self, seed: u64) -> String {
        let mut out =
            "id,product_id,title,sku,price,compare_at_price,unit_cost,inventory_quantity\n".to_owned();
        let mut chance = Chance::new(seed ^ 0x5709_c4ed);
        for variant in &self.records.variants {
            let cost = variant.cost.map_or_else(String::new, money);
            // Some are sold out, some lie about for years.
            let stock = match chance.below(12) {
                0 => 0,
                1 => chance.between(900, 1_600),
                _ => chance.between(15, 240),
            };
            let stock = if variant.cost.is_none() && variant.name.starts_with('$') {
                String::new()
            } else {
                stock.to_string()
            };
            let (id, product, name, price) =
                (variant.id, variant.product, variant.name, money(variant.price));
            row!(out, "{id},{product},{name},AW-{id:04},{price},,{cost},{stock}");
        }
        out
    }

    fn customers(&self) -> String {
        let mut out =
            "id,email,first_name,last_name,country_code,created_at,tags,accepts_marketing,note\n".to_owned();
        for (customer, id) in self.records.customers.iter().zip(1..) {
            let (first, last, country) = (customer.first_name, customer.last_name, customer.country);
            let (created_at, marketing) = (self.time(customer.created_at), customer.accepts_marketing);
            let (a, b) = (first.to_lowercase(), last.to_lowercase());
            row!(out, "{id},{a}.{b}.{id}@example.com,{first},{last},{country},{created_at},,{marketing},");
        }
        out
    }

    fn orders(&self) -> String {
        let mut out = "id,name,customer_id,created_at,processed_at,cancelled_at,cancel_reason,test,currency,\
                       financial_status,fulfillment_status,source_name,country_code,discount_code,shipping,tax,tags,note,\
                       utm_source,utm_medium,utm_campaign,landing_page,referrer\n"
            .to_owned();
        let mut given_back = vec![0; self.records.orders.len()];
        for refund in &self.records.refunds {
            if let Some(sum) = given_back.get_mut(refund.order) {
                *sum += refund.lines.iter().map(|line| line.quantity).sum::<i64>();
            }
        }
        for (order, given_back) in self.records.orders.iter().zip(given_back) {
            self.order(&mut out, order, given_back);
        }
        out
    }

    fn order(&self, out: &mut String, order: &Order, given_back: i64) {
        let id = order.id;
        let customer = order.customer.map_or_else(String::new, |at| (at + 1).to_string());
        let (created_at, processed_at) = (self.time(order.created_at), self.time(order.processed_at));
        let (cancelled_at, reason) =
            order.cancelled_at.map_or((String::new(), ""), |at| (self.time(at), "CUSTOMER"));
        let sold: i64 = order.lines.iter().map(|line| line.quantity).sum();
        let financial = match given_back {
            0 if order.is_pending => "PENDING",
            0 => "PAID",
            _ if given_back == sold => "REFUNDED",
            _ => "PARTIALLY_REFUNDED",
        };
        let fulfillment =
            if order.cancelled_at.is_some() || order.is_pending { "UNFULFILLED" } else { "FULFILLED" };
        let (test, source, country) = (order.is_test, order.source_name, order.country);
        let code = order.code.as_deref().unwrap_or("");
        let tax = money(order.lines.iter().map(|line| line.tax).sum());
        let (shipping, note) = (money(order.shipping), order.note.map_or_else(String::new, cell));
        let visit = order.visit.as_ref().map_or_else(
            || ",,,,".to_owned(),
            |visit| {
                let landing = visit.landing_page;
                format!("{},{},{},{landing},{}", visit.source, visit.medium, visit.campaign, visit.referrer)
            },
        );
        row!(
            out,
            "{id},#{id},{customer},{created_at},{processed_at},{cancelled_at},{reason},{test},{CURRENCY},{financial},\
             {fulfillment},{source},{country},{code},{shipping},{tax},,{note},{visit}"
        );
    }

    fn order_lines(&self) -> String {
        let mut out =
            "id,order_id,variant_id,title,quantity,unit_price,line_discount,tax,gift_card\n".to_owned();
        for order in &self.records.orders {
            for line in &order.lines {
                let variant = self.records.variants.get(line.variant);
                let (variant, title) =
                    variant.map_or((0, String::new()), |variant| (variant.id, cell(variant.title)));
                let (price, discount, tax) = (money(line.unit_price), money(line.discount), money(line.tax));
                let (id, order, quantity, gift) = (line.id, order.id, line.quantity, line.is_gift_card);
                row!(out, "{id},{order},{variant},{title},{quantity},{price},{discount},{tax},{gift}");
            }
        }
        out
    }

    fn refunds(&self) -> String {
        let mut out = "id,order_id,processed_at,reason,shipping_refunded\n".to_owned();
        for refund in &self.records.refunds {
            let order = self.order_of(refund).map_or(0, |order| order.id);
            let (processed_at, note) = (self.time(refund.processed_at), cell(refund.note));
            row!(out, "{},{order},{processed_at},{note},{}", refund.id, money(refund.shipping));
        }
        out
    }

    fn refund_lines(&self) -> String {
        let mut out = "id,refund_id,order_line_id,quantity,subtotal,tax,restock_type\n".to_owned();
        let mut id = 0;
        for refund in &self.records.refunds {
            for line in &refund.lines {
                id += 1;
                let sold = self
                    .order_of(refund)
                    .and_then(|order| order.lines.get(line.line))
                    .map_or(0, |sold| sold.id);
                let (subtotal, tax) = (money(line.subtotal), money(line.tax));
                row!(
                    out,
                    "{id},{},{sold},{},{subtotal},{tax},{}",
                    refund.id,
                    line.quantity,
                    line.restock_type
                );
            }
        }
        out
    }

    fn returns(&self) -> String {
        let mut out = "id,order_id,order_line_id,quantity,reason,note,created_at\n".to_owned();
        let mut id = 0;
        for refund in self.records.refunds.iter().filter(|refund| !refund.is_cancellation) {
            let Some(order) = self.order_of(refund) else { continue };
            let asked = refund.processed_at.checked_sub(jiff::SignedDuration::from_hours(30));
            let asked = self.time(asked.unwrap_or(refund.processed_at).max(order.processed_at));
            for line in &refund.lines {
                id += 1;
                let sold = order.lines.get(line.line).map_or(0, |sold| sold.id);
                let (quantity, reason, note) = (line.quantity, line.reason, cell(refund.note));
                row!(out, "{id},{},{sold},{quantity},{reason},{note},{asked}", order.id);
            }
        }
        out
    }

    fn discounts(&self) -> String {
        let mut out = "id,code,title,kind,value,starts_at,ends_at,usage_limit\n".to_owned();
        for (code, id) in self.records.codes.iter().zip(1..) {
            let ends_at = code.ends_at.map_or_else(String::new, |at| self.time(at));
            let starts_at = self.time(code.starts_at);
            row!(out, "{id},{},{},percentage,{},{starts_at},{ends_at},", code.code, code.title, code.percent);
        }
        out
    }

    fn order_of(&self, refund: &Refund) -> Option<&Order> {
        self.records.orders.get(refund.order)
    }
}

pub(super) fn money(minor: i64) -> String {
    format_minor(minor.into(), PLACES)
}

/// Quoted where the format wants it.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn handle(title: &str) -> String {
    let words = title.split(|sign: char| !sign.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
