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
pub(crate) struct Ledger {
    store: Store,
    clock: Clock,
}

/// What became of delivered messages.
#[derive(Default)]
pub(crate) struct Settlement {
    pub(crate) done: Vec<MessageId>,
    pub(crate) failed: Vec<Failed>,
}

pub(crate) struct Failed {
    pub(crate) id: MessageId,
    pub(crate) reason: &'static str,
    pub(crate) next: Next,
}

/// What a sweep found.
pub(crate) struct Swept {
    pub(crate) leased: Vec<Outgoing>,
    /// When the next row is due, or the next lease ends.
    pub(crate) next_due: Option<Timestamp>,
    /// Whether it looked past now.
    pub(crate) skipped_delays: bool,
}

impl Settlement {
    pub(crate) fn len(&self) -> usize {
        self.done.len() + self.failed.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = MessageId> {
        self.done.iter().copied().chain(self.failed.iter().map(|failed| failed.id))
    }

    pub(crate) fn put_back(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
    }
}

impl Ledger {
    pub(crate) fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Deletes what was handled; names the reason for what was not.
    pub(crate) async fn settle(&self, settlement: &Settlement) -> Result<(), Error> {
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
    pub(crate) async fn sweep(&self, boot: bool, until: Timestamp) -> Result<Swept, Error> {
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
