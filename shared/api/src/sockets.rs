//! What sockets have done for them, whoever holds their connections: joining, running operations, and telling
//! subscribers of changes. What comes out goes to a [`Push`].

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use auth::Tenant;
use domain::ids::{AnalysisRequestId, MessageId};
use domain::limits::USER_SOCKETS_MAX;
use jiff::Timestamp;
use store::outbox::Outgoing;
use store::subscriptions::{self, Claimed, Served, Version};
use store::{analysis_requests as rows, sockets, users};
use uuid::Uuid;

use crate::Context;
use crate::envelope::{Asked, Reply};
use crate::errors::Code;
use crate::identity::Identity;
use crate::media::Media;
use crate::payload;
use crate::serve::{self, Committed};
use crate::subscription::{Beginning, Begun, Source};
use crate::transport::{Event, Operation, Output};

/// The way to the clients. Where a connection is gone, what is kept of it is forgotten here.
pub trait Push: Sync {
    /// Gives an operation's output to its client, after everything given before.
    fn deliver(
        &self,
        socket: &str,
        operation: &str,
        output: Output,
    ) -> impl Future<Output = Result<(), Undelivered>> + Send;

    /// Tells a socket what it must know of itself: that its session has ended, or that we cannot follow.
    fn tell(&self, socket: &str, event: Event) -> impl Future<Output = ()> + Send;
}

/// Why a client was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    #[error("the connection is gone")]
    Gone,
    /// It may work in a moment.
    #[error("the connection cannot be reached")]
    Later,
}

/// Why subscribers were not told; worth a retry.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("subscribers could not be told: {0}")]
    Store(#[from] store::error::Error),
    #[error("a subscriber could not be told: {0}")]
    Undelivered(#[from] Undelivered),
    #[error("a state could not be rendered")]
    Rendering,
}

/// Counts the socket as the tenant's, and answers the machine. The session is looked at last: either its end finds the
/// socket, or it is found here.
pub async fn join(
    context: &Context,
    socket: &str,
    instance: Option<Uuid>,
    tenant: &Tenant,
    until: Timestamp,
) -> Event {
    let join = sockets::Join {
        socket,
        instance,
        user: tenant.user_id(),
        session: tenant.session().map(|session| session.uuid()),
        until,
        max: USER_SOCKETS_MAX,
        now: context.clock.now(),
    };
    match sockets::join(&context.store, join).await {
        Ok(true) => {}
        Ok(false) => return Event::Crowded,
        Err(error) => return unreached(&error),
    }
    let lives = async {
        let mut tx = context.store.tenant_read_only_once(tenant).await?;
        users::load(&mut tx).await?;
        tx.commit().await.map(|_| ())
    };
    match lives.await {
        Ok(()) => Event::Joined,
        Err(store::error::Error::SessionEnded | store::error::Error::NotFound(_)) => Event::Revoked,
        Err(error) => unreached(&error),
    }
}

fn unreached(error: &store::error::Error) -> Event {
    tracing::warn!(%error, "a socket could not be let in");
    Event::Overloaded
}

/// Who is at the other end of a socket.
#[derive(Clone, Copy, Debug)]
pub struct Peer<'a> {
    pub socket: &'a str,
    /// Where the connection was opened from, if that is known.
    pub address: Option<IpAddr>,
}

/// What an operation committed for the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// To be handed over.
    pub outgoing: Vec<Outgoing>,
    /// To be taken back: they have lost their meaning.
    pub forgotten: Vec<MessageId>,
}

/// Runs an operation: a query or a mutation to its end, a subscription to its first state and whatever has changed
/// meanwhile. Gives what was committed on the way.
pub async fn start(
    context: &Context,
    push: &impl Push,
    peer: Peer<'_>,
    (tenant, until): (Tenant, Timestamp),
    operation: Operation,
) -> Left {
    let socket = peer.socket;
    let Operation { id, asked } = operation;
    let beginning = Arc::new(Beginning {
        id: MessageId::new().uuid(),
        socket: socket.to_owned(),
        operation: id.clone(),
        document: asked.document.clone(),
        operation_name: asked.operation_name.clone(),
        variables: asked.variables.clone().into(),
        until,
        begun: Mutex::new(None),
    });
    let committed = Committed::default();
    let source = Source::Begin(Arc::clone(&beginning));
    let reply =
        serve::over_socket(context, asked, (tenant, peer.address), source, committed.clone(), &id).await;
    let output = payload::output(&id, reply, &beginning.id.to_string());
    let told = match (output, beginning.begun()) {
        (Output::Next(payload), begun) => {
            let first = First { id: &id, payload, begun, sender: beginning.id };
            first.tell(context, push, socket, &tenant).await
        }
        (output @ (Output::Error(_) | Output::Complete), begun) => {
            if begun.is_some() {
                stop(context, socket, &tenant, &id).await;
            }
            push.deliver(socket, &id, output).await.map_err(Error::from)
        }
    };
    match told {
        Ok(()) => {}
        Err(Error::Undelivered(Undelivered::Gone)) => forget(context, socket).await,
        // Nobody would come back to it: the client does, when it is told to.
        Err(error) => {
            tracing::warn!(%error, "a socket is closed");
            push.tell(socket, Event::Overloaded).await;
        }
    }
    // What has lost its meaning comes in its time and does nothing.
    let (outgoing, forgotten) = committed.take();
    Left { outgoing, forgotten }
}

/// The first thing that an operation gives, and for most the only one.
struct First<'a> {
    id: &'a str,
    payload: String,
    begun: Option<Begun>,
    sender: Uuid,
}

impl First<'_> {
    async fn tell(
        self,
        context: &Context,
        push: &impl Push,
        socket: &str,
        tenant: &Tenant,
    ) -> Result<(), Error> {
        push.deliver(socket, self.id, Output::Next(self.payload)).await?;
        match self.begun {
            Some(Begun { request, version, ended: false }) => {
                let served = vec![Served { id: self.sender, version }];
                let work = Work { request, sender: self.sender, served, ended: Vec::new() };
                work.go_on(context, push, tenant).await
            }
            Some(Begun { ended: true, .. }) | None => {
                Ok(push.deliver(socket, self.id, Output::Complete).await?)
            }
        }
    }
}

/// Ends a subscription that the client has ended. Where that fails, what still comes is not passed on.
pub async fn stop(context: &Context, socket: &str, tenant: &Tenant, operation: &str) {
    let stopped = async {
        let mut tx = context.store.tenant_once(tenant).await?;
        subscriptions::unsubscribe(&mut tx, socket, operation).await?;
        tx.commit().await
    };
    if let Err(error) = stopped.await {
        tracing::warn!(%error, "a subscription could not be ended");
    }
}

/// Forgets a socket whose connection is gone, and what it was subscribed to.
pub async fn forget(context: &Context, socket: &str) {
    if let Err(error) = sockets::forget(&context.store, &[socket.to_owned()]).await {
        tracing::warn!(%error, "a socket could not be forgotten; its time will end");
    }
}

/// Tells the request's subscribers every version that they have not seen, in order, and the end. Work that another
/// sender has begun is left to it: it looks again when it is done.
///
/// # Errors
/// When the same message should come again.
pub async fn publish(
    context: &Context,
    push: &impl Push,
    tenant: &Tenant,
    request: AnalysisRequestId,
    message: MessageId,
) -> Result<(), Error> {
    let work = Work { request, sender: message.uuid(), served: Vec::new(), ended: Vec::new() };
    work.go_on(context, push, tenant).await
}

/// Tells the sockets of a session that it has ended, and forgets them.
///
/// # Errors
/// When the same message should come again.
pub async fn end_session(context: &Context, push: &impl Push, session: Uuid) -> Result<(), Error> {
    let found = sockets::of_session(&context.store, session).await?;
    for socket in &found {
        push.tell(socket, Event::Revoked).await;
    }
    if !found.is_empty() {
        sockets::forget(&context.store, &found).await?;
    }
    Ok(())
}

/// One sender's work on a request's subscriptions.
struct Work {
    request: AnalysisRequestId,
    sender: Uuid,
    /// What was sent since the last look.
    served: Vec<Served>,
    /// Who was told the end.
    ended: Vec<Uuid>,
}

impl Work {
    /// Notes what was sent and takes what is behind, until nothing is.
    async fn go_on(mut self, context: &Context, push: &impl Push, tenant: &Tenant) -> Result<(), Error> {
        while let Some((claimed, row, versions)) = self.next(context, tenant).await? {
            let mut failed = None;
            for one in claimed {
                match self.serve(context, push, tenant, &one, &row, &versions).await {
                    Ok(()) => {}
                    Err(Error::Undelivered(Undelivered::Gone)) => forget(context, &one.socket).await,
                    // Its neighbours are told and noted first; the message then comes again for this one.
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(error) = failed {
                self.next(context, tenant).await?;
                return Err(error);
            }
        }
        Ok(())
    }

    async fn next(
        &mut self,
        context: &Context,
        tenant: &Tenant,
    ) -> Result<Option<(Vec<Claimed>, rows::AnalysisRequest, Vec<Version>)>, store::error::Error> {
        let mut tx = context.store.tenant(tenant).await?;
        subscriptions::take_turn(&mut tx, self.request).await?;
        let (served, ended) = (std::mem::take(&mut self.served), std::mem::take(&mut self.ended));
        if !served.is_empty() {
            subscriptions::advance(&mut tx, self.request, self.sender, &served).await?;
        }
        if !ended.is_empty() {
            subscriptions::end(&mut tx, self.request, ended).await?;
        }
        let claimed = subscriptions::claim(&mut tx, self.request, self.sender, context.clock.now()).await?;
        let Some(since) = claimed.iter().map(|one| one.sent_version).min() else {
            tx.commit().await?;
            return Ok(None);
        };
        let changes = subscriptions::changes(&mut tx, self.request, since).await?;
        tx.commit().await?;
        Ok(changes.map(|(row, versions)| (claimed, row, versions)))
    }

    async fn serve(
        &mut self,
        context: &Context,
        push: &impl Push,
        tenant: &Tenant,
        one: &Claimed,
        row: &rows::AnalysisRequest,
        versions: &[Version],
    ) -> Result<(), Error> {
        let unseen = versions.iter().filter(|version| version.version > one.sent_version);
        let states = unseen.map(|version| as_of(row, version)).chain([row.clone()]);
        for state in states {
            let next = render(context, tenant, one, state).await?;
            push.deliver(&one.socket, &one.operation, next).await?;
        }
        if row.status.is_final() {
            push.deliver(&one.socket, &one.operation, Output::Complete).await?;
            self.ended.push(one.id);
        } else {
            self.served.push(Served { id: one.id, version: row.version });
        }
        Ok(())
    }
}

/// The request as a version left it. Only the last version can be an end, so the others had no result and no error.
fn as_of(row: &rows::AnalysisRequest, version: &Version) -> rows::AnalysisRequest {
    rows::AnalysisRequest {
        status: version.status,
        progress: version.progress,
        updated_at: version.at,
        version: version.version,
        result: None,
        error_code: None,
        error_message: None,
        completed_at: None,
        ..row.clone()
    }
}

async fn render(
    context: &Context,
    tenant: &Tenant,
    one: &Claimed,
    state: rows::AnalysisRequest,
) -> Result<Output, Error> {
    let asked = Asked {
        media: Media::GraphqlResponse,
        reads_only: false,
        document: one.document.clone(),
        operation_name: one.operation_name.clone(),
        variables: one.variables.as_object().cloned().unwrap_or_default(),
    };
    let source = Source::State(Box::new(state));
    let reply: Reply = serve::again(context, asked, Identity::Known(*tenant), source).await;
    if reply.errors.iter().any(|error| Code::of(error) == Some(Code::Unavailable)) {
        return Err(Error::Rendering);
    }
    Ok(payload::output(&one.operation, reply, &one.id.to_string()))
}
