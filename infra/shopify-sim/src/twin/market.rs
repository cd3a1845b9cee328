//! The market: who comes, what they buy, what it costs them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::calendar::Calendar;
use super::catalogue::{FILMED, GIFT_CARDS, HEAVY, LINES, variants};
use super::chance::Chance;
use super::people::{self, Pool};
use super::records::{Line, Order, Records, Visit};
use super::{codes, returns};

/// Shipping, in cents.
const SHIPPING_HOME: i64 = 595;
const SHIPPING_ABROAD: i64 = 1_495;
/// What the carrier takes for a heavy parcel, and what customers paid for it before it was free.
pub(super) const SHIPPING_HEAVY: i64 = 2_490;
/// Orders of this value ship free within the country.
const FREE_FROM: i64 = 10_000;
/// Sales tax in the United States, in hundredths of a percent.
const TAX_RATE: i64 = 725;
const FIRST_ORDER: i64 = 1_001;

/// Orders of an hour, from midnight on: an evening shop, with orders on both sides of midnight.
const HOURS: [u64; 24] =
    [26, 14, 8, 5, 4, 6, 12, 22, 34, 44, 52, 56, 60, 58, 54, 52, 50, 52, 58, 70, 84, 88, 70, 46];

const NOTES: [&str; 10] = [
    "Please leave the parcel with the concierge",
    "Gift, please no invoice inside",
    "Birthday present, could you add a card?",
    "The last parcel arrived damaged, please pack it well",
    "Can this arrive before Friday?",
    "Second order this month, love the scent",
    "Please use less plastic",
    "Delivery was slow last time",
    "Ring the bell twice",
    "Is the shirt true to size? I took one larger",
];

pub(super) struct Market {
    pub(super) chance: Chance,
    pub(super) records: Records,
    pub(super) timezone: TimeZone,
    /// The last instant of the store's life.
    pub(super) end: Timestamp,
    pool: Pool,
    orders: u32,
    next_line: i64,
}

impl Market {
    pub(super) fn new(
        seed: u64,
        orders: u32,
        calendar: Calendar,
        timezone: TimeZone,
        end: Timestamp,
    ) -> Self {
        let codes = codes::all(&calendar, &timezone);
        let records = Records {
            calendar,
            variants: variants(),
            customers: Vec::new(),
            orders: Vec::with_capacity(orders as usize),
            refunds: Vec::new(),
            codes,
        };
        Self {
            chance: Chance::new(seed),
            records,
            timezone,
            end,
            pool: Pool::default(),
            orders,
            next_line: 1,
        }
    }

    /// The store's whole life.
    pub(super) fn run(mut self) -> Records {
        for (day, count) in self.records.calendar.days(self.orders) {
            let mut seconds: Vec<i64> = (0..count).map(|_| self.second_of_day()).collect();
            seconds.sort_unstable();
            for second in seconds {
                self.order(day, second);
            }
        }
        returns::settle(&mut self);
        self.records
    }

    fn second_of_day(&mut self) -> i64 {
        let hour = self.chance.weighted(HOURS.iter().copied());
        i64::try_from(hour).unwrap_or(0) * 3_600 + self.chance.between(0, 3_599)
    }

    /// A time of the shop's day as an instant; what the clock skips in spring comes an hour later.
    pub(super) fn instant(&self, day: Date, second: i64) -> Timestamp {
        let time = DateTime::from(day).saturating_add(SignedDuration::from_secs(second));
        self.timezone.to_ambiguous_zoned(time).compatible().map_or(self.end, |zoned| zoned.timestamp())
    }

    fn order(&mut self, day: Date, second: i64) {
        let calendar = self.records.calendar;
        let month = calendar.month(day);
        let created_at = self.instant(day, second).min(self.end);
        let number = self.records.orders.len();
        let is_film = calendar.film == Some(month) && self.chance.permille(520);
        let is_counter = calendar.is_outage(day) || self.chance.permille(35);
        let progress = u64::from(month) * 1_000 / u64::from(calendar.months);
        let buyer =
            self.pool.buyer(&mut self.chance, &mut self.records.customers, created_at, progress, is_film);
        let code = codes::choose(&mut self.chance, &self.records.codes, created_at, day, buyer.is_new);
        let lines = self.lines(day, is_film, code.as_ref().map_or(0, |(_, percent)| *percent), buyer.country);
        let (note, visit) = (self.note(), self.visit(day, is_film, is_counter, buyer.is_new));
        let shipping = if is_counter { 0 } else { self.shipping(month, buyer.country, &lines) };
        let delay = SignedDuration::from_secs(self.chance.between(0, 25));
        // One in the middle at least, so that every twin has one.
        let is_test = self.chance.permille(3) || number == self.orders as usize / 2;
        self.records.orders.push(Order {
            id: FIRST_ORDER + i64::try_from(number).unwrap_or(0),
            customer: buyer.customer,
            created_at,
            processed_at: created_at.checked_add(delay).unwrap_or(created_at).min(self.end),
            cancelled_at: None,
            is_test,
            is_pending: self.chance.permille(8),
            country: buyer.country,
            source_name: if is_counter { "pos" } else { "web" },
            code: code.map(|(code, _)| code),
            shipping,
            note,
            visit,
            lines,
        });
    }

    fn lines(&mut self, day: Date, is_film: bool, percent: i64, country: &str) -> Vec<Line> {
        let count = 1 + self.chance.weighted([58, 26, 11, 5].into_iter());
        let month = usize::try_from(day.month() - 1).unwrap_or(0);
        let mut lines: Vec<Line> = Vec::with_capacity(count);
        for at in 0..count {
            let of = self.chance.weighted(
                LINES.iter().map(|line| line.weight * line.season.get(month).copied().unwrap_or(100)),
            );
            let of = if is_film && at == 0 { FILMED.0 } else { of };
            let start = self.records.variants.partition_point(|variant| variant.line < of);
            let end = self.records.variants.partition_point(|variant| variant.line <= of);
            let choice = self.records.variants.get(start..end).unwrap_or_default();
            let place = start + self.chance.weighted(choice.iter().map(|variant| variant.weight));
            let place = if is_film && at == 0 { start } else { place };
            if lines.iter().any(|line| line.variant == place) {
                continue;
            }
            let quantity = 1 + i64::try_from(self.chance.weighted([85, 11, 4].into_iter())).unwrap_or(0);
            let Some(variant) = self.records.variants.get(place) else { continue };
            let is_gift_card = variant.line == GIFT_CARDS;
            let gross = variant.price * quantity;
            let discount = if is_gift_card { 0 } else { (gross * percent + 50) / 100 };
            let is_taxed = country == "US" && !is_gift_card;
            let tax = if is_taxed { ((gross - discount) * TAX_RATE + 5_000) / 10_000 } else { 0 };
            lines.push(Line {
                id: self.next_line,
                variant: place,
                is_gift_card,
                quantity,
                unit_price: variant.price,
                discount,
                tax,
            });
            self.next_line += 1;
        }
        lines
    }

    fn shipping(&self, month: u32, country: &str, lines: &[Line]) -> i64 {
        let value: i64 = lines.iter().map(Line::net).sum();
        let is_free = self.records.calendar.free_shipping.is_some_and(|from| month >= from);
        if lines.iter().all(|line| line.is_gift_card) {
            0
        } else if lines.iter().any(|line| is_heavy(&self.records, line)) {
            if is_free { 0 } else { SHIPPING_HEAVY }
        } else if country != people::HOME {
            SHIPPING_ABROAD
        } else if value >= FREE_FROM {
            0
        } else {
            SHIPPING_HOME
        }
    }

    fn note(&mut self) -> Option<&'static str> {
        let has_note = self.chance.permille(60);
        let note = self.chance.pick(&NOTES, "");
        has_note.then_some(note)
    }

    fn visit(&mut self, day: Date, is_film: bool, is_counter: bool, is_new: bool) -> Option<Visit> {
        let weights = if is_new { [34, 22, 16, 4, 24] } else { [14, 10, 8, 38, 30] };
        let kind = self.chance.weighted(weights.into_iter());
        let month = format!("{:04}-{:02}", day.year(), day.month());
        let (source, medium, campaign, landing_page, referrer) = match kind {
            _ if is_counter => return None,
            _ if is_film => (
                "tiktok",
                "social",
                "founders-film".to_owned(),
                "/products/cedar-smoke-candle",
                "https://www.tiktok.com/",
            ),
            0 => ("google", "cpc", "brand".to_owned(), "/", "https://www.google.com/"),
            1 => (
                "instagram",
                "social",
                format!("stories-{month}"),
                "/collections/candles",
                "https://l.instagram.com/",
            ),
            2 => ("google", "organic", String::new(), "/", "https://www.google.com/"),
            3 => ("newsletter", "email", format!("letter-{month}"), "/collections/new", ""),
            _ => return None,
        };
        Some(Visit { source, medium, campaign, landing_page, referrer })
    }
}

pub(super) fn is_heavy(records: &Records, line: &Line) -> bool {
    records.variants.get(line.variant).is_some_and(|variant| variant.line == HEAVY)
}
