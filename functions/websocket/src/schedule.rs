//! What nobody's message brings about: sockets whose time is over, lines that would fall silent, senders that came to
//! no end. API Gateway has no timers, so a schedule of a minute keeps time for it.

use api::sockets;
use api::transport::{self, Event, State};
use domain::ids::MessageId;
use jiff::SignedDuration;
use runtime::app::App;
use store::sockets as rows;

use crate::gateway::Gateway;
use crate::wire::{Refused, Wire};

/// API Gateway cuts a connection over which nothing went for ten minutes.
const IDLE_AFTER: SignedDuration = SignedDuration::from_mins(8);

/// Looks once at everything whose time has come. What fails is found again the next time.
pub async fn sweep(app: &App, wire: &impl Wire) {
    let gateway = Gateway::new(app, wire);
    if let Err(error) = look(app, &gateway).await {
        tracing::warn!(%error, "the schedule could not look at every socket");
    }
}

async fn look<W: Wire>(app: &App, gateway: &Gateway<'_, W>) -> Result<(), store::error::Error> {
    let now = app.clock.now();
    for socket in rows::ended(&app.store, now).await? {
        gateway.process(&socket, Event::Tick).await;
    }
    let silent_since = now.checked_sub(IDLE_AFTER).unwrap_or(now);
    for socket in rows::idle(&app.store, silent_since, now).await? {
        if gateway.wire.post(&socket, &transport::ping()).await == Err(Refused::Gone) {
            sockets::forget(&gateway.context, &socket).await;
        }
    }
    for left in rows::left(&app.store, now).await? {
        let Ok(state) = serde_json::from_value::<State>(left.state) else { continue };
        let tenant = state.pass().and_then(|pass| auth::from_pass(&app.keys, pass, now).ok());
        let Some(tenant) = tenant else { continue };
        let told = sockets::publish(&gateway.context, gateway, &tenant, left.request, MessageId::new()).await;
        if let Err(error) = told {
            tracing::warn!(%error, "a subscription stays behind");
        }
    }
    Ok(())
}
