//! Queue messages in: SQS's event to one call for each message, and back to batch item failures.

#[cfg(feature = "aws")]
pub mod send;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use auth::Opened;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::limits::MESSAGE_BYTES_MAX;
use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::LambdaEvent;

use crate::app::App;

/// Messages of one batch that are worked on at once.
const CONCURRENCY_MAX: usize = 4;

/// Why a message was not handled.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It may work later: the queue delivers again. The text goes to the log, so it holds no data.
    #[error("{0}")]
    Retry(String),
    /// It never will: the message becomes a dead letter with this reason.
    #[error("{0}")]
    Refuse(&'static str),
}

/// Calls `handle` for each message of the batch that was sealed by us. Only what may succeed later, or must become a dead
/// letter, is answered as a batch item failure; a neighbour's failure, even a panic, touches no other message.
pub async fn each<H, F>(app: &App, event: SqsEvent, handle: H) -> SqsBatchResponse
where
    H: Fn(Opened) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let handle = &handle;
    let outcomes = stream::iter(event.records).map(|record| async move {
        let id = record.message_id.clone().unwrap_or_default();
        one(app, &record, handle).await.err().map(|failure| (id, failure))
    });
    let failed: Vec<_> =
        outcomes.buffer_unordered(CONCURRENCY_MAX).filter_map(|failed| async { failed }).collect().await;
    let mut response = SqsBatchResponse::default();
    for (id, failure) in failed {
        match failure {
            Failure::Retry(reason) => {
                tracing::warn!(message = id, reason, "a message goes back to its queue")
            }
            Failure::Refuse(reason) => {
                tracing::error!(message = id, reason, "a message is refused");
                app.queue.refuse(&id, reason);
            }
        }
        response.add_failure(id);
    }
    response
}

async fn one<H, F>(app: &App, record: &SqsMessage, handle: &H) -> Result<(), Failure>
where
    H: Fn(Opened) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let body = record.body.as_deref().unwrap_or_default();
    if body.len() > MESSAGE_BYTES_MAX {
        return Err(Failure::Refuse("the message is larger than 256 KiB"));
    }
    let opened = auth::open(&app.keys, body).map_err(|error| Failure::Refuse(refusal(error)))?;
    let handled = AssertUnwindSafe(handle(opened)).catch_unwind().await;
    handled
        .unwrap_or_else(|panic| Err(Failure::Retry(format!("the handler panicked: {}", panic_text(&*panic)))))
}

const fn refusal(error: auth::envelope::Error) -> &'static str {
    use auth::envelope::Error;
    match error {
        Error::TooLarge => "the message is longer than an envelope",
        Error::Malformed => "the message is not an envelope of this version",
        Error::Forged => "the message was not sealed with our key",
    }
}

/// What a panic said, where it said it with a constant: a formatted text may hold data.
pub fn panic_text(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("with a formatted text")
}

/// The Lambda loop of a queue consumer: runs until the platform ends the process.
///
/// # Errors
/// When the platform's runtime API goes away.
pub async fn serve<H>(app: &App, handle: H) -> Result<(), crate::Error>
where
    H: AsyncFn(&App, SqsEvent) -> SqsBatchResponse,
{
    let handle = &handle;
    let service = lambda_runtime::service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, lambda_runtime::Error>(handle(app, event.payload).await)
    });
    lambda_runtime::run(service).await.map_err(crate::Error::Lambda)
}
