//! Snapshots in memory, so that a second question over the same facts reads nothing. Bounded by bytes; a tenant's
//! snapshot is found under its tenant alone.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use domain::digest::Digest;
use domain::ids::UserId;
use metrics::columns::Dataset;
use metrics::snapshot::Snapshot;
use store::segments::SegmentRef;

/// What all snapshots of a process may take.
const CACHE_BYTES_MAX: usize = 192 * 1024 * 1024;

static SHARED: LazyLock<Cache> = LazyLock::new(|| Cache::new(CACHE_BYTES_MAX));

/// The least recently used go first. Cheap to clone; clones share.
#[derive(Clone)]
pub struct Cache(Arc<Mutex<Kept>>);

struct Kept {
    bytes_max: usize,
    bytes: usize,
    clock: u64,
    entries: HashMap<(UserId, Digest), Entry>,
}

struct Entry {
    snapshot: Arc<Snapshot>,
    bytes: usize,
    used: u64,
}

impl Cache {
    pub fn new(bytes_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Kept { bytes_max, bytes: 0, clock: 0, entries: HashMap::new() })))
    }

    /// The one of this process.
    pub fn shared() -> Self {
        SHARED.clone()
    }

    pub fn get(&self, user: UserId, digest: Digest) -> Option<Arc<Snapshot>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let used = kept.clock;
        let entry = kept.entries.get_mut(&(user, digest))?;
        entry.used = used;
        Some(Arc::clone(&entry.snapshot))
    }

    /// Keeps a snapshot of about `bytes`; one that is larger than everything allowed is not kept.
    pub fn put(&self, user: UserId, snapshot: &Arc<Snapshot>, bytes: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (user, snapshot.digest());
        if bytes > kept.bytes_max || kept.entries.contains_key(&key) {
            return;
        }
        while kept.bytes + bytes > kept.bytes_max {
            let Some(oldest) = kept.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key)
            else {
                break;
            };
            let gone = kept.entries.remove(&oldest).map_or(0, |entry| entry.bytes);
            kept.bytes = kept.bytes.saturating_sub(gone);
        }
        kept.clock += 1;
        let used = kept.clock;
        kept.bytes += bytes;
        kept.entries.insert(key, Entry { snapshot: Arc::clone(snapshot), bytes, used });
    }
}

/// What a snapshot of these segments takes in memory, generously.
pub fn bytes(segments: &[SegmentRef]) -> usize {
    let row = |dataset| match dataset {
        Dataset::Orders => 128,
        Dataset::Lines => 32,
        Dataset::Returns => 48,
        Dataset::Products => 160,
    };
    let rows = |segment: &SegmentRef| usize::try_from(segment.rows).unwrap_or(usize::MAX);
    segments
        .iter()
        .map(|segment| rows(segment).saturating_mul(row(segment.dataset)))
        .fold(0, usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::digest::Digest;
    use domain::ids::UserId;
    use domain::money::Currency;
    use metrics::snapshot::{ShopClock, Snapshot};

    use super::Cache;

    fn snapshot(name: &str) -> Arc<Snapshot> {
        let clock = ShopClock { timezone: "UTC".to_owned(), currency: Currency::parse("EUR").unwrap() };
        Arc::new(Snapshot::new(clock, Digest::of(name.as_bytes()), Vec::new()).unwrap())
    }

    fn has(cache: &Cache, user: UserId, name: &str) -> bool {
        cache.get(user, Digest::of(name.as_bytes())).is_some()
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let (cache, alice) = (Cache::new(30), UserId::new());
        for name in ["a", "b", "c"] {
            cache.put(alice, &snapshot(name), 10);
        }
        assert!(has(&cache, alice, "a"));
        cache.put(alice, &snapshot("d"), 10);
        let kept = ["a", "b", "c", "d"].map(|name| has(&cache, alice, name));
        assert_eq!(kept, [true, false, true, true]);
        cache.put(alice, &snapshot("e"), 30);
        assert_eq!(["a", "c", "d", "e"].map(|name| has(&cache, alice, name)), [false, false, false, true]);
    }

    #[test]
    fn what_is_larger_than_everything_allowed_is_not_kept() {
        let (cache, alice) = (Cache::new(30), UserId::new());
        cache.put(alice, &snapshot("a"), 10);
        cache.put(alice, &snapshot("huge"), 31);
        assert_eq!(["a", "huge"].map(|name| has(&cache, alice, name)), [true, false]);
    }

    #[test]
    fn bob_does_not_find_alices_snapshot_by_its_name() {
        let (cache, alice, bob) = (Cache::new(30), UserId::new(), UserId::new());
        cache.put(alice, &snapshot("a"), 10);
        assert!(has(&cache, alice, "a"));
        assert!(!has(&cache, bob, "a"));
    }
}
