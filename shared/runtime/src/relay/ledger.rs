//! The relay's side of the outbox table.

use domain::clock::Clock;
use domain::ids::MessageId;
use jiff::Timestamp;
use store::{Store, outbox};

/// Rows that one sweep leases.
const SWEEP_MAX: i64 = 500;

#[derive(Clone)]
pub(super) struct Ledger {
    store: Store,
    clock: Clock,
}

/// What became of delivered messages.
#[derive(Default)]
pub(super) struct Settlement {
    pub(super) done: Vec<MessageId>,
    pub(super) failed: Vec<Failed>,
}

pub(super) struct Failed {
    pub(super) id: MessageId,
    pub(super) reason: &'static str,
    /// `None` makes it a dead letter.
    pub(super) retry_at: Option<Timestamp>,
}

/// What a sweep found.
pub(super) struct Swept {
    pub(super) leased: Vec<outbox::Leased>,
    /// When the next row is due that nobody has leased.
    pub(super) next_due: Option<Timestamp>,
    /// Whether it looked past now.
    pub(super) skipped_delays: bool,
}

impl Settlement {
    pub(super) fn len(&self) -> usize {
        self.done.len() + self.failed.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = MessageId> {
        self.done.iter().copied().chain(self.failed.iter().map(|failed| failed.id))
    }

    pub(super) fn put_back(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
    }
}

impl Ledger {
    pub(super) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Deletes what was handled; counts a delivery, and names the reason, for what was not.
    pub(super) async fn settle(&self, settlement: &Settlement) -> Result<(), store::Error> {
        let mut tx = self.store.system().await?;
        if !settlement.done.is_empty() {
            outbox::acknowledge(&mut tx, &settlement.done).await?;
        }
        for Failed { id, reason, retry_at } in &settlement.failed {
            outbox::fail(&mut tx, *id, reason, *retry_at, self.now()).await?;
        }
        tx.commit().await
    }

    /// Leases what is due at `until`; first takes back, at `boot`, what an earlier process had leased.
    pub(super) async fn sweep(&self, boot: bool, until: Timestamp) -> Result<Swept, store::Error> {
        let now = self.now();
        let mut tx = self.store.system().await?;
        if boot {
            outbox::take_back(&mut tx).await?;
        }
        let leased = outbox::lease_due(&mut tx, SWEEP_MAX, until).await?;
        let full = i64::try_from(leased.len()).is_ok_and(|found| found >= SWEEP_MAX);
        let next_due = if full { Some(now) } else { outbox::next_due(&mut tx).await? };
        tx.commit().await?;
        Ok(Swept { leased, next_due, skipped_delays: until > now })
    }
}
