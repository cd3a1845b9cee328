//! The customers: where they live, and which of them come back.

use jiff::{SignedDuration, Timestamp};

use super::chance::Chance;
use super::records::Customer;

pub(super) const HOME: &str = "US";
const COUNTRIES: [(&str, u64); 6] = [(HOME, 72), ("CA", 10), ("GB", 8), ("DE", 4), ("AU", 3), ("FR", 3)];
/// Orders without a customer, of a thousand.
const GUESTS: u64 = 55;

const FIRST_NAMES: [&str; 24] = [
    "Ada", "Ben", "Chloe", "Dev", "Elena", "Finn", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Maya",
    "Noah", "Olive", "Priya", "Quinn", "Rosa", "Sam", "Tessa", "Umar", "Vera", "Will", "Zoe",
];
const LAST_NAMES: [&str; 20] = [
    "Abbott", "Baker", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Hughes", "Ito", "Jensen", "Khan",
    "Lopez", "Moreau", "Novak", "Okafor", "Patel", "Rossi", "Schmidt", "Tanaka", "Young",
];

/// Who buys.
pub(super) struct Buyer {
    pub(super) customer: Option<usize>,
    pub(super) country: &'static str,
    pub(super) is_new: bool,
}

/// Customers who may come back. Loyal ones stand here several times; most people never come back at all.
#[derive(Default)]
pub(super) struct Pool {
    tickets: Vec<usize>,
}

impl Pool {
    /// `progress` is how much of the store's life has passed, of a thousand: the older the store, the more return.
    pub(super) fn buyer(
        &mut self,
        chance: &mut Chance,
        customers: &mut Vec<Customer>,
        now: Timestamp,
        progress: u64,
        is_film: bool,
    ) -> Buyer {
        let country = COUNTRIES.get(chance.weighted(COUNTRIES.iter().map(|(_, weight)| *weight)));
        let country = country.map_or(HOME, |(country, _)| *country);
        let is_guest = chance.permille(GUESTS);
        let returns = chance.permille(if is_film { 60 } else { 110 + progress * 340 / 1_000 });
        if is_guest {
            return Buyer { customer: None, country, is_new: true };
        }
        if returns && let Some(known) = self.known(chance) {
            let country = customers.get(known).map_or(HOME, |customer| customer.country);
            return Buyer { customer: Some(known), country, is_new: false };
        }
        let known = customers.len();
        let minutes = chance.between(1, 40);
        customers.push(Customer {
            first_name: chance.pick(&FIRST_NAMES, "Ada"),
            last_name: chance.pick(&LAST_NAMES, "Abbott"),
            country,
            created_at: now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now),
            accepts_marketing: chance.permille(420),
        });
        // One-time, occasional and loyal customers.
        let tickets = chance.pick(&[0, 0, 0, 0, 0, 1, 1, 2, 2, 6], 0);
        self.tickets.extend(std::iter::repeat_n(known, tickets));
        Buyer { customer: Some(known), country, is_new: true }
    }

    /// Someone who comes back, rather lately seen than long ago; now and then it was the last time.
    fn known(&mut self, chance: &mut Chance) -> Option<usize> {
        let count = self.tickets.len() as u64;
        let place = usize::try_from(chance.below(count).max(chance.below(count))).ok()?;
        let is_last = chance.permille(180);
        let known = self.tickets.get(place).copied()?;
        if is_last {
            self.tickets.remove(place);
        }
        Some(known)
    }
}
