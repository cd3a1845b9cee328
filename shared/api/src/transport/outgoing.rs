//! What we say, as texts.

use serde_json::{Map, Value, json};

use crate::transport::{Close, Output};

pub(super) const ACKNOWLEDGED: &str = r#"{"type":"connection_ack"}"#;

/// What a server sends to a client that has been silent for long: it may answer, and the line stays open.
pub fn ping() -> String {
    r#"{"type":"ping"}"#.to_owned()
}

pub(super) fn pong(payload: Option<Map<String, Value>>) -> String {
    match payload {
        None => r#"{"type":"pong"}"#.to_owned(),
        Some(payload) => json!({"type": "pong", "payload": payload}).to_string(),
    }
}

/// An operation's output under its name. The payload is JSON already, and stays as it was written.
pub fn of_operation(id: &str, output: &Output) -> String {
    let id = Value::from(id);
    match output {
        Output::Next(payload) => format!(r#"{{"id":{id},"type":"next","payload":{payload}}}"#),
        Output::Error(payload) => format!(r#"{{"id":{id},"type":"error","payload":{payload}}}"#),
        Output::Complete => format!(r#"{{"id":{id},"type":"complete"}}"#),
    }
}

/// What is said of a close where no close frame of ours can be sent: an `error` message under the name `connection`,
/// before the line is cut.
pub fn refusal(close: &Close) -> String {
    let error = json!({"message": close.reason, "extensions": {"code": "CONNECTION_CLOSED", "closeCode": close.code}});
    json!({"id": "connection", "type": "error", "payload": [error]}).to_string()
}
