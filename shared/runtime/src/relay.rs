//! The embedded queue: a dispatcher in this process over the outbox. What a commit wrote is handed over at once; what
//! was handled is acknowledged in batches; a failure waits and comes again, five times, and is then a dead letter with
//! its reason. What a crash left behind is taken back at the next start.

mod dispatch;
mod event;
pub(crate) mod ledger;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::clock::Clock;
use domain::ids::MessageId;
use store::Store;
use store::outbox::Outgoing;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Messages that wait in memory between a commit and the dispatcher. What does not fit is left in the outbox, where the
/// sweep finds it when its lease ends.
const HANDED_OVER_MAX: usize = 10_000;

type Handled = Pin<Box<dyn Future<Output = SqsBatchResponse> + Send>>;
type Handler = Arc<dyn Fn(SqsEvent) -> Handled + Send + Sync>;

/// What consumes each queue.
#[derive(Clone, Default)]
pub struct Handlers {
    by_queue: BTreeMap<String, Handler>,
}

impl Handlers {
    pub fn new() -> Self {
        Self::default()
    }

    /// `handle` is given the batches of `queue`.
    #[must_use]
    pub fn on<H, F>(mut self, queue: &str, handle: H) -> Self
    where
        H: Fn(SqsEvent) -> F + Send + Sync + 'static,
        F: Future<Output = SqsBatchResponse> + Send + 'static,
    {
        self.by_queue.insert(queue.to_owned(), Arc::new(move |event| Box::pin(handle(event))));
        self
    }
}

/// The near end: whoever commits hands over here. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
    refusals: Refusals,
}

/// The far end, from which a [`Relay`] is started. Made before it, because handlers need the handle.
pub struct Inbox {
    orders: mpsc::Receiver<Order>,
    refusals: Refusals,
}

#[derive(Clone, Default)]
struct Refusals(Arc<Mutex<HashMap<MessageId, &'static str>>>);

impl Refusals {
    fn put(&self, id: MessageId, reason: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, reason);
    }

    fn take(&self, id: MessageId) -> Option<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }
}

enum Order {
    HandOver(Vec<Outgoing>),
    Forget(Vec<MessageId>),
    /// Answer when nothing is left to do.
    WhenIdle(oneshot::Sender<()>),
    /// Start nothing more, finish what runs, and answer.
    Stop(oneshot::Sender<()>),
}

/// Both ends of a relay that is yet to be started.
pub fn channel() -> (Handle, Inbox) {
    let (sender, receiver) = mpsc::channel(HANDED_OVER_MAX);
    let refusals = Refusals::default();
    (Handle { orders: sender, refusals: refusals.clone() }, Inbox { orders: receiver, refusals })
}

impl Handle {
    pub(crate) fn hand_over(&self, messages: Vec<Outgoing>) {
        if self.orders.try_send(Order::HandOver(messages)).is_err() {
            tracing::warn!("the relay is full or gone; the messages wait in the outbox");
        }
    }

    pub(crate) fn forget(&self, messages: Vec<MessageId>) {
        // Where there is no room they are delivered in their time, and mean nothing.
        let _ = self.orders.try_send(Order::Forget(messages));
    }

    pub(crate) fn refuse(&self, id: MessageId, reason: &'static str) {
        self.refusals.put(id, reason);
    }
}

/// A running dispatcher. Dropping it ends everything where it stands, as a crash would; [`Relay::shut_down`] drains.
pub struct Relay {
    orders: mpsc::Sender<Order>,
    dispatcher: JoinHandle<()>,
}

impl Relay {
    /// Starts dispatching: takes back what an earlier process had leased, then delivers what is due.
    pub fn start(store: Store, clock: Clock, handle: &Handle, inbox: Inbox, handlers: Handlers) -> Self {
        let ledger = ledger::Ledger::new(store, clock);
        let dispatcher = dispatch::Dispatcher::new(ledger, handlers, inbox.refusals);
        let dispatcher = tokio::spawn(dispatcher.run(inbox.orders));
        Self { orders: handle.orders.clone(), dispatcher }
    }

    /// Waits until every message is handled, those that wait for a retry too: delays of up to ten minutes are skipped,
    /// so a test never sleeps. Later ones (the deadline of an analysis) stay in the outbox.
    pub async fn run_until_idle(&self) {
        self.ask(Order::WhenIdle).await;
    }

    /// Starts nothing more, waits for what runs (ten seconds at most), and acknowledges it.
    pub async fn shut_down(mut self) {
        self.ask(Order::Stop).await;
        // An error here would be its panic, which the log has.
        let _ended = (&mut self.dispatcher).await;
    }

    async fn ask(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (sender, receiver) = oneshot::channel();
        if self.orders.send(order(sender)).await.is_ok() {
            // A dispatcher that is gone has nothing left to do either.
            let _answered = receiver.await;
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.dispatcher.abort();
    }
}
