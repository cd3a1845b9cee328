//! The HTTP request that becomes a WebSocket (RFC 6455, 4.2).

use std::net::IpAddr;

use api::transport::{SUBPROTOCOL, handshake};
use aws_lc_rs::digest;
use axum::body::Body;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use runtime::app::App;

use super::Sockets;
use super::connection::{self, Asked};

const VERSION: HeaderValue = HeaderValue::from_static("13");
/// What every accepted key is hashed with (RFC 6455, 1.3).
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// A key is 16 bytes in base64.
const KEY_BYTES: usize = 16;

/// Whether the request wants to become a WebSocket.
pub(crate) fn wants_socket<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET && has_word(request.headers(), &UPGRADE, "websocket")
}

/// Answers the request; where it is accepted, the socket then lives in a task of its own.
pub(crate) fn answer(
    app: &App,
    sockets: &Sockets,
    address: IpAddr,
    mut request: Request<Body>,
) -> Response<Body> {
    let headers = request.headers();
    let key = match accepted(headers) {
        Ok(key) => key,
        Err(status) => return refuse(status),
    };
    if !handshake::origin_allowed(headers, &app.config.allowed_origins) {
        return refuse(StatusCode::FORBIDDEN);
    }
    let speaks = handshake::offers_subprotocol(headers);
    let Some(place) = sockets.take_place() else { return refuse(StatusCode::SERVICE_UNAVAILABLE) };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(connection::run(app.clone(), sockets.clone(), place, upgrade, Asked { speaks, address }));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    if speaks {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    response
}

/// What proves that the key was read.
fn accepted(headers: &HeaderMap) -> Result<HeaderValue, StatusCode> {
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    let key = headers
        .get(SEC_WEBSOCKET_KEY)
        .filter(|key| BASE64_STANDARD.decode(key.as_bytes()).is_ok_and(|bytes| bytes.len() == KEY_BYTES));
    let Some(key) = key.filter(|_| has_word(headers, &CONNECTION, "upgrade")) else {
        return Err(StatusCode::BAD_REQUEST);
    };
    let text = [key.as_bytes(), MAGIC.as_bytes()].concat();
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &text);
    HeaderValue::from_str(&BASE64_STANDARD.encode(hash)).map_err(|_| StatusCode::BAD_REQUEST)
}

fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
}

fn refuse(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if status == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, VERSION);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
    use axum::http::{HeaderMap, HeaderValue, StatusCode};

    use super::accepted;

    fn headers(version: &'static str, key: &'static str, connection: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static(version));
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static(key));
        headers.insert(CONNECTION, HeaderValue::from_static(connection));
        headers
    }

    #[test]
    fn a_key_is_accepted_as_the_specification_shows_and_a_bad_handshake_is_refused() {
        let key = "dGhlIHNhbXBsZSBub25jZQ==";
        let good = accepted(&headers("13", key, "keep-alive, Upgrade")).unwrap();
        assert_eq!(good, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let status = |headers| accepted(&headers).err();
        assert_eq!(status(headers("8", key, "upgrade")), Some(StatusCode::UPGRADE_REQUIRED));
        assert_eq!(status(headers("13", "c2hvcnQ=", "upgrade")), Some(StatusCode::BAD_REQUEST));
        assert_eq!(status(headers("13", key, "keep-alive")), Some(StatusCode::BAD_REQUEST));
    }
}
