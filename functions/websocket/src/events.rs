//! Events of the API: a connection opens, says something, is gone.

use api::transport::{Event, SUBPROTOCOL, State, handshake};
use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use domain::limits::FRAME_BYTES_MAX;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use runtime::app::App;
use store::sockets as rows;

use crate::gateway::Gateway;
use crate::wire::Wire;

/// Answers one event. What `$default` answers reaches nobody: messages go over the wire.
pub async fn event(
    app: &App,
    wire: &impl Wire,
    request: ApiGatewayWebsocketProxyRequest,
) -> ApiGatewayProxyResponse {
    let context = &request.request_context;
    let Some(socket) = context.connection_id.clone() else { return answer(StatusCode::BAD_REQUEST) };
    match context.event_type.as_deref() {
        Some("CONNECT") => connected(app, &socket, &headers(&request)).await,
        Some("MESSAGE") => {
            let address = context.identity.source_ip.as_deref().and_then(|address| address.parse().ok());
            Gateway::new(app, wire).of(address).process(&socket, said(request)).await;
            answer(StatusCode::OK)
        }
        Some("DISCONNECT") => {
            api::sockets::forget(&crate::context(app), &socket).await;
            answer(StatusCode::OK)
        }
        _ => answer(StatusCode::BAD_REQUEST),
    }
}

/// Lets a connection in, or refuses its handshake: there is no socket to close yet.
pub async fn connected(app: &App, socket: &str, headers: &HeaderMap) -> ApiGatewayProxyResponse {
    if !handshake::origin_allowed(headers, &app.config.allowed_origins) {
        return answer(StatusCode::FORBIDDEN);
    }
    if !handshake::offers_subprotocol(headers) {
        return answer(StatusCode::BAD_REQUEST);
    }
    let now = app.clock.now();
    let state = State::new(now);
    let until = state.until().unwrap_or(Timestamp::MAX);
    let noted = match serde_json::to_value(&state) {
        Ok(state) => rows::connect(&app.store, socket, &state, now, until).await.is_ok(),
        Err(_) => false,
    };
    if !noted {
        return answer(StatusCode::SERVICE_UNAVAILABLE);
    }
    let mut response = answer(StatusCode::OK);
    response.headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    response
}

/// API Gateway gives every header once under `headers` and with all its values under `multiValueHeaders`.
fn headers(request: &ApiGatewayWebsocketProxyRequest) -> HeaderMap {
    if request.multi_value_headers.is_empty() {
        request.headers.clone()
    } else {
        request.multi_value_headers.clone()
    }
}

fn said(request: ApiGatewayWebsocketProxyRequest) -> Event {
    if request.is_base64_encoded {
        return Event::Binary;
    }
    let text = request.body.unwrap_or_default();
    if text.len() > FRAME_BYTES_MAX { Event::TooLarge } else { Event::Text(text) }
}

fn answer(status: StatusCode) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = i64::from(status.as_u16());
    response
}
