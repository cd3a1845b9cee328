//! Queue messages of a department's queue in and out of `agents::departments`. One binary for each department, five
//! lines each, around one [`serve`].

use agents::Handled;
use agents::context::Agents;
use agents::snapshots::Cache;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::department::Department;
use runtime::app::App;
use runtime::sqs::{self, Failure};

/// Handles one batch; the same on Lambda, in the local world and in tests.
pub async fn handle(app: &App, department: Department, event: SqsEvent) -> SqsBatchResponse {
    let agents = agents(app);
    sqs::each(app, event, async |opened| {
        let handled = agents::departments::handle_message(&agents, department, opened).await;
        let Handled { send, forget } = handled.map_err(failure)?;
        app.queue.send(send).await;
        app.queue.forget(forget).await;
        Ok(())
    })
    .await
}

/// The whole of a department's Lambda.
///
/// # Errors
/// When the process cannot start or the platform goes away.
#[cfg(feature = "aws")]
pub async fn serve(department: Department) -> Result<(), runtime::Error> {
    let app = runtime::boot::boot(department.name()).await?;
    sqs::serve(&app, async |app: &App, event| handle(app, department, event).await).await
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
