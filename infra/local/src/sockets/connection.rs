//! One socket: frames in, the machine, frames out. Reading waits while the machine's orders are carried out; operations
//! run beside it, and those of one name come one after the other.

use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use api::Context;
use api::sockets::{self, Peer};
use api::transport::{self, Close, Effect, Event, State, Step};
use domain::limits::FRAME_BYTES_MAX;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use runtime::app::App;
use tokio::io::AsyncReadExt;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::Error as WireError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::{Place, Sockets};

/// How long a client may take to read one message before the line is cut.
const WRITE_MAX: Duration = Duration::from_secs(10);
/// How long a client that was told of the end may take to take it.
const FAREWELL_MAX: Duration = Duration::from_secs(2);
/// What a client still sends after it was told of the end is read and dropped up to here, so that it hears of it.
const DROPPED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Names of operations that are kept before the finished ones are let go.
const RUNNING_KEPT: usize = 64;

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// What its handshake said.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Our subprotocol, among others.
    pub(super) speaks: bool,
    pub(super) address: IpAddr,
}

/// The life of a socket, from the handshake to its rows' end.
pub(super) async fn run(app: App, sockets: Sockets, place: Place, upgrade: OnUpgrade, asked: Asked) {
    let id = place.id.clone();
    let mut joined = false;
    if let Ok(upgraded) = upgrade.await {
        let bounds = WebSocketConfig::default()
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let stream =
            WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(bounds)).await;
        let now = app.clock.now();
        let context = websocket::context(&app);
        let (state, running) = (Some(State::new(now)), HashMap::new());
        let mut socket = Socket {
            app,
            context,
            sockets: &sockets,
            place,
            stream,
            state,
            running,
            joined,
            address: asked.address,
        };
        let end = if asked.speaks { socket.talk().await } else { End::Closed(Close::subprotocol()) };
        joined = socket.joined;
        socket.farewell(end).await;
    }
    sockets.leave(&id, joined);
}

struct Socket<'a> {
    app: App,
    context: Context,
    sockets: &'a Sockets,
    place: Place,
    stream: Stream,
    /// Taken while the machine works on it.
    state: Option<State>,
    /// The latest work under each operation's name.
    running: HashMap<String, JoinHandle<()>>,
    /// Whether the database may know of it.
    joined: bool,
    address: IpAddr,
}

/// How a conversation ended.
enum End {
    /// By a decision of ours.
    Closed(Close),
    /// By the client, or the line.
    Gone,
}

/// What the loop woke up for.
enum Woken {
    Heard(Option<Result<Message, WireError>>),
    Told(Option<Event>),
    Time,
    Full,
    Ending,
}

impl Socket<'_> {
    async fn talk(&mut self) -> End {
        loop {
            let until = self.state.as_ref().and_then(State::until);
            let event = match self.wake(until).await {
                Woken::Heard(None) => return End::Gone,
                Woken::Heard(Some(heard)) => match read(heard) {
                    Ok(Some(event)) => event,
                    Ok(None) => continue,
                    Err(end) => return end,
                },
                Woken::Told(Some(event)) => event,
                Woken::Told(None) | Woken::Full => Event::Overloaded,
                Woken::Time => Event::Tick,
                Woken::Ending => Event::Restarting,
            };
            // A clock that stands still is no reason to wait for ever.
            let now = match (&event, until) {
                (Event::Tick, Some(until)) => self.app.clock.now().max(until),
                _ => self.app.clock.now(),
            };
            if let Err(end) = self.decide(event, now).await {
                return end;
            }
        }
    }

    async fn wake(&mut self, until: Option<Timestamp>) -> Woken {
        let left = until.map(|until| until.duration_since(self.app.clock.now()));
        let left = left.and_then(|left| Duration::try_from(left).ok()).unwrap_or(Duration::ZERO);
        tokio::select! {
            biased;
            _ = self.place.ending.wait_for(|ending| *ending) => Woken::Ending,
            () = self.place.full.notified() => Woken::Full,
            () = tokio::time::sleep(left) => Woken::Time,
            event = self.place.events.recv() => Woken::Told(event),
            heard = self.stream.next() => Woken::Heard(heard),
        }
    }

    async fn decide(&mut self, event: Event, now: Timestamp) -> Result<(), End> {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let state = self.state.take().unwrap_or_else(|| State::new(now));
            let Step { state, effects, close } = transport::step(&self.context.keys, state, event, now);
            self.state = Some(state);
            if let Some(close) = close {
                return Err(End::Closed(close));
            }
            for effect in effects {
                match effect {
                    Effect::Send(text) => self.send(text).await?,
                    Effect::Join { tenant, until } => {
                        self.joined = true;
                        let instance = Some(self.context.store.instance());
                        let id = &self.place.id;
                        next = Some(sockets::join(&self.context, id, instance, &tenant, until).await);
                    }
                    Effect::Start { tenant, until, operation } => {
                        let (name, work, address) = (operation.id.clone(), self.work(), self.address);
                        self.chain(name, async move {
                            let (app, context, open, id) = work;
                            let peer = Peer { socket: &id, address: Some(address) };
                            let left =
                                sockets::start(&context, &open, peer, (tenant, until), operation).await;
                            app.queue.send(left.outgoing).await;
                            app.queue.forget(left.forgotten).await;
                        });
                    }
                    Effect::Stop { tenant, operation } => {
                        let (name, work) = (operation.clone(), self.work());
                        self.chain(name, async move {
                            let (_, context, _, id) = work;
                            sockets::stop(&context, &id, &tenant, &operation).await;
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn work(&self) -> (App, Context, Sockets, String) {
        (self.app.clone(), self.context.clone(), self.sockets.clone(), self.place.id.clone())
    }

    /// Starts work after what began earlier under the same name: a subscription is not ended before it has begun.
    fn chain(&mut self, name: String, work: impl Future<Output = ()> + Send + 'static) {
        if self.running.len() >= RUNNING_KEPT {
            self.running.retain(|_, running| !running.is_finished());
        }
        let before = self.running.remove(&name);
        let work = tokio::spawn(async move {
            if let Some(before) = before {
                // An error would be its panic, which the log has.
                let _ = before.await;
            }
            work.await;
        });
        self.running.insert(name, work);
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        let (stream, place) = (&mut self.stream, &mut self.place);
        tokio::select! {
            biased;
            sent = stream.send(Message::text(text)) => sent.map_err(|_| End::Gone),
            () = place.full.notified() => Err(End::Closed(Close::overloaded())),
            _ = place.ending.wait_for(|ending| *ending) => Err(End::Closed(Close::restarting())),
            () = tokio::time::sleep(WRITE_MAX) => Err(End::Closed(Close::overloaded())),
        }
    }

    /// Says goodbye, then waits for what runs, so that no row appears after the socket's rows are gone.
    async fn farewell(mut self, end: End) {
        if let End::Closed(close) = end {
            let frame = CloseFrame { code: CloseCode::from(close.code), reason: close.reason.into() };
            let said = async {
                let sent = self.stream.send(Message::Close(Some(frame))).await;
                if sent.is_ok() {
                    drain(self.stream).await;
                }
            };
            let _ = tokio::time::timeout(FAREWELL_MAX, said).await;
        }
        for (_, running) in self.running {
            let _ = running.await;
        }
    }
}

/// What a frame means to the machine; nothing for the frames of the layer below, which answers them itself.
fn read(heard: Result<Message, WireError>) -> Result<Option<Event>, End> {
    match heard {
        Ok(Message::Text(text)) => Ok(Some(Event::Text(text.as_str().to_owned()))),
        Ok(Message::Binary(_)) => Ok(Some(Event::Binary)),
        Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(None),
        Ok(Message::Close(_)) => Err(End::Gone),
        Err(WireError::Capacity(_)) => Ok(Some(Event::TooLarge)),
        Err(WireError::Utf8(_)) => Err(End::Closed(Close::not_text())),
        Err(WireError::Protocol(_)) => Err(End::Closed(Close::not_a_frame())),
        Err(_) => Err(End::Gone),
    }
}

/// Reads and drops what the client still sends, until it has closed its side too.
async fn drain(stream: Stream) {
    let mut line = stream.into_inner();
    let (mut dropped, mut buffer) = (0_usize, [0_u8; 8_192]);
    while let Ok(read @ 1..) = line.read(&mut buffer).await {
        dropped = dropped.saturating_add(read);
        // Its own close frame is all that a client that has understood sends.
        let closes = buffer.first().is_some_and(|byte| byte & 0x0f == 0x08) && read < 140;
        if closes || dropped > DROPPED_BYTES_MAX {
            return;
        }
    }
}
