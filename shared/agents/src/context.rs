//! What agents work with.

use auth::Tenant;
use auth::envelope::{self, Message};
use auth::keys::Keys;
use domain::clock::Clock;
use domain::ids::{AnalysisRequestId, MessageId};
use jiff::Timestamp;
use store::Store;
use store::outbox::NewMessage;
use store::subscriptions::Change;
use url::Url;

use crate::snapshots::Cache;

/// One process's connections, clock and keys. Cheap to clone.
#[derive(Clone)]
pub struct Agents {
    pub store: Store,
    pub keys: Keys,
    pub clock: Clock,
    pub http: reqwest::Client,
    /// Sends all shop traffic to one place, for example a simulator.
    pub shopify_base: Option<Url>,
    pub snapshots: Cache,
}

impl Agents {
    /// A sealed message for a queue, not delivered before `available_at`.
    pub(crate) fn message(
        &self,
        tenant: &Tenant,
        queue: &'static str,
        message: &Message,
        available_at: Timestamp,
    ) -> NewMessage {
        self.message_with(MessageId::new(), tenant, queue, message, available_at)
    }

    /// The same under a given id.
    pub(crate) fn message_with(
        &self,
        id: MessageId,
        tenant: &Tenant,
        queue: &'static str,
        message: &Message,
        available_at: Timestamp,
    ) -> NewMessage {
        NewMessage { id, queue, body: envelope::seal(&self.keys, tenant, id, message), available_at }
    }

    /// What subscribers of the request are told by, where there are any.
    pub(crate) fn change(&self, tenant: &Tenant, request: AnalysisRequestId) -> Change {
        let id = MessageId::new();
        Change { id, body: envelope::seal(&self.keys, tenant, id, &Message::Changed { request }) }
    }
}
