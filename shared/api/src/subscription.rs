//! What can be watched. A subscription is executed once for every state that is sent: the first time it also asks to be
//! told of the next ones.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, ID, Result, Subscription as GraphqlSubscription};
use domain::ids::AnalysisRequestId;
use futures_util::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use serde_json::Value;
use store::analysis_requests as rows;
use store::subscriptions;
use uuid::Uuid;

use crate::analysis_requests::AnalysisRequest;
use crate::errors::{Code, Fault};
use crate::identity::tenant;

const NOT_FOUND: &str = "There is no such analysis request, or it is not yours.";

/// Where the state comes from that a subscription is executed for.
#[derive(Clone)]
pub(crate) enum Source {
    /// From the database, which from then on tells of changes.
    Begin(Arc<Beginning>),
    /// It is known already.
    State(Box<rows::AnalysisRequest>),
}

/// A subscription about to begin.
pub(crate) struct Beginning {
    pub(crate) id: Uuid,
    pub(crate) socket: String,
    pub(crate) operation: String,
    pub(crate) document: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Value,
    pub(crate) until: Timestamp,
    pub(crate) begun: Mutex<Option<Begun>>,
}

/// What was found when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) request: AnalysisRequestId,
    pub(crate) version: i32,
    /// It has ended already: there is nothing to tell later.
    pub(crate) ended: bool,
}

impl Beginning {
    pub(crate) fn begun(&self) -> Option<Begun> {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: AnalysisRequestId, now: Timestamp) -> subscriptions::Subscribe<'_> {
        subscriptions::Subscribe {
            request,
            id: self.id,
            socket: &self.socket,
            operation: &self.operation,
            document: &self.document,
            operation_name: self.operation_name.as_deref(),
            variables: &self.variables,
            until: self.until,
            now,
        }
    }
}

/// What can be watched.
pub(crate) struct Subscription;

/// What can be watched, over a WebSocket at `/graphql` with the subprotocol `graphql-transport-ws`.
#[GraphqlSubscription]
impl Subscription {
    /// One question as it stands, at once and again after each change, in order, until it has ended.
    async fn analysis_request_updates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question to watch.")] request_id: ID,
    ) -> Result<BoxStream<'static, AnalysisRequest>> {
        let (services, tenant) = (ctx.data::<crate::Context>()?, tenant(ctx)?);
        let row = match ctx.data::<Source>()? {
            Source::State(row) => (**row).clone(),
            Source::Begin(beginning) => {
                let missing = || Code::NotFound.raise(NOT_FOUND);
                let id = AnalysisRequestId::from_opaque(&request_id).ok_or_else(missing)?;
                let mut tx = services.store.tenant_once(&tenant).await.map_err(Fault::from)?;
                let asked = beginning.ask(id, services.clock.now());
                let row = subscriptions::subscribe(&mut tx, asked).await.map_err(Fault::from)?;
                tx.commit().await.map_err(Fault::from)?;
                let row = row.ok_or_else(missing)?;
                let begun = Begun { request: id, version: row.version, ended: row.status.is_final() };
                *beginning.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(begun);
                row
            }
        };
        let request = AnalysisRequest::alone(services, tenant, row);
        Ok(stream::once(std::future::ready(request)).boxed())
    }
}
