//! When orders come: growth, seasons, weekdays, Black Friday, a film that sold, a checkout that broke.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::Settings;

/// January to December, 100 is an ordinary month.
const SEASON: [u64; 12] = [85, 82, 90, 95, 100, 95, 86, 88, 100, 108, 150, 158];
/// Days that the checkout was down, in the month of the drop.
const OUTAGE_DAYS: std::ops::RangeInclusive<i8> = 8..=17;
/// Every month sells so much more than the first: 2.6 % of it.
const GROWTH_PERMILLE: u64 = 26;

/// The months of the store's life and what happens in them. Months count from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    pub(super) first_day: Date,
    pub(super) last_day: Date,
    pub(super) months: u32,
    /// The film is seen by many.
    pub(super) film: Option<u32>,
    /// The checkout is down for ten days.
    pub(super) outage: Option<u32>,
    /// The returns of one product explode.
    pub(super) returns: Option<u32>,
    /// Heavy goods ship free from here on.
    pub(super) free_shipping: Option<u32>,
}

impl Calendar {
    pub(super) fn new(settings: &Settings) -> Self {
        let first = settings.end.first_of_month().saturating_sub(i64::from(settings.months - 1).months());
        let back = |months: u32, least: u32| {
            (settings.months >= least).then(|| settings.months.saturating_sub(months))
        };
        Self {
            first_day: first,
            last_day: settings.end,
            months: settings.months,
            film: back(8, 9),
            outage: back(5, 6),
            returns: back(2, 3),
            free_shipping: back(10, 12),
        }
    }

    pub(super) fn month(&self, day: Date) -> u32 {
        let years = i32::from(day.year()) - i32::from(self.first_day.year());
        let months = years * 12 + i32::from(day.month()) - i32::from(self.first_day.month());
        u32::try_from(months).unwrap_or(0)
    }

    /// `2026-09`
    pub(super) fn name(&self, month: u32) -> String {
        let day = self.first_of(month);
        format!("{:04}-{:02}", day.year(), day.month())
    }

    pub(super) fn first_of(&self, month: u32) -> Date {
        self.first_day.saturating_add(i64::from(month).months())
    }

    pub(super) fn is_outage(&self, day: Date) -> bool {
        self.outage == Some(self.month(day)) && OUTAGE_DAYS.contains(&day.day())
    }

    /// The outage's first and last day.
    pub(super) fn outage_days(&self, month: u32) -> (Date, Date) {
        let first = self.first_of(month);
        let day = |of: i8| first.saturating_add(i64::from(of - 1).days());
        (day(*OUTAGE_DAYS.start()), day(*OUTAGE_DAYS.end()))
    }

    pub(super) fn is_black_friday(day: Date) -> bool {
        day.month() == 11 && (22..=30).contains(&day.day())
    }

    /// How many orders each day has; they add up to `orders`.
    pub(super) fn days(&self, orders: u32) -> Vec<(Date, u32)> {
        let days: Vec<Date> =
            self.first_day.series(1.day()).take_while(|day| *day <= self.last_day).collect();
        let total: u128 = days.iter().map(|day| u128::from(self.weight(*day))).sum();
        let (mut seen, mut given) = (0u128, 0u32);
        let counted = days.into_iter().map(|day| {
            seen += u128::from(self.weight(day));
            let due = u32::try_from(u128::from(orders) * seen / total.max(1)).unwrap_or(orders);
            let count = due - given;
            given = due;
            (day, count)
        });
        counted.collect()
    }

    fn weight(&self, day: Date) -> u64 {
        let month = self.month(day);
        let season = SEASON.get(usize::try_from(day.month() - 1).unwrap_or(0)).copied().unwrap_or(100);
        let weekday = match day.weekday() {
            Weekday::Monday => 108,
            Weekday::Tuesday | Weekday::Wednesday => 100,
            Weekday::Thursday => 98,
            Weekday::Friday => 92,
            Weekday::Saturday => 88,
            Weekday::Sunday => 114,
        };
        let special = if Self::is_black_friday(day) { 190 } else { 100 };
        let film = if self.film == Some(month) { 240 } else { 100 };
        let outage = if self.is_outage(day) { 6 } else { 100 };
        (1_000 + GROWTH_PERMILLE * u64::from(month)) * season * weekday * special / 100 * film / 100 * outage
            / 100
    }
}
