//! The dispatcher's loop: what is ready goes to handlers, what they say goes into the ledger.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use domain::ids::MessageId;
use domain::limits::{MESSAGE_BATCH_MAX, MESSAGE_RECEIVES_MAX};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{self, Instant};

use super::event;
use store::error::Error;
use store::outbox::{Next, Outgoing};

use super::ledger::{Failed, Ledger, Settlement, Swept};
use super::{Handlers, Order, Refusals};

/// Batches that handlers work on at once.
const CONCURRENCY_MAX: usize = 8;
/// Messages in memory.
const KNOWN_MAX: usize = 20_000;
/// Acknowledgements wait for company, but not longer than this.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_millis(200);
const ACKNOWLEDGE_AT: usize = 64;
/// The outbox is looked at this often even if nothing is expected: a lease may have ended.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long the database is left alone after it failed.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// Delays that `run_until_idle` skips.
const SKIPPED_DELAY: SignedDuration = SignedDuration::from_mins(10);

/// A message in memory.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: MessageId,
    pub(super) body: String,
    /// Deliveries, this one included.
    pub(super) receives: i32,
}

/// What runs beside the loop, one of each at most.
enum Errand {
    Swept(Result<Swept, Error>),
    Settled(Settlement, Result<(), Error>),
}

pub(super) struct Dispatcher {
    ledger: Ledger,
    handlers: Handlers,
    refusals: Refusals,
    ready: BTreeMap<String, VecDeque<Item>>,
    /// Everything between hand-over and settlement: a message is in memory once.
    known: HashSet<MessageId>,
    running: JoinSet<SqsBatchResponse>,
    batches: HashMap<task::Id, Vec<Item>>,
    unsettled: Settlement,
    errands: JoinSet<Errand>,
    settling: bool,
    sweeping: bool,
    settle_at: Option<Instant>,
    sweep_at: Instant,
    /// Whether an earlier process's leases have been taken back.
    booted: bool,
    idle: Vec<oneshot::Sender<()>>,
    stop: Option<(oneshot::Sender<()>, Instant)>,
}

impl Dispatcher {
    pub(super) fn new(ledger: Ledger, handlers: Handlers, refusals: Refusals) -> Self {
        Self {
            ledger,
            handlers,
            refusals,
            ready: BTreeMap::new(),
            known: HashSet::new(),
            running: JoinSet::new(),
            batches: HashMap::new(),
            unsettled: Settlement::default(),
            errands: JoinSet::new(),
            settling: false,
            sweeping: false,
            settle_at: None,
            sweep_at: Instant::now(),
            booted: false,
            idle: Vec::new(),
            stop: None,
        }
    }

    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            self.dispatch();
            self.keep_books();
            if self.is_drained() {
                return;
            }
            let wake_at = self.wake_at();
            tokio::select! {
                // Orders first: what a handler wrote is known here before that handler counts as finished, so that a
                // chain of messages is acknowledged once and not after every link.
                biased;
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                Some(finished) = self.running.join_next_with_id() => self.finished(finished),
                Some(done) = self.errands.join_next() => self.errand_done(done),
                () = time::sleep_until(wake_at) => {}
            }
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::HandOver(messages) => {
                let now = self.ledger.now();
                for message in messages {
                    if message.available_at > now {
                        self.expect(message.available_at);
                    } else {
                        self.take_in(message);
                    }
                }
            }
            Order::Forget(messages) => {
                self.unsettled.done.extend(messages);
                self.settle_at.get_or_insert(Instant::now() + ACKNOWLEDGE_AFTER);
            }
            Order::WhenIdle(answer) => self.idle.push(answer),
            Order::Stop(answer) => self.stop = Some((answer, Instant::now() + DRAIN_MAX)),
        }
    }

    fn take_in(&mut self, message: Outgoing) {
        let Outgoing { id, queue, body, receives, .. } = message;
        // What does not fit is found by a sweep when its lease has ended.
        if self.known.len() >= KNOWN_MAX || !self.known.insert(id) {
            return;
        }
        let item = Item { id, body, receives };
        if receives > MESSAGE_RECEIVES_MAX {
            // Nobody lived to say that it failed.
            self.refusals.put(id, "no delivery of it came to an end");
            self.failed(item);
        } else {
            self.ready.entry(queue).or_default().push_back(item);
        }
    }

    /// Starts batches while there is room, one queue after the other, so that a full queue starves no other.
    fn dispatch(&mut self) {
        while self.stop.is_none() && self.running.len() < CONCURRENCY_MAX {
            let free = CONCURRENCY_MAX - self.running.len();
            let Some((queue, mut items)) = self.ready.pop_first() else { return };
            let batch_max = usize::try_from(MESSAGE_BATCH_MAX).unwrap_or(1);
            let rest = items.split_off(items.len().div_ceil(free).min(batch_max).min(items.len()));
            if !rest.is_empty() {
                self.ready.insert(queue.clone(), rest);
            }
            self.start(&queue, items.into());
        }
    }

    fn start(&mut self, queue: &str, items: Vec<Item>) {
        let Some(handle) = self.handlers.by_queue.get(queue) else {
            for item in items {
                self.refusals.put(item.id, "no handler listens to this queue");
                self.failed(item);
            }
            return;
        };
        let handled = handle(event::event(queue, &items, self.ledger.now()));
        let started = self.running.spawn(handled);
        self.batches.insert(started.id(), items);
    }

    fn finished(&mut self, finished: Result<(task::Id, SqsBatchResponse), JoinError>) {
        let (id, response) = match finished {
            Ok((id, response)) => (id, Some(response)),
            Err(error) => (error.id(), None),
        };
        let failed: Option<HashSet<String>> = response.map(|response| {
            response.batch_item_failures.into_iter().map(|item| item.item_identifier).collect()
        });
        for item in self.batches.remove(&id).unwrap_or_default() {
            match &failed {
                Some(failed) if !failed.contains(&item.id.to_string()) => self.unsettled.done.push(item.id),
                Some(_) | None => self.failed(item),
            }
        }
        self.settle_at.get_or_insert(Instant::now() + ACKNOWLEDGE_AFTER);
    }

    fn failed(&mut self, item: Item) {
        let refusal = self.refusals.take(item.id);
        let dead = refusal.is_some() || item.receives >= MESSAGE_RECEIVES_MAX;
        let next = if dead { Next::Dead } else { Next::RetryAt(self.ledger.now() + backoff(item.receives)) };
        let reason = refusal.unwrap_or(if dead { "it failed on every delivery" } else { "it failed" });
        self.unsettled.failed.push(Failed { id: item.id, reason, next });
        self.settle_at.get_or_insert(Instant::now() + ACKNOWLEDGE_AFTER);
    }

    fn settled(&mut self, settlement: &Settlement) {
        for id in settlement.ids() {
            self.known.remove(&id);
        }
        // Only now can a sweep find them: until the failure is recorded, the row is leased.
        for failed in &settlement.failed {
            match failed.next {
                Next::RetryAt(at) => self.expect(at),
                Next::Dead => {}
            }
        }
    }

    /// Starts the errands that are due: settling when there is enough, it waited long enough or nothing else is left
    /// to do; sweeping when something in the outbox is due.
    fn keep_books(&mut self) {
        let now = Instant::now();
        let quiet = self.running.is_empty() && (self.ready.is_empty() || self.stop.is_some());
        let waited = self.settle_at.is_some_and(|at| at <= now);
        let paused = self.settle_at.is_some_and(|at| at > now + ACKNOWLEDGE_AFTER);
        let enough = (quiet || waited || self.unsettled.len() >= ACKNOWLEDGE_AT) && !paused;
        if !self.settling && !self.unsettled.is_empty() && enough {
            self.settling = true;
            self.settle_at = None;
            let (ledger, settlement) = (self.ledger.clone(), std::mem::take(&mut self.unsettled));
            self.errands.spawn(async move {
                let result = ledger.settle(&settlement).await;
                Errand::Settled(settlement, result)
            });
        }
        let all_settled = quiet && self.unsettled.is_empty() && !self.settling;
        let skip = all_settled && self.booted && !self.idle.is_empty();
        if self.known.len() >= KNOWN_MAX {
            self.sweep_at = self.sweep_at.max(now + LEDGER_PAUSE);
        }
        if !self.sweeping && self.stop.is_none() && (self.sweep_at <= now || skip) {
            self.sweeping = true;
            self.sweep_at = now + SWEEP_EVERY;
            let (ledger, boot) = (self.ledger.clone(), !self.booted);
            let until = self.ledger.now() + if skip { SKIPPED_DELAY } else { SignedDuration::ZERO };
            self.errands.spawn(async move { Errand::Swept(ledger.sweep(boot, until).await) });
        }
    }

    fn errand_done(&mut self, done: Result<Errand, JoinError>) {
        match done {
            Ok(Errand::Settled(settlement, result)) => {
                self.settling = false;
                match result {
                    Ok(()) => self.settled(&settlement),
                    Err(error) => {
                        tracing::warn!(%error, "acknowledgements wait for the database");
                        self.unsettled.put_back(settlement);
                        self.settle_at = Some(Instant::now() + LEDGER_PAUSE);
                    }
                }
            }
            Ok(Errand::Swept(result)) => {
                self.sweeping = false;
                match result {
                    Ok(swept) => self.swept(swept),
                    Err(error) => {
                        tracing::warn!(%error, "the sweep waits for the database");
                        self.sweep_at = Instant::now() + LEDGER_PAUSE;
                    }
                }
            }
            Err(error) => {
                // An errand never panics by design; if it does, begin anew rather than wait for ever.
                tracing::error!(%error, "an errand of the relay was lost");
                (self.settling, self.sweeping) = (false, false);
            }
        }
    }

    fn swept(&mut self, swept: Swept) {
        self.booted = true;
        let nothing_came = swept.leased.is_empty();
        for message in swept.leased {
            self.take_in(message);
        }
        if let Some(at) = swept.next_due {
            self.expect(at);
        }
        let quiet = self.running.is_empty() && self.ready.is_empty();
        if nothing_came && swept.skipped_delays && quiet && self.unsettled.is_empty() && !self.settling {
            for answer in self.idle.drain(..) {
                // Whoever asked may have gone away.
                let _ = answer.send(());
            }
        }
    }

    /// Sees to it that a sweep comes when `at` is reached.
    fn expect(&mut self, at: Timestamp) {
        let wait = Duration::try_from(at.duration_since(self.ledger.now())).unwrap_or(Duration::ZERO);
        self.sweep_at = self.sweep_at.min(Instant::now() + wait);
    }

    fn wake_at(&self) -> Instant {
        let settle_at = self.settle_at.filter(|_| !self.unsettled.is_empty() && !self.settling);
        let stop_at = self.stop.as_ref().map(|(_, at)| *at);
        let sweep_at = (!self.sweeping).then_some(self.sweep_at);
        [settle_at, stop_at, sweep_at]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + SWEEP_EVERY)
    }

    fn is_drained(&mut self) -> bool {
        let Some((_, until)) = &self.stop else { return false };
        let drained = self.running.is_empty() && self.unsettled.is_empty() && !self.settling;
        if !drained && Instant::now() < *until {
            return false;
        }
        if let Some((answer, _)) = self.stop.take() {
            let _ = answer.send(());
        }
        true
    }
}

/// 1, 2, 4, 8 seconds.
fn backoff(receives: i32) -> SignedDuration {
    SignedDuration::from_secs(1_i64 << (receives - 1).clamp(0, 8))
}
