//! The queue `updates`: requests that changed and sessions that ended.

use api::sockets::{self, Push};
use auth::envelope::Message;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use runtime::app::App;
use runtime::sqs::{self, Failure};

use crate::context;

/// Handles one batch; the same on Lambda, in the local world and in tests, each with its own way to the clients.
pub async fn updates(app: &App, push: &impl Push, event: SqsEvent) -> SqsBatchResponse {
    let context = &context(app);
    sqs::each(app, event, async |opened| {
        let told = match opened.message {
            Message::Changed { request } => {
                sockets::publish(context, push, &opened.tenant, request, opened.id).await
            }
            Message::SessionEnded { session } => sockets::end_session(context, push, session.uuid()).await,
            Message::Asked { .. }
            | Message::Answered { .. }
            | Message::Expired { .. }
            | Message::Reported { .. }
            | Message::Task { .. } => {
                return Err(Failure::Refuse("this is nothing that a client is told"));
            }
        };
        told.map_err(|error| Failure::Retry(error.to_string()))
    })
    .await
}
