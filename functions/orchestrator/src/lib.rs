//! Queue messages of the queue `orchestrator` in and out of `agents::orchestrator`.

use agents::Handled;
use agents::context::Agents;
use agents::snapshots::Cache;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use runtime::app::App;
use runtime::sqs::{self, Failure};

/// Handles one batch; the same on Lambda, in the local world and in tests.
pub async fn handle(app: &App, event: SqsEvent) -> SqsBatchResponse {
    let agents = agents(app);
    sqs::each(app, event, async |opened| {
        let handled = agents::orchestrator::handle_message(&agents, opened).await;
        let Handled { send, forget } = handled.map_err(failure)?;
        app.queue.send(send).await;
        app.queue.forget(forget).await;
        Ok(())
    })
    .await
}

fn agents(app: &App) -> Agents {
    Agents {
        store: app.store.clone(),
        keys: app.keys.clone(),
        clock: app.clock,
        http: app.http.clone(),
        shopify_base: app.config.shopify.api_base.clone(),
        snapshots: Cache::shared(),
    }
}

fn failure(error: agents::Error) -> Failure {
    match error {
        agents::Error::Retry(reason) => Failure::Retry(reason),
        agents::Error::Refuse(reason) => Failure::Refuse(reason),
    }
}
