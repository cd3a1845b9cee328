//! The HTTP server on 127.0.0.1: every request becomes the event that Lambda would have made of it,
//! but for the one that becomes a WebSocket.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use domain::limits::{HTTP_BODY_BYTES_MAX, REQUEST_SECONDS};
use futures_util::StreamExt;
use lambda_http::RequestExt;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use runtime::app::App;
use runtime::config::Environment;
use tokio::net::TcpListener;

use crate::sockets::{Sockets, handshake};

/// A body that is longer than this is not even read to be dropped.
const DROPPED_BYTES_MAX: usize = 16 * 1024 * 1024;
const EXPLORER: &str = include_str!("explorer.html");
/// What the explorer may do: its own script and style, and calls to where it came from.
const EXPLORER_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Serves until `stop` is ready, then finishes what it has begun.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    sockets: Sockets,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().fallback(answer).with_state((app, sockets));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}

async fn answer(
    State((app, sockets)): State<(App, Sockets)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    if request.uri().path() == "/" && app.config.environment != Environment::Production {
        return Ok(explorer(request.method()));
    }
    if request.uri().path() == "/graphql" && handshake::wants_socket(&request) {
        return Ok(handshake::answer(&app, &sockets, peer.ip(), request));
    }
    let (parts, body) = request.into_parts();
    let body = match tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS), bounded(body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Ok(without_body(StatusCode::BAD_REQUEST)),
        Err(_) => return Ok(without_body(StatusCode::REQUEST_TIMEOUT)),
    };
    let event = lambda_http::Request::from_parts(parts, lambda_body(body));
    let event = event.with_request_context(RequestContext::ApiGatewayV2(context(peer)));
    let (parts, body) = graphql::handle(&app, event).await.into_parts();
    Ok(Response::from_parts(parts, Body::from(body.to_vec())))
}

/// What API Gateway would say of the connection.
fn context(peer: SocketAddr) -> ApiGatewayV2httpRequestContext {
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.http.source_ip = Some(peer.ip().to_string());
    context
}

fn without_body(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The body up to one byte past the limit: the handler refuses it by its length. What comes after that is read and
/// dropped for a while, because a client that still sends does not hear the refusal.
async fn bounded(body: Body) -> Result<Bytes, axum::Error> {
    let mut chunks = body.into_data_stream();
    let mut out = bytes::BytesMut::new();
    let mut read = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        read = read.saturating_add(chunk.len());
        let room = (HTTP_BODY_BYTES_MAX + 1).saturating_sub(out.len());
        out.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        if read > DROPPED_BYTES_MAX {
            break;
        }
    }
    Ok(out.freeze())
}

fn lambda_body(body: Bytes) -> lambda_http::Body {
    if body.is_empty() {
        return lambda_http::Body::Empty;
    }
    match String::from_utf8(body.into()) {
        Ok(text) => lambda_http::Body::Text(text),
        Err(other) => lambda_http::Body::Binary(other.into_bytes()),
    }
}

fn explorer(method: &Method) -> Response<Body> {
    if method != Method::GET && method != Method::HEAD {
        let mut response = without_body(StatusCode::METHOD_NOT_ALLOWED);
        response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response =
        Response::new(if method == Method::GET { Body::from(EXPLORER) } else { Body::empty() });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static(EXPLORER_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    response
}
