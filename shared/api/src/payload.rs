//! A reply as the payload of a socket's message, within what one push may hold.

use async_graphql::ServerError;
use domain::limits::PUSH_BYTES_MAX;

use crate::envelope::Reply;
use crate::transport::{Output, of_operation};

/// In `extensions.code` of what was too large for a push and is without its bulk.
const TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";
/// Refusals of one document that are named.
const ERRORS_MAX: usize = 50;

/// Fields that a push leaves out where it would be too large; they are read by query.
pub(crate) fn is_bulk(ty: &str, field: &str) -> bool {
    matches!((ty, field), ("AnalysisResult", "rawData") | ("Visualization", "spec") | ("Figure", "lineage"))
}

/// The first and mostly only output of an operation: its data, or why there is none.
pub(crate) fn output(id: &str, mut reply: Reply, request_id: &str) -> Output {
    let Some(data) = reply.data.take() else {
        reply.errors.truncate(ERRORS_MAX);
        return Output::Error(reply.errors(request_id));
    };
    let whole = Output::Next(text(reply.body(request_id, Some(&data), None)));
    if fits(id, &whole) {
        return whole;
    }
    if let Some(slim) = reply.slim.take() {
        let slim = Output::Next(text(reply.body(request_id, Some(&slim), Some(TOO_LARGE))));
        if fits(id, &slim) {
            return slim;
        }
    }
    let message =
        format!("The answer is larger than {PUSH_BYTES_MAX} bytes. Ask for less, or by query over HTTP.");
    let error = ServerError::new(message, None);
    let reply = Reply { errors: vec![error], ..reply };
    let body = reply.body(request_id, Some(&async_graphql::Value::Null), Some(TOO_LARGE));
    Output::Next(text(body))
}

fn fits(id: &str, output: &Output) -> bool {
    of_operation(id, output).len() <= PUSH_BYTES_MAX
}

/// What serialises as JSON is UTF-8.
fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap_or_default()
}
