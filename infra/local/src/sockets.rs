//! WebSockets whose connections this process holds. Each has a task of its own, which drives the machine of
//! `api::transport`; what comes from elsewhere (a change of a request, the end of a session) reaches it through a bounded
//! queue. Rows in the database say what each is subscribed to, and go with it.

mod connection;
pub(crate) mod handshake;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::sockets::{Push, Undelivered};
use api::transport::{Event, Output};
use domain::limits::{PROCESS_SOCKETS_MAX, SOCKET_QUEUE_MAX};
use store::Store;
use store::sockets as rows;
use tokio::sync::{Notify, mpsc, watch};

/// How long the sockets have to say goodbye when the process ends.
const GOODBYE_MAX: Duration = Duration::from_secs(3);
/// Rows removed in one statement.
const FORGOTTEN_AT_ONCE: usize = 500;
/// How long the database is left alone after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// The sockets of this process. Cheap to clone.
#[derive(Clone)]
pub struct Sockets(Arc<Inner>);

struct Inner {
    store: Store,
    open: Mutex<HashMap<String, Line>>,
    /// Sockets that were counted in the database and are gone.
    gone: mpsc::UnboundedSender<String>,
    ending: watch::Sender<bool>,
    /// Sockets that are open, or whose rows are still to be removed.
    unsettled: watch::Sender<usize>,
}

/// The near end of a socket's queue.
#[derive(Clone)]
struct Line {
    events: mpsc::Sender<Event>,
    /// The queue is full: its client does not read.
    full: Arc<Notify>,
}

/// The far end, which the socket's task holds.
struct Place {
    id: String,
    events: mpsc::Receiver<Event>,
    full: Arc<Notify>,
    ending: watch::Receiver<bool>,
}

impl Sockets {
    /// None yet. Rows of processes that have ended are removed first.
    ///
    /// # Errors
    /// When the database cannot answer.
    pub async fn open(store: &Store) -> Result<Self, store::error::Error> {
        rows::forget_others(store).await?;
        let (gone, to_forget) = mpsc::unbounded_channel();
        let unsettled = watch::Sender::new(0);
        tokio::spawn(forget(store.clone(), to_forget, unsettled.clone()));
        let (open, ending) = (Mutex::default(), watch::Sender::new(false));
        Ok(Self(Arc::new(Inner { store: store.clone(), open, gone, ending, unsettled })))
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.lines().len()
    }

    /// Waits until none is open and nothing is left of those that were.
    pub async fn settled(&self) {
        // The sender lives as long as this does.
        let _ = self.0.unsettled.subscribe().wait_for(|unsettled| *unsettled == 0).await;
    }

    /// Tells all that the process ends, and waits until they have gone.
    pub async fn close(&self) {
        self.0.ending.send_replace(true);
        if tokio::time::timeout(GOODBYE_MAX, self.settled()).await.is_err() {
            tracing::warn!(open = self.count(), "sockets are cut: they took too long to close");
            if let Err(error) = rows::forget_own(&self.0.store).await {
                tracing::warn!(%error, "rows of sockets stay until the next start");
            }
        }
    }

    /// A place for one more; `None` where the process is full or ends.
    fn take_place(&self) -> Option<Place> {
        let mut lines = self.lines();
        if lines.len() >= PROCESS_SOCKETS_MAX || *self.0.ending.borrow() {
            return None;
        }
        let id = domain::ids::MessageId::new().to_string();
        let (sender, events) = mpsc::channel(SOCKET_QUEUE_MAX);
        let full = Arc::new(Notify::new());
        lines.insert(id.clone(), Line { events: sender, full: Arc::clone(&full) });
        self.0.unsettled.send_modify(|unsettled| *unsettled += 1);
        Some(Place { id, events, full, ending: self.0.ending.subscribe() })
    }

    /// The place is free again. What was counted in the database is forgotten there.
    fn leave(&self, id: &str, joined: bool) {
        self.lines().remove(id);
        if !joined || self.0.gone.send(id.to_owned()).is_err() {
            self.0.unsettled.send_modify(|unsettled| *unsettled = unsettled.saturating_sub(1));
        }
    }

    fn line(&self, id: &str) -> Option<Line> {
        self.lines().get(id).cloned()
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, HashMap<String, Line>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, id: &str, event: Event) -> Result<(), Undelivered> {
        let line = self.line(id).ok_or(Undelivered::Gone)?;
        match line.events.try_send(event) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Undelivered::Gone),
            Err(mpsc::error::TrySendError::Full(_)) => {
                line.full.notify_one();
                Err(Undelivered::Gone)
            }
        }
    }
}

impl Push for Sockets {
    async fn deliver(&self, socket: &str, operation: &str, output: Output) -> Result<(), Undelivered> {
        self.give(socket, Event::Produced { operation: operation.to_owned(), output })
    }

    async fn tell(&self, socket: &str, event: Event) {
        // One that is gone needs to be told nothing.
        let _ = self.give(socket, event);
    }
}

/// Removes the rows of sockets that are gone, many in one statement, so that thousands that are cut at once cost little.
async fn forget(store: Store, mut gone: mpsc::UnboundedReceiver<String>, unsettled: watch::Sender<usize>) {
    let mut ids = Vec::new();
    while gone.recv_many(&mut ids, FORGOTTEN_AT_ONCE).await > 0 {
        while let Err(error) = rows::forget(&store, &ids).await {
            tracing::warn!(%error, "rows of sockets that are gone could not be removed");
            tokio::time::sleep(PAUSE).await;
        }
        unsettled.send_modify(|unsettled| *unsettled = unsettled.saturating_sub(ids.len()));
        ids.clear();
    }
}
