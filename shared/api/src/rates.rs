//! How often one user may ask: a bucket each, in this process, so that counting costs the database nothing.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use domain::ids::UserId;
use jiff::Timestamp;

/// Buckets kept. Past it the full ones go, which are as good as none.
const BUCKETS_MAX: usize = 10_000;
const MINUTE_US: i64 = 60_000_000;

static OF_THIS_PROCESS: LazyLock<Buckets> = LazyLock::new(Buckets::default);

#[derive(Default)]
struct Buckets(Mutex<HashMap<UserId, Bucket>>);

/// What is left is counted in microseconds of refilling, so that no fraction is lost.
#[derive(Clone, Copy)]
struct Bucket {
    filled_us: i64,
    at: Timestamp,
}

/// Takes one request out of the user's bucket of `per_minute`.
///
/// # Errors
/// The seconds until there is one again.
pub(crate) fn take(user: UserId, per_minute: u32, now: Timestamp) -> Result<(), u64> {
    OF_THIS_PROCESS.take(user, per_minute, now)
}

impl Buckets {
    fn take(&self, user: UserId, per_minute: u32, now: Timestamp) -> Result<(), u64> {
        let price_us = MINUTE_US / i64::from(per_minute.max(1));
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&user) {
            buckets.retain(|_, bucket| bucket.filled_at(now) < MINUTE_US);
        }
        let bucket = buckets.entry(user).or_insert(Bucket { filled_us: MINUTE_US, at: now });
        let filled_us = bucket.filled_at(now);
        if filled_us < price_us {
            let wait_us = u64::try_from(price_us - filled_us).unwrap_or(0);
            return Err(wait_us.div_ceil(1_000_000));
        }
        *bucket = Bucket { filled_us: filled_us - price_us, at: now };
        Ok(())
    }
}

impl Bucket {
    fn filled_at(self, now: Timestamp) -> i64 {
        let since_us = now.as_microsecond().saturating_sub(self.at.as_microsecond()).max(0);
        self.filled_us.saturating_add(since_us).min(MINUTE_US)
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::UserId;
    use jiff::{SignedDuration, Timestamp};

    use super::{BUCKETS_MAX, Buckets};

    #[test]
    fn a_bucket_empties_for_its_user_alone_and_fills_again() {
        let (buckets, alice, bob) = (Buckets::default(), UserId::new(), UserId::new());
        let start: Timestamp = "2011-12-09T12:50:00Z".parse().unwrap();
        let later = |seconds| start + SignedDuration::from_secs(seconds);
        assert_eq!((0..1_200).filter(|_| buckets.take(alice, 1_200, start).is_ok()).count(), 1_200);
        assert_eq!(buckets.take(alice, 1_200, start), Err(1));
        assert_eq!(buckets.take(bob, 1_200, start), Ok(()));
        assert_eq!((0..100).filter(|_| buckets.take(alice, 1_200, later(1)).is_ok()).count(), 20);
        assert_eq!((0..2_000).filter(|_| buckets.take(alice, 1_200, later(3_600)).is_ok()).count(), 1_200);
        let slow: Vec<_> = (0..3).map(|_| buckets.take(bob, 2, later(3_600))).collect();
        assert_eq!(slow, [Ok(()), Ok(()), Err(30)]);
    }

    #[test]
    fn forgotten_users_take_no_room() {
        let buckets = Buckets::default();
        let start: Timestamp = "2011-12-09T12:50:00Z".parse().unwrap();
        for _ in 0..BUCKETS_MAX {
            buckets.take(UserId::new(), 1_200, start).unwrap();
        }
        buckets.take(UserId::new(), 1_200, start + SignedDuration::from_secs(60)).unwrap();
        assert_eq!(buckets.0.lock().unwrap().len(), 1);
    }
}
