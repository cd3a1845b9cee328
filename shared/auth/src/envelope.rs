//! Sealed queue messages. A body says which user it is for, so it must be ours: HMAC-SHA256 over every field, with a
//! key that only our functions hold. A body carries ids only; the facts stay in the database.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId, SessionId, UserId};
use serde::{Deserialize, Serialize};

use crate::Tenant;
use crate::keys::{Keys, Purpose};

const VERSION: u32 = 1;
/// An envelope of ours has about 280 bytes; nothing much longer is parsed.
const ENVELOPE_BYTES_MAX: usize = 1_024;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A merchant asked; the orchestrator begins.
    Asked { request: AnalysisRequestId },
    /// A merchant answered a question back; the orchestrator goes on.
    Answered { request: AnalysisRequestId },
    /// A question back has had its time; the orchestrator looks whether it still waits.
    Expired { request: AnalysisRequestId },
    /// A department has finished a task; the orchestrator goes on.
    Reported { request: AnalysisRequestId, task: AgentTaskId },
    /// A department is given a task.
    Task { request: AnalysisRequestId, task: AgentTaskId },
    /// A request has changed; those who are subscribed to it are told.
    Changed { request: AnalysisRequestId },
    /// A session has ended; its sockets are closed.
    SessionEnded { session: SessionId },
}

/// Why a body was not opened. No retry helps: the body will not change.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    #[error("the message is longer than {ENVELOPE_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the message is not an envelope of this version")]
    Malformed,
    #[error("the message was not sealed with our key")]
    Forged,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Asked,
    Answered,
    Expired,
    Reported,
    Task,
    Changed,
    SessionEnded,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Answered => "answered",
            Self::Expired => "expired",
            Self::Reported => "reported",
            Self::Task => "task",
            Self::Changed => "changed",
            Self::SessionEnded => "session_ended",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    v: u32,
    kind: Kind,
    id: MessageId,
    user: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<AnalysisRequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<AgentTaskId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    mac: String,
}

impl Envelope {
    fn new(user: UserId, id: MessageId, message: &Message) -> Self {
        let (kind, request, task, session) = match *message {
            Message::Asked { request } => (Kind::Asked, Some(request), None, None),
            Message::Answered { request } => (Kind::Answered, Some(request), None, None),
            Message::Expired { request } => (Kind::Expired, Some(request), None, None),
            Message::Reported { request, task } => (Kind::Reported, Some(request), Some(task), None),
            Message::Task { request, task } => (Kind::Task, Some(request), Some(task), None),
            Message::Changed { request } => (Kind::Changed, Some(request), None, None),
            Message::SessionEnded { session } => (Kind::SessionEnded, None, None, Some(session)),
        };
        Self { v: VERSION, kind, id, user, request, task, session, mac: String::new() }
    }

    fn message(&self) -> Option<Message> {
        match (self.kind, self.request, self.task, self.session) {
            (Kind::Asked, Some(request), None, None) => Some(Message::Asked { request }),
            (Kind::Answered, Some(request), None, None) => Some(Message::Answered { request }),
            (Kind::Expired, Some(request), None, None) => Some(Message::Expired { request }),
            (Kind::Reported, Some(request), Some(task), None) => Some(Message::Reported { request, task }),
            (Kind::Task, Some(request), Some(task), None) => Some(Message::Task { request, task }),
            (Kind::Changed, Some(request), None, None) => Some(Message::Changed { request }),
            (Kind::SessionEnded, None, None, Some(session)) => Some(Message::SessionEnded { session }),
            (
                Kind::Asked
                | Kind::Answered
                | Kind::Expired
                | Kind::Reported
                | Kind::Task
                | Kind::Changed
                | Kind::SessionEnded,
                ..,
            ) => None,
        }
    }

    /// One spelling for one meaning: every field in a fixed order and form, none of which can hold the separator.
    fn signed_text(&self) -> String {
        let request = self.request.map(|request| request.to_string());
        // A message is about a request or about a session, as its kind says.
        let about = request.or_else(|| self.session.map(|session| session.to_string())).unwrap_or_default();
        let task = self.task.map(|task| task.to_string()).unwrap_or_default();
        format!("{}\n{}\n{}\n{}\n{about}\n{task}", self.v, self.kind.name(), self.id, self.user)
    }
}

/// The body of a queue message, for the tenant it concerns.
pub fn seal(keys: &Keys, tenant: &Tenant, id: MessageId, message: &Message) -> String {
    let mut envelope = Envelope::new(tenant.user_id(), id, message);
    let mac = keys.mac(Purpose::Envelope, envelope.signed_text().as_bytes());
    envelope.mac = BASE64_URL_SAFE_NO_PAD.encode(mac);
    write(&envelope)
}

pub(crate) fn unseal(keys: &Keys, body: &str) -> Result<(UserId, MessageId, Message), Error> {
    if body.len() > ENVELOPE_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    let envelope: Envelope = serde_json::from_str(body).map_err(|_| Error::Malformed)?;
    let message = envelope.message().ok_or(Error::Malformed)?;
    let mac = BASE64_URL_SAFE_NO_PAD.decode(&envelope.mac).map_err(|_| Error::Malformed)?;
    if !keys.verify(Purpose::Envelope, envelope.signed_text().as_bytes(), &mac) {
        return Err(Error::Forged);
    }
    // Only the spelling that `seal` writes is an envelope: one message never has two bodies.
    if envelope.v != VERSION || write(&envelope) != body {
        return Err(Error::Malformed);
    }
    Ok((envelope.user, envelope.id, message))
}

#[expect(clippy::expect_used, reason = "a struct of texts and numbers always serialises")]
fn write(envelope: &Envelope) -> String {
    serde_json::to_string(envelope).expect("texts and numbers serialise")
}

#[cfg(test)]
mod tests;
