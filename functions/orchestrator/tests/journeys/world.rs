//! Every function in one process, over a database of the test's own.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use auth::Tenant;
use auth::envelope::{self, Message};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::clock::Clock;
use domain::department::Department;
use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::secret::Secret;
use domain::status::AgentTaskStatus;
use flow::analysis::state::State;
use flow::analysis::{self, Event};
use jiff::{SignedDuration, Timestamp};
use runtime::app::App;
use runtime::config::Config;
use runtime::queue::Queue;
use runtime::relay::{self, Handlers, Relay};
use serde_json::{Value, json};
use shopify_sim::{folder, sample, server};
use store::analysis_requests::{self, AnalysisRequest, Submit, Submitted};
use store::{Store, agent_tasks, linked_accounts};
use testing::TestDb;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const QUESTION: &str = "What were net sales in February 2026?";
/// The one that the events of `events/` are sealed with.
const KEY: &str = "YWxhdGFyLWV2ZW50cy1hcmUtbm90LWEtc2VjcmV0ISE=";
/// The tokens of the accounts that every test database has.
const TOKENS: [&str; 2] = ["shpat_alice", "shpat_bob"];

/// What consumes a message, after the test has had its say.
pub(crate) type Consumer = Arc<dyn Fn(App, String, SqsEvent) -> Handled + Send + Sync>;
pub(crate) type Handled = Pin<Box<dyn Future<Output = SqsBatchResponse> + Send>>;

pub(crate) struct World {
    pub(crate) db: TestDb,
    pub(crate) app: App,
    /// `None` while the process is down.
    pub(crate) relay: Option<Relay>,
    /// Every event that was delivered, with its queue.
    pub(crate) delivered: Arc<Mutex<Vec<(String, SqsEvent)>>>,
    simulator: Simulator,
}

struct Simulator {
    url: String,
    server: JoinHandle<std::io::Result<()>>,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Hands an event to the function that listens to its queue.
pub(crate) async fn consume(app: &App, queue: &str, event: SqsEvent) -> SqsBatchResponse {
    match Department::parse(queue) {
        Some(department) => departments::handle(app, department, event).await,
        None => orchestrator::handle(app, event).await,
    }
}

fn start_of_the_store() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().unwrap()
}

fn app(store: Store, api_base: &str, clock: Clock) -> (App, relay::Inbox, relay::Handle) {
    let config = Config::from_lookup(&|name| match name {
        "ALATAR_SIGNING_KEY" | "ALATAR_MASTER_KEY" => Some(KEY.to_owned()),
        "SHOPIFY_API_BASE" => Some(api_base.to_owned()),
        _ => None,
    })
    .unwrap();
    let (handle, inbox) = relay::channel();
    let app = App::new(config, clock, store, Queue::Local(handle.clone())).unwrap();
    (app, inbox, handle)
}

/// Every message goes to its function, once.
pub(crate) fn plain() -> Consumer {
    Arc::new(|app, queue, event| Box::pin(async move { consume(&app, &queue, event).await }))
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(plain()).await
    }

    /// A world whose messages are consumed by `consumer`.
    pub(crate) async fn with(consumer: Consumer) -> Self {
        let db = TestDb::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::starting_at(start_of_the_store());
        let store = Arc::new(folder::load(&sample::folder()).unwrap());
        let stores = TOKENS.map(|token| (token.to_owned(), Arc::clone(&store))).into();
        let server = tokio::spawn(server::serve(listener, stores, clock));
        let (app, inbox, handle) = app(db.store.clone(), &url, clock);
        let delivered = Arc::new(Mutex::new(Vec::new()));
        let relay = Some(start(&app, &handle, inbox, &delivered, consumer));
        Self { db, app, relay, delivered, simulator: Simulator { url, server } }
    }

    /// From now on the shop's address refuses connections.
    pub(crate) fn unplug_the_shop(&mut self) {
        self.simulator.server.abort();
    }

    /// The process dies where it stands.
    pub(crate) fn kill(&mut self) {
        self.relay = None;
    }

    /// A new process starts when `later` has passed; it has nothing of the old one's memory.
    pub(crate) fn start(&mut self, later: SignedDuration, consumer: Consumer) {
        self.kill();
        let clock = Clock::starting_at(self.app.clock.now() + later);
        let (app, inbox, handle) = app(self.db.another_store(), &self.simulator.url, clock);
        self.relay = Some(start(&app, &handle, inbox, &self.delivered, consumer));
        self.app = app;
    }

    pub(crate) async fn run_until_idle(&self) {
        self.relay.as_ref().unwrap().run_until_idle().await;
    }

    pub(crate) async fn ask(&self, tenant: &Tenant, prompt: &str) -> AnalysisRequestId {
        self.ask_about(tenant, prompt, None).await
    }

    pub(crate) async fn ask_about(
        &self,
        tenant: &Tenant,
        prompt: &str,
        account: Option<LinkedAccountId>,
    ) -> AnalysisRequestId {
        let (id, message_id) = (AnalysisRequestId::new(), MessageId::new());
        let message = envelope::seal(&self.app.keys, tenant, message_id, &Message::Asked { request: id });
        let now = self.app.clock.now();
        let mut tx = self.app.store.tenant(tenant).await.unwrap();
        let submit = Submit {
            id,
            account,
            prompt,
            idempotency_key: None,
            per_hour_max: None,
            message_id,
            message,
            now,
        };
        let submitted = analysis_requests::submit(&mut tx, submit).await.unwrap();
        assert!(matches!(submitted, Submitted::Created(_)), "{submitted:?}");
        self.app.queue.send(tx.commit().await.unwrap()).await;
        id
    }

    pub(crate) async fn request(&self, tenant: &Tenant, id: AnalysisRequestId) -> Option<AnalysisRequest> {
        let mut tx = self.app.store.tenant_read_only(tenant).await.unwrap();
        analysis_requests::load(&mut tx, id).await.unwrap()
    }

    /// What the journal folds to, which is the checkpoint.
    pub(crate) async fn folded(&self, id: AnalysisRequestId) -> State {
        let owner = self.db.owner().await;
        // Version 0 is the submission, before the first turn.
        let events = "select kind, body from analysis_events where request_id = $1 and version > 0 order by version, ordinal";
        let events = owner.query(events, &[&id.uuid()]).await.unwrap();
        let state = "select agent_state from analysis_requests where id = $1";
        let state: Value = owner.query_one(state, &[&id.uuid()]).await.unwrap().get(0);
        let read = |row: &tokio_postgres::Row| -> Event {
            let (kind, body): (String, Value) = (row.get(0), row.get(1));
            let event =
                if body.is_null() { json!({"kind": kind}) } else { json!({"kind": kind, "body": body}) };
            serde_json::from_value(event).unwrap()
        };
        let fold = |state, event| analysis::step(state, &event).state;
        let folded = events.iter().map(read).fold(State::default(), fold);
        assert_eq!(serde_json::to_value(&folded).unwrap(), state);
        folded
    }

    /// The messages that wait: their queues, the seconds at which they are due, and whether somebody holds them.
    pub(crate) async fn waiting(&self) -> Vec<(String, i64, bool)> {
        let waiting = "select queue, available_at, lease_owner is not null from outbox order by available_at";
        let rows = self.db.owner().await.query(waiting, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get::<_, Timestamp>(1).as_second(), row.get(2))).collect()
    }

    pub(crate) async fn tasks(
        &self,
        tenant: &Tenant,
        id: AnalysisRequestId,
    ) -> Vec<(Department, AgentTaskStatus, i32)> {
        let mut tx = self.app.store.tenant_read_only(tenant).await.unwrap();
        let tasks = agent_tasks::of_requests(&mut tx, &[id]).await.unwrap();
        tasks.into_iter().map(|task| (task.department, task.status, task.retry_count)).collect()
    }
}

/// A mutation through the door, and what is then to be done with the queue; gives its payload.
pub(crate) async fn mutate(app: &App, tenant: &Tenant, field: &str, input: Value) -> Value {
    let (user, now) = (tenant.user_id(), app.clock.now());
    let (token, _) = auth::token::issue(&app.keys, user, testing::session(user), now).unwrap();
    let ty = format!("{}{}Input", field[..1].to_uppercase(), &field[1..]);
    let query = format!(
        "mutation ($input: {ty}!) {{ {field}(input: $input) {{ analysisRequest {{ id status progress
            linkedAccount {{ accountIdentifier }} clarification {{ question options answer expiresAt }} }}
            userErrors {{ code field message }} }} }}"
    );
    let body = json!({"query": query, "variables": {"input": input}}).to_string();
    let request = http::Request::post("/graphql")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", token.expose()))
        .body(lambda_http::Body::Text(body))
        .unwrap();
    let response = graphql::handle(app, request).await;
    let answer: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"][field].clone()
}

pub(crate) async fn cancel(app: &App, tenant: &Tenant, id: AnalysisRequestId) -> Value {
    mutate(app, tenant, "cancelAnalysisRequest", json!({"analysisRequestId": id.opaque()})).await
}

pub(crate) async fn answer_back(app: &App, tenant: &Tenant, id: AnalysisRequestId, answer: &str) -> Value {
    let input = json!({"analysisRequestId": id.opaque(), "answer": answer});
    mutate(app, tenant, "answerClarification", input).await
}

/// The code of a payload's only error, or none.
pub(crate) fn refusal(payload: &Value) -> Option<&str> {
    payload["userErrors"].as_array().unwrap().first().map(|error| error["code"].as_str().unwrap())
}

pub(crate) async fn link(app: &App, tenant: &Tenant, shop_domain: &str, token: &str) -> LinkedAccountId {
    let mut tx = app.store.tenant(tenant).await.unwrap();
    let new = linked_accounts::New {
        id: LinkedAccountId::new(),
        shop_domain,
        access_token: &Secret::new(token),
        scopes: &[],
        now: app.clock.now(),
    };
    let id = linked_accounts::link(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn start(
    app: &App,
    handle: &relay::Handle,
    inbox: relay::Inbox,
    delivered: &Arc<Mutex<Vec<(String, SqsEvent)>>>,
    consumer: Consumer,
) -> Relay {
    let queues = Department::ALL.map(Department::name).into_iter().chain(["orchestrator"]);
    let handlers = queues.fold(Handlers::new(), |handlers, queue| {
        let (app, consumer, delivered) = (app.clone(), Arc::clone(&consumer), Arc::clone(delivered));
        handlers.on(queue, move |event: SqsEvent| {
            delivered.lock().unwrap().push((queue.to_owned(), event.clone()));
            consumer(app.clone(), queue.to_owned(), event)
        })
    });
    Relay::start(app.store.clone(), app.clock, handle, inbox, handlers)
}

/// The answer's JSON.
pub(crate) fn answer(request: &AnalysisRequest) -> Value {
    serde_json::from_slice(request.result.as_deref().unwrap()).unwrap()
}
