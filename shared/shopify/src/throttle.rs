//! Shopify's bucket of points, as far as the last answer told us. Limits are read, never assumed.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::Deserialize;

/// `extensions.cost.throttleStatus`; points and points a second.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Level {
    maximum_available: f64,
    currently_available: f64,
    restore_rate: f64,
}

impl Level {
    /// How long until `cost` points are there, when this level was seen `ago`.
    pub(crate) fn wait(self, cost: f64, ago: Duration) -> Duration {
        let now =
            (self.currently_available + self.restore_rate * ago.as_secs_f64()).min(self.maximum_available);
        // A cost above the whole bucket is Shopify's to refuse; waiting for it would never end.
        let missing = cost.min(self.maximum_available) - now;
        if missing <= 0.0 || self.restore_rate <= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(missing / self.restore_rate).unwrap_or(Duration::ZERO)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Bucket(Mutex<Option<(Level, Instant)>>);

impl Bucket {
    pub(crate) fn saw(&self, level: Level) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((level, Instant::now()));
    }

    pub(crate) fn wait(&self, cost: u32) -> Duration {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.map_or(Duration::ZERO, |(level, at)| level.wait(cost.into(), at.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Level;

    #[test]
    fn a_call_waits_until_its_points_are_back() {
        let level = Level { maximum_available: 2000.0, currently_available: 100.0, restore_rate: 100.0 };
        let cases = [(50, 0, 0), (100, 0, 0), (600, 0, 5000), (600, 2, 3000), (600, 9, 0), (9000, 0, 19000)];
        for (cost, ago, expected_ms) in cases {
            let wait = level.wait(cost.into(), Duration::from_secs(ago));
            assert_eq!(wait, Duration::from_millis(expected_ms), "{cost} after {ago} s");
        }
        let dead = Level { restore_rate: 0.0, ..level };
        assert_eq!(dead.wait(600.0, Duration::ZERO), Duration::ZERO);
    }
}
