//! A server over a database of the test's own, with the queue's relay, and events of API Gateway beside it.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

use auth::Tenant;
use auth::envelope::{self, Message};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::clock::Clock;
use domain::ids::{AnalysisRequestId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus as Status;
use jiff::{SignedDuration, Timestamp};
use local::server;
use local::sockets::Sockets;
use runtime::app::App;
use runtime::config::Config;
use runtime::queue::Queue;
use runtime::relay::{self, Handlers, Relay};
use serde_json::{Value, json};
use store::analysis_requests::{self, Submit};
use store::subscriptions::Change;
use store::turns::{self, Event, Save};
use testing::TestDb;
use tokio::net::TcpListener;
use websocket::wire::{Refused, Wire};

use crate::raw::Raw;

const KEY: &str = "YWxhdGFyIHRlc3Qga2V5IG9mIDMyIGJ5dGVzISEhISE=";

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) db: TestDb,
    pub(crate) owner: tokio_postgres::Client,
    pub(crate) sockets: Sockets,
    pub(crate) wire: Arc<Recorder>,
    pub(crate) address: String,
    pub(crate) relay: Relay,
}

/// Where changes are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Here,
    Gateway,
}

impl World {
    /// Its clock stands still, unless a test asks for more.
    pub(crate) async fn new(door: Door) -> Self {
        Self::at(door, Clock::Fixed(testing::now())).await
    }

    pub(crate) async fn at(door: Door, clock: Clock) -> Self {
        let db = TestDb::with_pool(8).await;
        let owner = db.owner().await;
        let lookup = |name: &str| match name {
            "ALATAR_SIGNING_KEY" | "ALATAR_MASTER_KEY" => Some(KEY.to_owned()),
            "ALATAR_ALLOWED_ORIGINS" => Some("https://app.example.com".to_owned()),
            _ => None,
        };
        let (handle, inbox) = relay::channel();
        let config = Config::from_lookup(&lookup).unwrap();
        let app = App::new(config, clock, db.store.clone(), Queue::Local(handle.clone())).unwrap();
        let (sockets, wire) = (Sockets::open(&app.store).await.unwrap(), Arc::new(Recorder::default()));
        let (told, here, there) = (app.clone(), sockets.clone(), Arc::clone(&wire));
        let handlers = Handlers::new().on("updates", move |event| {
            let (app, here, there) = (told.clone(), here.clone(), Arc::clone(&there));
            async move {
                match door {
                    Door::Here => websocket::updates(&app, &here, event).await,
                    Door::Gateway => through_the_function(&app, &there, event).await,
                }
            }
        });
        // Questions are moved by the tests themselves.
        let handlers = handlers.on("orchestrator", |_| async { SqsBatchResponse::default() });
        let relay = Relay::start(app.store.clone(), clock, &handle, inbox, handlers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(server::serve(listener, app.clone(), sockets.clone(), std::future::pending()));
        Self { app, db, owner, sockets, wire, address, relay }
    }

    pub(crate) fn token(&self, tenant: Tenant) -> String {
        self.token_from(tenant, testing::now())
    }

    pub(crate) fn token_from(&self, tenant: Tenant, now: Timestamp) -> String {
        let session = testing::session(tenant.user_id());
        let (token, _) = auth::token::issue(&self.app.keys, tenant.user_id(), session, now).unwrap();
        token.expose().to_owned()
    }

    pub(crate) fn init(&self, tenant: Tenant) -> String {
        init(&self.token(tenant))
    }

    /// A socket that was let in.
    pub(crate) async fn open(&self, tenant: Tenant) -> Raw {
        let mut raw = Raw::connect(&self.address).await;
        raw.say(&self.init(tenant)).await;
        assert_eq!(raw.message().await, json!({"type": "connection_ack"}));
        raw
    }

    pub(crate) async fn ask(&self, tenant: Tenant) -> AnalysisRequestId {
        let (id, message_id) = (AnalysisRequestId::new(), MessageId::new());
        let mut tx = self.app.store.tenant(&tenant).await.unwrap();
        let message = envelope::seal(&self.app.keys, &tenant, message_id, &Message::Asked { request: id });
        let submit = Submit {
            id,
            account: None,
            prompt: "How is my store doing?",
            idempotency_key: None,
            per_hour_max: None,
            message_id,
            message,
            now: self.app.clock.now(),
        };
        analysis_requests::submit(&mut tx, submit).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A turn that leaves the request like this. Its messages are handed to the queue where `send` says so, else given.
    pub(crate) async fn turn(
        &self,
        tenant: Tenant,
        request: AnalysisRequestId,
        to: Status,
        progress: f64,
    ) -> Vec<store::outbox::Outgoing> {
        self.turn_with(tenant, request, to, progress, None).await
    }

    pub(crate) async fn turn_with(
        &self,
        tenant: Tenant,
        request: AnalysisRequestId,
        to: Status,
        progress: f64,
        result: Option<&[u8]>,
    ) -> Vec<store::outbox::Outgoing> {
        let mut tx = self.app.store.tenant(&tenant).await.unwrap();
        let message_id = MessageId::new();
        let loaded = turns::load(&mut tx, request, message_id).await.unwrap().unwrap();
        let id = MessageId::new();
        let body = envelope::seal(&self.app.keys, &tenant, id, &Message::Changed { request });
        let failed =
            (to == Status::Failed).then(|| (AnalysisErrorCode::NoStore, "No store is connected.".to_owned()));
        let save = Save {
            request,
            version: loaded.version,
            message_id,
            events: vec![Event { kind: "tested", body: json!({}) }],
            agent_state: json!({"v": 1}),
            status: (loaded.status, to),
            progress,
            result,
            error: failed,
            account: None,
            tasks: Vec::new(),
            messages: Vec::new(),
            change: Change { id, body },
            now: self.app.clock.now(),
        };
        turns::save(&mut tx, save).await.unwrap();
        tx.commit().await.unwrap()
    }

    /// The same, and everybody was told.
    pub(crate) async fn told(&self, tenant: Tenant, request: AnalysisRequestId, to: Status, progress: f64) {
        let sent = self.turn(tenant, request, to, progress).await;
        self.app.queue.send(sent).await;
        self.relay.run_until_idle().await;
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.owner.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap().get(0)
    }

    /// Waits until all sockets are gone, and with them their rows.
    pub(crate) async fn until_nobody_is_left(&self) {
        let minute = std::time::Duration::from_secs(60);
        tokio::time::timeout(minute, self.sockets.settled()).await.expect("they go in time");
        assert_eq!(self.sockets.count(), 0);
        assert_eq!((self.count("app.sockets").await, self.count("subscriptions").await), (0, 0));
    }

    /// The same function as it will be so much later.
    pub(crate) fn later(&self, by: SignedDuration) -> App {
        App { clock: Clock::Fixed(self.app.clock.now() + by), ..self.app.clone() }
    }
}

async fn through_the_function(app: &App, wire: &Recorder, event: SqsEvent) -> SqsBatchResponse {
    let answer = websocket::handle(app, wire, serde_json::to_value(event).unwrap()).await.unwrap();
    serde_json::from_value(answer).unwrap()
}

pub(crate) fn init(token: &str) -> String {
    json!({"type": "connection_init", "payload": {"authorization": format!("Bearer {token}")}}).to_string()
}

pub(crate) fn subscribe(id: &str, query: &str) -> String {
    json!({"id": id, "type": "subscribe", "payload": {"query": query}}).to_string()
}

pub(crate) fn watch(id: &str, request: AnalysisRequestId) -> String {
    let query = "subscription W($id: ID!) { analysisRequestUpdates(requestId: $id) { status progress result { summary } errorCode } }";
    json!({"id": id, "type": "subscribe", "payload": {"query": query, "variables": {"id": request.opaque()}}})
        .to_string()
}

/// The message with which [`watch`] tells a state.
pub(crate) fn state(id: &str, status: &str, progress: f64) -> Value {
    let error = if status == "FAILED" { json!("NO_STORE") } else { Value::Null };
    let seen = json!({"status": status, "progress": progress, "result": null, "errorCode": error});
    json!({"id": id, "type": "next",
        "payload": {"data": {"analysisRequestUpdates": seen}, "extensions": {"cost": 2}}})
}

pub(crate) fn complete(id: &str) -> Value {
    json!({"id": id, "type": "complete"})
}

/// A wire that keeps what goes over it.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Record>);

#[derive(Default)]
struct Record {
    sent: BTreeMap<String, Vec<Value>>,
    deleted: HashSet<String>,
    gone: HashSet<String>,
}

impl Recorder {
    pub(crate) fn sent(&self, connection: &str) -> Vec<Value> {
        self.0.lock().unwrap().sent.get(connection).cloned().unwrap_or_default()
    }

    pub(crate) fn is_deleted(&self, connection: &str) -> bool {
        self.0.lock().unwrap().deleted.contains(connection)
    }

    pub(crate) fn lose(&self, connection: &str) {
        self.0.lock().unwrap().gone.insert(connection.to_owned());
    }
}

impl Wire for Recorder {
    async fn post(&self, connection: &str, text: &str) -> Result<(), Refused> {
        let mut record = self.0.lock().unwrap();
        if record.gone.contains(connection) || record.deleted.contains(connection) {
            return Err(Refused::Gone);
        }
        let message = serde_json::from_str(text).unwrap();
        record.sent.entry(connection.to_owned()).or_default().push(message);
        Ok(())
    }

    async fn delete(&self, connection: &str) -> Result<(), Refused> {
        self.0.lock().unwrap().deleted.insert(connection.to_owned());
        Ok(())
    }
}
