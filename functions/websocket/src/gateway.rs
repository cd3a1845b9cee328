//! One socket of API Gateway: its row is locked, the machine decides, the row is saved, and only then is anything done.

use std::collections::VecDeque;
use std::net::IpAddr;

use api::Context;
use api::sockets::{self, Peer, Push, Undelivered};
use api::transport::{self, Close, Effect, Event, Output, State, Step};
use runtime::app::App;
use store::error::Error;
use store::sockets as rows;

use crate::context;
use crate::wire::{Refused, Wire};

pub(crate) struct Gateway<'a, W> {
    app: &'a App,
    pub(crate) context: Context,
    pub(crate) wire: &'a W,
    /// Where the client of this event is.
    address: Option<IpAddr>,
}

impl<'a, W: Wire> Gateway<'a, W> {
    pub(crate) fn new(app: &'a App, wire: &'a W) -> Self {
        Self { app, context: context(app), wire, address: None }
    }

    /// For an event of a client at this address.
    pub(crate) fn of(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// Lets the machine decide on an event, and does what it says.
    pub(crate) async fn process(&self, socket: &str, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let step = match self.step(socket, event).await {
                Ok(Some(step)) => step,
                // Nobody knows this connection: it is no use to its client.
                Ok(None) => return self.cut(socket).await,
                Err(error) => {
                    tracing::warn!(%error, "a socket's state could not be read");
                    return self.close(socket, &Close::overloaded()).await;
                }
            };
            if let Some(close) = step.close {
                return self.close(socket, &close).await;
            }
            for effect in step.effects {
                if let Some(answer) = self.perform(socket, effect).await {
                    events.push_back(answer);
                }
            }
        }
    }

    async fn step(&self, socket: &str, event: Event) -> Result<Option<Step>, Error> {
        let (keys, now) = (&self.context.keys, self.context.clock.now());
        rows::change(&self.context.store, socket, now, |state| {
            let unreadable = |_| Error::Unreadable("state");
            let state: State = serde_json::from_value(state).map_err(unreadable)?;
            let step = transport::step(keys, state, event, now);
            Ok((serde_json::to_value(&step.state).map_err(unreadable)?, step))
        })
        .await
    }

    async fn perform(&self, socket: &str, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Send(text) => {
                // A connection that is gone says so again by its last event; one that is slow hears the next message.
                if self.wire.post(socket, &text).await == Err(Refused::Gone) {
                    sockets::forget(&self.context, socket).await;
                }
                None
            }
            Effect::Join { tenant, until } => {
                Some(sockets::join(&self.context, socket, None, &tenant, until).await)
            }
            Effect::Start { tenant, until, operation } => {
                let peer = Peer { socket, address: self.address };
                let left = sockets::start(&self.context, self, peer, (tenant, until), operation).await;
                self.app.queue.send(left.outgoing).await;
                self.app.queue.forget(left.forgotten).await;
                None
            }
            Effect::Stop { tenant, operation } => {
                sockets::stop(&self.context, socket, &tenant, &operation).await;
                None
            }
        }
    }

    /// API Gateway sends no close code of ours: the client is told by a message, and the line is cut.
    pub(crate) async fn close(&self, socket: &str, close: &Close) {
        // Who is gone already needs to hear nothing.
        let _ = self.wire.post(socket, &transport::refusal(close)).await;
        self.cut(socket).await;
    }

    async fn cut(&self, socket: &str) {
        if self.wire.delete(socket).await == Err(Refused::Later) {
            tracing::warn!("a connection could not be cut; its time will end");
        }
        sockets::forget(&self.context, socket).await;
    }
}

impl<W: Wire> Push for Gateway<'_, W> {
    async fn deliver(&self, socket: &str, operation: &str, output: Output) -> Result<(), Undelivered> {
        let texts = match &output {
            Output::Next(_) => vec![transport::of_operation(operation, &output)],
            // The end of an operation makes its name free again, in the socket's state.
            Output::Error(_) | Output::Complete => {
                let event = Event::Produced { operation: operation.to_owned(), output };
                let step = self.step(socket, event).await.map_err(|_| Undelivered::Later)?;
                let effects = step.ok_or(Undelivered::Gone)?.effects;
                effects.into_iter().filter_map(sent).collect()
            }
        };
        for text in texts {
            self.wire.post(socket, &text).await.map_err(|refused| match refused {
                Refused::Gone => Undelivered::Gone,
                Refused::Later => Undelivered::Later,
            })?;
        }
        Ok(())
    }

    async fn tell(&self, socket: &str, event: Event) {
        match self.step(socket, event).await {
            Ok(Some(Step { close: Some(close), .. })) => self.close(socket, &close).await,
            Ok(Some(_) | None) => {}
            Err(error) => tracing::warn!(%error, "a socket's state could not be read"),
        }
    }
}

/// An output of an operation leads to nothing but messages.
fn sent(effect: Effect) -> Option<String> {
    match effect {
        Effect::Send(text) => Some(text),
        Effect::Join { .. } | Effect::Start { .. } | Effect::Stop { .. } => None,
    }
}
