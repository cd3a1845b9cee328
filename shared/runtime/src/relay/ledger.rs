//! The relay's side of the outbox table.

use domain::clock::Clock;
use domain::ids::MessageId;
use jiff::Timestamp;
use store::Store;
use store::error::Error;
use store::outbox::{self, Next, Outgoing};

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
    pub(super) next: Next,
}

/// What a sweep found.
pub(super) struct Swept {
    pub(super) leased: Vec<Outgoing>,
    /// When the next row is due, or the next lease ends.
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

    /// Deletes what was handled; names the reason for what was not.
    pub(super) async fn settle(&self, settlement: &Settlement) -> Result<(), Error> {
        let mut tx = self.store.system().await?;
        if !settlement.done.is_empty() {
            outbox::acknowledge(&mut tx, &settlement.done).await?;
        }
        for Failed { id, reason, next } in &settlement.failed {
            outbox::fail(&mut tx, *id, reason, *next, self.now()).await?;
        }
        tx.commit().await
    }

    /// Leases what is due at `until`; first takes back, at `boot`, what an earlier process had leased.
    pub(super) async fn sweep(&self, boot: bool, until: Timestamp) -> Result<Swept, Error> {
        let now = self.now();
        let mut tx = self.store.system().await?;
        if boot {
            outbox::take_back(&mut tx, self.store.instance()).await?;
        }
        let leased = outbox::lease_due(&mut tx, self.store.instance(), SWEEP_MAX, until).await?;
        let full = i64::try_from(leased.len()).is_ok_and(|found| found >= SWEEP_MAX);
        let next_due = if full { Some(now) } else { outbox::next_due(&mut tx).await? };
        tx.commit().await?;
        Ok(Swept { leased, next_due, skipped_delays: until > now })
    }
}
