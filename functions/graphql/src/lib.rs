//! HTTP in and out of `api`: `/graphql` and `/health`. The same function answers API Gateway and the local server.

use std::net::IpAddr;
use std::time::Duration;

use api::envelope::Request;
use api::{Context, Limits, headers};
use domain::ids::MessageId;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, Response, StatusCode};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use runtime::app::App;
use runtime::config::Environment;
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long a load balancer may wait to hear that the database is away.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Answers one HTTP request; never fails, whatever it is.
pub async fn handle(app: &App, request: lambda_http::Request) -> Response<Body> {
    let request_id = request_id(&request);
    let origins = &app.config.allowed_origins;
    let (method, asked) = (request.method().clone(), request.headers().clone());
    let mut response = Response::new(Body::Empty);
    if headers::is_preflight(&method, &asked, origins, response.headers_mut()) {
        *response.status_mut() = StatusCode::NO_CONTENT;
    } else {
        response = match path(&request) {
            "/graphql" => graphql(app, request, &request_id).await,
            "/health" if method == Method::GET => health(app).await,
            "/health" => {
                let mut response =
                    plain(StatusCode::METHOD_NOT_ALLOWED, &json!({"status": "method not allowed"}));
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
                response
            }
            _ => plain(StatusCode::NOT_FOUND, &json!({"status": "not found"})),
        };
    }
    headers::allow_origin(&asked, origins, response.headers_mut());
    headers::protect(response.headers_mut(), &request_id, production(app));
    response
}

/// In a task of its own: a client that goes away must not stop the work between a commit and its messages' way out.
async fn graphql(app: &App, request: lambda_http::Request, request_id: &str) -> Response<Body> {
    let (app, id) = (app.clone(), request_id.to_owned());
    let client = client(&request);
    let work = tokio::spawn(async move {
        let (parts, body) = request.into_parts();
        let (method, headers, query) = (&parts.method, &parts.headers, parts.uri.query());
        let request = Request { method, headers, query, body: body.as_ref(), client };
        let answer = api::answer(&context(&app), request, &id).await;
        app.queue.send(answer.outgoing).await;
        app.queue.forget(answer.forgotten).await;
        answer.response
    });
    let response = work.await.unwrap_or_else(|error| {
        tracing::error!(%error, request_id, "a request ended in a panic");
        api::fault(request_id)
    });
    response.map(text)
}

async fn health(app: &App) -> Response<Body> {
    let migration = tokio::time::timeout(HEALTH_TIMEOUT, store::health::migration(&app.store)).await;
    match migration {
        Ok(Ok(migration)) => {
            plain(StatusCode::OK, &json!({"status": "ok", "version": VERSION, "migration": migration}))
        }
        Ok(Err(_)) | Err(_) => {
            let body = json!({"status": "unavailable", "version": VERSION});
            let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, &body);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            response
        }
    }
}

fn context(app: &App) -> Context {
    let rates = app.config.rate_limits;
    let limits = Limits {
        analyses_per_hour: rates.map(|rates| rates.analyses_per_hour),
        requests_per_minute: rates.map(|rates| rates.requests_per_minute),
        failed_logins_per_account: rates.map(|rates| rates.failed_logins_per_account),
        failed_logins_per_address: rates.map(|rates| rates.failed_logins_per_address),
        registrations_per_address: rates.map(|rates| rates.registrations_per_address),
    };
    Context {
        store: app.store.clone(),
        keys: app.keys.clone(),
        hasher: app.hasher.clone(),
        clock: app.clock,
        limits,
        production: production(app),
    }
}

fn production(app: &App) -> bool {
    app.config.environment == Environment::Production
}

/// API Gateway's own id where there is one, so that its log and ours agree.
fn request_id(request: &lambda_http::Request) -> String {
    let given = gateway(request).and_then(|context| context.request_id.clone());
    given.unwrap_or_else(|| MessageId::new().to_string())
}

/// Who opened the connection, as API Gateway saw it. Headers such as `x-forwarded-for` are whatever the client wrote.
fn client(request: &lambda_http::Request) -> Option<IpAddr> {
    gateway(request)?.http.source_ip.as_deref()?.parse().ok()
}

fn gateway(request: &lambda_http::Request) -> Option<&ApiGatewayV2httpRequestContext> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => Some(context),
        Some(_) | None => None,
    }
}

/// The path without API Gateway's stage.
fn path(request: &lambda_http::Request) -> &str {
    match request.raw_http_path() {
        "" => request.uri().path(),
        raw => raw,
    }
}

fn plain(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::Text(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// As text where it is text, so that API Gateway need not decode it.
fn text(bytes: Vec<u8>) -> Body {
    String::from_utf8(bytes).map_or_else(|error| Body::Binary(error.into_bytes()), Body::Text)
}
