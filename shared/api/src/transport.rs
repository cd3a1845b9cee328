//! The protocol graphql-transport-ws as a pure state machine: [`step`] takes the state, what happened and the time, and
//! gives the next state, what is to be done, and whether that was the end. It waits for nothing and asks nobody, so one
//! socket held by a process and one whose state lies in a row between two invocations decide alike.

pub mod handshake;
mod incoming;
mod machine;
mod outgoing;

use std::collections::{BTreeSet, VecDeque};

use auth::Tenant;
use domain::limits::{CLOSE_REASON_BYTES_MAX, SOCKET_INIT_SECONDS};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::envelope::Asked;
pub use machine::step;
pub use outgoing::{of_operation, ping, refusal};

/// The subprotocol's name in the handshake.
pub const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Where one socket stands. What is in it is bounded, whatever a client sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    stage: Stage,
    /// The client's names of what has begun and not ended.
    operations: BTreeSet<String>,
    /// When the latest messages came: as many as one second may bring.
    heard: VecDeque<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// For the client's first message.
    Waiting {
        until: Timestamp,
    },
    /// The token is a good one; whether the user has room for one more socket is being asked.
    Joining {
        pass: String,
        until: Timestamp,
    },
    Open {
        pass: String,
        until: Timestamp,
    },
    Closed,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The client sent a text.
    Text(String),
    /// The client sent what is no text.
    Binary,
    /// The client sent more at once than is read.
    TooLarge,
    /// The answers to [`Effect::Join`]: there was room,
    Joined,
    /// there was none,
    Crowded,
    /// or the session has ended. That may also come later.
    Revoked,
    /// An operation gave something.
    Produced { operation: String, output: Output },
    /// Time has passed.
    Tick,
    /// We cannot follow: the database is away, or the client does not read what it is sent.
    Overloaded,
    /// The process that holds the socket ends.
    Restarting,
}

/// What an operation gives. Payloads are JSON texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Next(String),
    /// It did not begin, and is over.
    Error(String),
    Complete,
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A message for the client.
    Send(String),
    /// Count this socket as the tenant's, and answer with [`Event::Joined`], [`Event::Crowded`] or [`Event::Revoked`].
    Join { tenant: Tenant, until: Timestamp },
    /// With what the tenant may, until their token ends.
    Start { tenant: Tenant, until: Timestamp, operation: Operation },
    /// The client wants no more of this one.
    Stop { tenant: Tenant, operation: String },
}

/// An operation that a client begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The client's name for it.
    pub id: String,
    pub(crate) asked: Asked,
}

/// How a socket ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    pub code: u16,
    /// Within what a close frame holds.
    pub reason: String,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub state: State,
    pub effects: Vec<Effect>,
    pub close: Option<Close>,
}

impl State {
    /// A socket that was opened just now.
    pub fn new(now: Timestamp) -> Self {
        let until = now.checked_add(SignedDuration::from_secs(SOCKET_INIT_SECONDS));
        let stage = Stage::Waiting { until: until.unwrap_or(Timestamp::MAX) };
        Self { stage, operations: BTreeSet::new(), heard: VecDeque::new() }
    }

    /// When it ends if nothing happens until then: a [`Event::Tick`] at that time closes it.
    pub const fn until(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Waiting { until } | Stage::Joining { until, .. } | Stage::Open { until, .. } => {
                Some(*until)
            }
            Stage::Closed => None,
        }
    }

    /// Who it speaks for, in the form that [`auth::from_pass`] opens.
    pub fn pass(&self) -> Option<&str> {
        match &self.stage {
            Stage::Joining { pass, .. } | Stage::Open { pass, .. } => Some(pass),
            Stage::Waiting { .. } | Stage::Closed => None,
        }
    }

    /// How many operations have begun and not ended.
    pub fn operations(&self) -> usize {
        self.operations.len()
    }
}

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        let mut end = reason.len().min(CLOSE_REASON_BYTES_MAX);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        reason.truncate(end);
        Self { code, reason }
    }

    /// The message is none of the protocol's.
    pub fn invalid(why: &str) -> Self {
        Self::new(4400, format!("Invalid message: {why}"))
    }

    pub fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    /// No token, a bad one, or one that has ended.
    pub fn forbidden() -> Self {
        Self::new(4403, "Forbidden")
    }

    pub fn subprotocol() -> Self {
        Self::new(4406, "Subprotocol not acceptable")
    }

    pub fn no_init() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    pub fn in_use(operation: &str) -> Self {
        Self::new(4409, format!("Subscriber for {operation} already exists"))
    }

    pub fn second_init() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    pub fn too_large() -> Self {
        Self::new(1009, "Message too large")
    }

    /// What the layer below closes with itself (RFC 6455, 7.4.1).
    pub fn not_a_frame() -> Self {
        Self::new(1002, "Protocol error")
    }

    pub fn not_text() -> Self {
        Self::new(1007, "The text is not UTF-8")
    }

    pub fn too_many_messages() -> Self {
        Self::new(1013, "Too many messages")
    }

    pub fn too_many_sockets() -> Self {
        Self::new(1013, "Too many sockets of this user")
    }

    pub fn overloaded() -> Self {
        Self::new(1013, "Try again later")
    }

    pub fn restarting() -> Self {
        Self::new(1012, "Service restart")
    }
}

#[cfg(test)]
mod tests;
