//! Sends prepared requests over kept connections from a thread of its own, whose processor time is told so that it can
//! be left out of what the server cost.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::processes;
use crate::error::Error;

const CONNECTIONS: usize = 16;
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What came of a round of requests.
pub(super) struct Sent {
    pub(super) took: Duration,
    /// Processor time of the sending thread.
    pub(super) own: Duration,
    /// The last body that came.
    pub(super) last: String,
}

/// A GraphQL request as it stands on the wire.
pub(super) fn request(token: &str, body: &serde_json::Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: alatar\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\naccept: application/graphql-response+json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

/// Sends every request and waits for every answer.
///
/// # Errors
/// [`Error::Failed`] with the first answer that has not `status` and, for 200, no data without errors.
pub(super) async fn send(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    status: &'static str,
) -> Result<Sent, Error> {
    let (done, sent) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let sent = match runtime {
            Ok(runtime) => runtime.block_on(send_all(address, requests, status)),
            Err(error) => Err(failed(&error)),
        };
        // Nobody waits any more where the bench has failed.
        let _ = done.send(sent);
    });
    sent.await.map_err(|error| failed(&error))?
}

async fn send_all(address: SocketAddr, requests: Vec<Vec<u8>>, status: &'static str) -> Result<Sent, Error> {
    let each = requests.len().div_ceil(CONNECTIONS).max(1);
    let mut rest = requests.into_iter();
    let (began, before) = (Instant::now(), processes::cpu_of_this_thread());
    let mut connections = JoinSet::new();
    loop {
        let share: Vec<Vec<u8>> = rest.by_ref().take(each).collect();
        if share.is_empty() {
            break;
        }
        connections.spawn(converse(address, share, status));
    }
    let mut last = String::new();
    while let Some(ended) = connections.join_next().await {
        last = ended.map_err(|error| failed(&error))??;
    }
    Ok(Sent { took: began.elapsed(), own: processes::cpu_of_this_thread().saturating_sub(before), last })
}

async fn converse(address: SocketAddr, requests: Vec<Vec<u8>>, status: &str) -> Result<String, Error> {
    let mut stream = TcpStream::connect(address).await.map_err(|error| failed(&error))?;
    stream.set_nodelay(true).map_err(|error| failed(&error))?;
    let mut read = Vec::with_capacity(64 * 1024);
    for request in requests {
        stream.write_all(&request).await.map_err(|error| failed(&error))?;
        read.clear();
        while !is_whole(&read) {
            if stream.read_buf(&mut read).await.map_err(|error| failed(&error))? == 0 {
                return Err(failed(&"the connection was closed"));
            }
        }
        let answer = String::from_utf8_lossy(&read);
        let good = status != "200" || (answer.contains("\"data\":{") && !answer.contains("\"errors\":"));
        if answer.get(9..12) != Some(status) || !good {
            return Err(failed(&answer));
        }
    }
    Ok(String::from_utf8_lossy(&read).into_owned())
}

/// Whether the head is there and as much body as it says.
fn is_whole(read: &[u8]) -> bool {
    let Some(end) = read.windows(HEAD_END.len()).position(|bytes| bytes == HEAD_END) else { return false };
    let head = String::from_utf8_lossy(read.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    read.len() >= end + HEAD_END.len() + length.unwrap_or(0_usize)
}

fn failed(cause: &dyn std::fmt::Display) -> Error {
    Error::Failed(format!("a request of the bench failed: {cause}"))
}
