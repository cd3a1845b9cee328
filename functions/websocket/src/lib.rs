//! WebSockets whose connections API Gateway holds: its events, the changes that subscribers are told of, and the
//! schedule that keeps time for both, in and out of `api`. The state of a socket lies in its row; what goes to a client
//! goes through a [`wire::Wire`]. `docs/websocket.md` says what API Gateway cannot do.

#[cfg(feature = "aws")]
pub mod connections;
mod events;
mod gateway;
mod schedule;
mod updates;
pub mod wire;

pub use events::{connected, event};
pub use schedule::sweep;
pub use updates::updates;

use api::{Context, Limits};
use aws_lambda_events::event::apigw::ApiGatewayWebsocketProxyRequest;
use aws_lambda_events::event::sqs::SqsEvent;
use runtime::app::App;
use runtime::config::Environment;
use serde_json::Value;

use crate::gateway::Gateway;
use crate::wire::Wire;

/// Handles whatever the function is invoked with: an event of the API, a batch of the queue `updates`, or, where it is
/// neither, the schedule.
///
/// # Errors
/// When an event has the form of none of them.
pub async fn handle(app: &App, wire: &impl Wire, payload: Value) -> Result<Value, serde_json::Error> {
    if payload.pointer("/requestContext/connectionId").is_some() {
        let request: ApiGatewayWebsocketProxyRequest = serde_json::from_value(payload)?;
        return serde_json::to_value(event(app, wire, request).await);
    }
    if payload.get("Records").is_some() {
        let batch: SqsEvent = serde_json::from_value(payload)?;
        let gateway = Gateway::new(app, wire);
        return serde_json::to_value(updates(app, &gateway, batch).await);
    }
    sweep(app, wire).await;
    Ok(Value::Null)
}

/// The whole of the Lambda.
///
/// # Errors
/// When the process cannot start or the platform goes away.
#[cfg(feature = "aws")]
pub async fn serve() -> Result<(), runtime::Error> {
    use lambda_runtime::{LambdaEvent, service_fn};

    let app = runtime::boot::boot("websocket").await?;
    let wire = connections::Connections::from_environment(&app.config).await?;
    let (app, wire) = (&app, &wire);
    let service = service_fn(move |event: LambdaEvent<Value>| async move {
        handle(app, wire, event.payload).await.map_err(lambda_runtime::Error::from)
    });
    lambda_runtime::run(service).await.map_err(runtime::Error::Lambda)
}

/// What `api` works with.
pub fn context(app: &App) -> Context {
    let rates = app.config.rate_limits;
    Context {
        store: app.store.clone(),
        keys: app.keys.clone(),
        hasher: app.hasher.clone(),
        clock: app.clock,
        limits: Limits {
            analyses_per_hour: rates.map(|rates| rates.analyses_per_hour),
            requests_per_minute: rates.map(|rates| rates.requests_per_minute),
            failed_logins_per_account: rates.map(|rates| rates.failed_logins_per_account),
            failed_logins_per_address: rates.map(|rates| rates.failed_logins_per_address),
            registrations_per_address: rates.map(|rates| rates.registrations_per_address),
        },
        production: app.config.environment == Environment::Production,
    }
}
