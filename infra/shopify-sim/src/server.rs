//! The simulator's HTTP face: one address, several stores, told apart by their access tokens.

mod bulk;
mod compile;
mod document;
mod download;
mod fields;
mod operations;
mod plan;
mod problem;
mod respond;
mod schema;
mod search;
mod value;
mod write;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::{get, post};
use bytes::Bytes;
use domain::clock::Clock;
use tokio::net::TcpListener;

use self::operations::Operations;
use self::value::{Served, World};
use crate::store::Store;

/// The one version that is played; older ones fall forward to it.
const VERSION: &str = "2026-10";
/// The largest request body.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The stores of one server, by access token.
#[derive(Debug)]
struct Stores {
    stores: HashMap<String, Arc<Served>>,
}

/// Serves the stores until the future is dropped. Each store answers to its own access token
/// (`X-Shopify-Access-Token`); `clock` is what the stores hold for now.
pub fn serve(
    listener: TcpListener,
    stores: Vec<(String, Arc<Store>)>,
    clock: Clock,
) -> impl Future<Output = std::io::Result<()>> + Send {
    let last_operation = Arc::new(AtomicI64::new(0));
    let stores = stores.into_iter().map(|(token, store)| {
        let last_operation = Arc::clone(&last_operation);
        (token, Arc::new(Served { store, operations: Operations::default(), clock, last_operation }))
    });
    let served = Arc::new(Stores { stores: stores.collect() });
    let router = Router::new()
        .route("/admin/api/{version}/graphql.json", post(graphql))
        .route("/bulk/{file}", get(bulk_file))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(served);
    async move { axum::serve(listener, router).await }
}

async fn graphql(
    State(served): State<Arc<Stores>>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if !is_version(&version) {
        return not_found().await;
    }
    let token = headers.get("x-shopify-access-token").and_then(|token| token.to_str().ok()).unwrap_or("");
    let Some(served) = served.stores.get(token) else {
        let body =
            r#"{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}"#;
        return json(StatusCode::UNAUTHORIZED, body);
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    let base_url = format!("http://{host}");
    let answer = respond::respond(&World::new(served, &base_url), &body);
    json(StatusCode::OK, answer)
}

async fn bulk_file(
    State(served): State<Arc<Stores>>,
    Path(file): Path<String>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let id = file.strip_suffix(".jsonl").and_then(|id| id.parse::<i64>().ok());
    let operation = id.and_then(|id| served.stores.values().find_map(|served| served.operations.load(id)));
    let signature = query.as_deref().and_then(|query| query.strip_prefix("signature=")).unwrap_or("");
    match operation {
        Some(operation) if operation.signature == signature => download::answer(&operation, &headers),
        _ => not_found().await,
    }
}

async fn not_found() -> Response<Body> {
    json(StatusCode::NOT_FOUND, r#"{"errors":"Not Found"}"#)
}

/// `2026-10` and every version before it, and `unstable`: all are answered as [`VERSION`], and the header says so.
fn is_version(version: &str) -> bool {
    let is_quarter = matches!(version.get(4..), Some("-01" | "-04" | "-07" | "-10"))
        && version.get(..4).is_some_and(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    version == "unstable" || (is_quarter && version <= VERSION)
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert("x-shopify-api-version", header::HeaderValue::from_static(VERSION));
    response
}
