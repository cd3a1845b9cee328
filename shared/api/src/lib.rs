//! Floor 3: the GraphQL contract. [`answer`] takes an HTTP request and gives the response; everything in between is here.
//!
//! | module | what |
//! |---|---|
//! | `envelope`, `media`, `headers` | GraphQL over HTTP, pure |
//! | `json`, `tokens`, `weight`, `document`, `variables`, `shape` | what a request may ask for, checked before anything runs, pure |
//! | `identity`, `rates`, `serve` | who asks and how often, and the way from request to reply |
//! | `users`, `sessions`, `linked_accounts`, `analysis_requests`, `agent_tasks`, `proposed_actions`, `results`, `catalogue` | the nouns |
//! | `query`, `mutation`, `subscription` | the roots |
//! | `transport` | graphql-transport-ws, pure |
//! | `sockets`, `payload` | what sockets have done for them |
//! | `completion` | the response's form, pure |
//! | `errors`, `idempotency`, `pagination`, `scalars` | what nouns share |

mod agent_tasks;
mod analysis_requests;
mod catalogue;
mod completion;
mod document;
pub mod envelope;
mod errors;
pub mod headers;
mod idempotency;
mod identity;
mod json;
mod linked_accounts;
mod media;
mod mutation;
mod pagination;
mod payload;
mod proposed_actions;
mod query;
mod rates;
mod results;
mod scalars;
mod serve;
mod sessions;
pub mod shape;
pub mod sockets;
mod subscription;
mod tokens;
pub mod transport;
mod users;
mod variables;
mod weight;

use auth::keys::Keys;
use auth::password::Hasher;
use domain::clock::Clock;
use domain::ids::MessageId;
use http::Response;
use store::Store;
use store::outbox::Outgoing;

/// What resolvers work with: one for a process, cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    pub keys: Keys,
    pub hasher: Hasher,
    pub clock: Clock,
    pub limits: Limits,
    /// Introspection and suggestions are off in production.
    pub production: bool,
}

/// How often something may be done; `None` is without bound, outside production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Questions of one user.
    pub analyses_per_hour: Option<u32>,
    /// Requests of one user, in each process.
    pub requests_per_minute: Option<u32>,
    /// Failed log-ins to one account in 15 minutes.
    pub failed_logins_per_account: Option<u32>,
    /// Failed log-ins from one address in 15 minutes.
    pub failed_logins_per_address: Option<u32>,
    /// Registrations from one address in 15 minutes.
    pub registrations_per_address: Option<u32>,
}

/// What a request came to.
pub struct Answer {
    pub response: Response<Vec<u8>>,
    /// Messages that were committed on the way: hand them to the queue.
    pub outgoing: Vec<Outgoing>,
    /// Messages that wait for their time and have lost their meaning: take them back where that can be done.
    pub forgotten: Vec<MessageId>,
}

/// Answers one request to `/graphql`, within [`domain::limits::REQUEST_SECONDS`].
pub async fn answer(context: &Context, request: envelope::Request<'_>, request_id: &str) -> Answer {
    serve::answer(context, request, request_id).await
}

/// The answer to a fault of ours that no field could report.
pub fn fault(request_id: &str) -> Response<Vec<u8>> {
    serve::fault(request_id)
}

/// Every `extensions.code` with its meaning, for the documentation.
pub fn error_codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    errors::Code::ALL.into_iter().map(|code| (code.name(), code.meaning()))
}

/// The schema's definition language, sorted as it is declared.
pub fn sdl() -> String {
    serve::sdl()
}
