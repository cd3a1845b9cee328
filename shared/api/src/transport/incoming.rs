//! What a client may say, read from a text. A wrong type, a key that stands twice, or a word that is not the client's
//! to say makes the message none of the protocol's.

use domain::limits::{JSON_DEPTH_MAX, OPERATION_ID_BYTES_MAX};
use serde_json::{Map, Value};

use crate::envelope::Asked;
use crate::media::Media;
use crate::transport::Operation;
use crate::{json, weight};

pub(super) enum Incoming {
    ConnectionInit { payload: Map<String, Value> },
    Ping { payload: Option<Map<String, Value>> },
    Pong,
    Subscribe(Operation),
    Complete { id: String },
}

/// Reads one message.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(text: &str) -> Result<Incoming, String> {
    if weight::json_depth(text.as_bytes()) > JSON_DEPTH_MAX {
        return Err(format!("it is nested more than {JSON_DEPTH_MAX} levels deep"));
    }
    let value = json::read(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let Value::Object(mut message) = value else { return Err("it is not a JSON object".to_owned()) };
    let word = match message.remove("type") {
        Some(Value::String(word)) => word,
        _ => return Err("\"type\" is not a string".to_owned()),
    };
    match word.as_str() {
        "connection_init" => {
            Ok(Incoming::ConnectionInit { payload: map(&mut message, "payload")?.unwrap_or_default() })
        }
        "ping" => Ok(Incoming::Ping { payload: map(&mut message, "payload")? }),
        "pong" => map(&mut message, "payload").map(|_| Incoming::Pong),
        "subscribe" => subscribe(message).map(Incoming::Subscribe),
        "complete" => id(&mut message).map(|id| Incoming::Complete { id }),
        _ => Err("its type is none that a client sends".to_owned()),
    }
}

fn subscribe(mut message: Map<String, Value>) -> Result<Operation, String> {
    let id = id(&mut message)?;
    let mut payload = map(&mut message, "payload")?.ok_or("\"payload\" is missing")?;
    let document = match payload.remove("query") {
        Some(Value::String(document)) => document,
        _ => return Err("\"query\" is not a string".to_owned()),
    };
    let operation_name = match payload.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err("\"operationName\" is not a string".to_owned()),
    };
    let variables = map(&mut payload, "variables")?.unwrap_or_default();
    // Extensions are checked and have no meaning here.
    map(&mut payload, "extensions")?;
    let asked =
        Asked { media: Media::GraphqlResponse, reads_only: false, document, operation_name, variables };
    Ok(Operation { id, asked })
}

fn id(message: &mut Map<String, Value>) -> Result<String, String> {
    match message.remove("id") {
        Some(Value::String(id)) if !id.is_empty() && id.len() <= OPERATION_ID_BYTES_MAX => Ok(id),
        _ => Err(format!("\"id\" is not a string of 1 to {OPERATION_ID_BYTES_MAX} bytes")),
    }
}

fn map(message: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, String> {
    match message.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(format!("\"{name}\" is not an object")),
    }
}
