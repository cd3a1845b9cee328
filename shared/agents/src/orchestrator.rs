//! Class 1: messages of the orchestrator's queue.

use auth::Opened;
use auth::envelope::Message;

use crate::context::Agents;
use crate::driver::{self, Incoming};
use crate::{Error, Handled};

/// The orchestrator's queue.
pub const QUEUE: &str = "orchestrator";

/// Takes one turn of the analysis that the message is about. Gives what is now to be sent and forgotten.
///
/// # Errors
/// [`Error::Retry`] when another delivery may succeed, [`Error::Refuse`] for a message of another queue.
pub async fn handle_message(agents: &Agents, opened: Opened) -> Result<Handled, Error> {
    let (request, incoming) = match opened.message {
        Message::Asked { request } => (request, Incoming::Asked),
        Message::Answered { request } => (request, Incoming::Answered),
        Message::Expired { request } => (request, Incoming::Expired),
        Message::Reported { request, task } => (request, Incoming::Reported(task)),
        Message::Task { .. } => return Err(Error::Refuse("a task is not for the orchestrator")),
        Message::Changed { .. } => return Err(Error::Refuse("a change is not for the orchestrator")),
        Message::SessionEnded { .. } => return Err(Error::Refuse("a session is not for the orchestrator")),
    };
    driver::turn(agents, &opened.tenant, request, opened.id, incoming).await
}
