//! An `App` over a database of the test's own, or over none.

use auth::Tenant;
use domain::actions::ActionType;
use domain::clock::Clock;
use domain::department::Department;
use domain::ids::{AgentTaskId, AnalysisRequestId, LinkedAccountId, MessageId, ProposedActionId};
use domain::secret::Secret;
use domain::status::AnalysisRequestStatus;
use http::{Method, Request, Response};
use jiff::SignedDuration;
use lambda_http::Body;
use runtime::app::App;
use runtime::config::Config;
use runtime::queue::Queue;
use runtime::relay;
use serde_json::{Value, json};
use store::audit_log;
use store::proposed_actions::{self, Change, Preview};
use store::turns::{self, Event, NewTask, Save};
use store::{Settings, Store, vault};
use testing::TestDb;
use uuid::Uuid;

/// 32 bytes in base64.
const KEY: &str = "YWxhdGFyIHRlc3Qga2V5IG9mIDMyIGJ5dGVzISEhISE=";

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) db: Option<TestDb>,
    /// Keeps the queue's far end open: messages wait there for nobody.
    _inbox: relay::Inbox,
}

/// A response, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        Self::over(db.store.clone(), Some(db), &[])
    }

    /// With other settings than usual.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let db = TestDb::new().await;
        Self::over(db.store.clone(), Some(db), settings)
    }

    /// Nobody listens where the database should be.
    pub(crate) fn without_database(settings: &[(&str, &str)]) -> Self {
        let nowhere = Secret::new("postgres://nobody:nothing@127.0.0.1:1/none");
        let settings_of_store = Settings {
            runtime_url: nowhere.clone(),
            system_url: nowhere,
            pool_max: 2,
            instance: Uuid::nil(),
            vault: vault::Keyring::new(&[7; 32]).unwrap(),
        };
        Self::over(Store::connect(settings_of_store).unwrap(), None, settings)
    }

    fn over(store: Store, db: Option<TestDb>, settings: &[(&str, &str)]) -> Self {
        let usual = [("ALATAR_SIGNING_KEY", KEY), ("ALATAR_MASTER_KEY", KEY)];
        let lookup = |name: &str| {
            let all = settings.iter().chain(&usual);
            all.into_iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let (handle, inbox) = relay::channel();
        let config = Config::from_lookup(&lookup).unwrap();
        let app = App::new(config, Clock::Fixed(testing::now()), store, Queue::Local(handle)).unwrap();
        Self { app, db, _inbox: inbox }
    }

    /// Another process on the same database, with other settings than usual.
    pub(crate) fn another(&self, settings: &[(&str, &str)]) -> Self {
        Self::over(self.db.as_ref().unwrap().another_store(), None, settings)
    }

    /// How many rows the owner finds so.
    pub(crate) async fn count(&self, rows: &str) -> i64 {
        let owner = self.db.as_ref().unwrap().owner().await;
        owner.query_one(&format!("select count(*) from {rows}"), &[]).await.unwrap().get(0)
    }

    pub(crate) fn alice(&self) -> Tenant {
        self.db.as_ref().unwrap().alice
    }

    pub(crate) fn bob(&self) -> Tenant {
        self.db.as_ref().unwrap().bob
    }

    /// Statements that tenants' work has sent so far, by PostgreSQL's own count.
    pub(crate) async fn statements(&self) -> i64 {
        let owner = self.db.as_ref().unwrap().owner().await;
        owner.batch_execute("create extension if not exists pg_stat_statements").await.unwrap();
        let count = "select coalesce(sum(calls), 0)::bigint from pg_stat_statements s
            join pg_roles r on r.oid = s.userid join pg_database d on d.oid = s.dbid
            where r.rolname = 'alatar_runtime' and d.datname = current_database()";
        owner.query_one(count, &[]).await.unwrap().get(0)
    }

    /// The statements that were sent so far, by their names in `store`; what has none, as `commit`, by its text.
    pub(crate) async fn statements_by_name(&self) -> std::collections::BTreeMap<String, i64> {
        let owner = self.db.as_ref().unwrap().owner().await;
        owner.batch_execute("create extension if not exists pg_stat_statements").await.unwrap();
        let calls = "select split_part(ltrim(query, '- '), chr(10), 1), sum(calls)::bigint from pg_stat_statements s
            join pg_roles r on r.oid = s.userid join pg_database d on d.oid = s.dbid
            where r.rolname in ('alatar_runtime', 'alatar_system') and d.datname = current_database() group by 1";
        let rows = owner.query(calls, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// A digest of everything that is the tenant's, by table.
    pub(crate) async fn rows_of(&self, tenant: Tenant) -> Vec<(String, String)> {
        let owner = self.db.as_ref().unwrap().owner().await;
        let tables = "select table_name::text, case table_name when 'users' then 'id' else 'user_id' end
            from information_schema.columns where table_schema = 'public'
              and (column_name = 'user_id' or table_name = 'users' and column_name = 'id') order by 1";
        let digest = |row: &tokio_postgres::Row| {
            let (table, key): (String, String) = (row.get(0), row.get(1));
            format!(
                "select '{table}', coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') from {table} t where {key} = $1"
            )
        };
        let digests: Vec<_> = owner.query(tables, &[]).await.unwrap().iter().map(digest).collect();
        assert!(digests.len() > 10);
        let rows = owner.query(&digests.join(" union all "), &[&tenant.user_id().uuid()]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    pub(crate) fn token(&self, tenant: Tenant) -> String {
        let (user, session) = (tenant.user_id(), testing::session(tenant.user_id()));
        let (token, _) = auth::token::issue(&self.app.keys, user, session, testing::now()).unwrap();
        token.expose().to_owned()
    }

    /// A document by POST, as the tenant or as nobody.
    pub(crate) async fn ask(&self, tenant: Option<Tenant>, document: &str, variables: Value) -> Heard {
        let token = tenant.map(|tenant| format!("Bearer {}", self.token(tenant)));
        self.post(token.as_deref(), &json!({"query": document, "variables": variables})).await
    }

    pub(crate) async fn post(&self, authorization: Option<&str>, body: &Value) -> Heard {
        let mut headers =
            vec![("content-type", "application/json"), ("accept", "application/graphql-response+json")];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let response = self.send(Method::POST, "/graphql", &headers, body.to_string().as_bytes()).await;
        heard(&response)
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_empty() { Body::Empty } else { Body::Binary(body.to_vec()) };
        graphql::handle(&self.app, request.body(body).unwrap()).await
    }
}

pub(crate) fn heard(response: &Response<Body>) -> Heard {
    Heard {
        status: response.status().as_u16(),
        body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
    }
}

/// The codes of the errors of an answer.
pub(crate) fn codes(heard: &Heard) -> Vec<&str> {
    let errors = heard.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().filter_map(|error| error["extensions"]["code"].as_str()).collect()
}

/// A plan of two steps in the checkpoint, and the first step's task given out. Says which task.
pub(crate) async fn plan(world: &World, tenant: Tenant, request: AnalysisRequestId) -> [AgentTaskId; 2] {
    let (first, second) = (AgentTaskId::new(), AgentTaskId::new());
    let steps = json!([
        {"id": first.uuid(), "description": "Refresh the mirror.", "work": "refresh_mirror", "depends_on": [], "essential": true},
        {"id": second.uuid(), "description": "Sum up.", "work": {"query_metrics": {"queries": []}}, "depends_on": [first.uuid()], "essential": true},
    ]);
    let mut tx = world.app.store.tenant(&tenant).await.unwrap();
    let message_id = MessageId::new();
    let loaded = turns::load(&mut tx, request, message_id).await.unwrap().unwrap();
    let save = Save {
        request,
        version: loaded.version,
        message_id,
        events: vec![Event { kind: "planned", body: json!({}) }],
        agent_state: json!({"v": 1, "plan": {"planned_by": "rules", "steps": steps}}),
        status: (loaded.status, AnalysisRequestStatus::Processing),
        progress: 0.25,
        result: None,
        error: None,
        account: loaded.account.map(|account| account.id),
        tasks: vec![NewTask {
            id: first,
            department: Department::DataRetrieval,
            description: "Refresh the mirror.".to_owned(),
            work: json!("refresh_mirror"),
        }],
        messages: Vec::new(),
        change: store::subscriptions::Change { id: MessageId::new(), body: "changed".to_owned() },
        now: testing::now(),
    };
    turns::save(&mut tx, save).await.unwrap();
    tx.commit().await.unwrap();
    [first, second]
}

/// How an action is proposed, where it matters.
pub(crate) struct Proposal {
    /// Minutes after the present in which it is made.
    pub(crate) minute: i64,
    pub(crate) description: String,
    pub(crate) required_scopes: Vec<&'static str>,
    pub(crate) reversible: bool,
    /// Minutes that it waits.
    pub(crate) waits: i64,
}

impl Default for Proposal {
    fn default() -> Self {
        let description = "Lower the price of the red mug.".to_owned();
        let required_scopes = vec!["read_products", "write_products"];
        Self { minute: 0, description, required_scopes, reversible: true, waits: 60 }
    }
}

/// The hash of every preview that is proposed here.
pub(crate) const HASH: [u8; 32] = [7; 32];

/// An action that one answer proposes, with its line in the log.
pub(crate) async fn propose(
    world: &World,
    tenant: Tenant,
    request: AnalysisRequestId,
    proposal: Proposal,
) -> ProposedActionId {
    let id = ProposedActionId::new();
    let now = testing::now() + SignedDuration::from_mins(proposal.minute);
    let change = |before: &str, after: &str| Change {
        object: "Red mug".to_owned(),
        field: "price".to_owned(),
        before: Some(before.to_owned()),
        after: Some(after.to_owned()),
    };
    let preview = Preview {
        rows: vec![change("12.00", "10.50"), Change { before: None, ..change("", "11.00") }],
        required_scopes: proposal.required_scopes.into_iter().map(str::to_owned).collect(),
        reversible: proposal.reversible,
    };
    let new = proposed_actions::New {
        id,
        request,
        action_type: ActionType::UpdateProductPrice,
        description: &proposal.description,
        parameters: &json!({"variant": 1, "price": "10.50"}),
        preview: &preview,
        preview_hash: &HASH,
        expected_effect: &json!([{"id": "c1", "kind": "change", "text": "Units rise.", "figures": ["f1"]}]),
        expires_at: now + SignedDuration::from_mins(proposal.waits),
        now,
    };
    let mut tx = world.app.store.tenant(&tenant).await.unwrap();
    proposed_actions::insert(&mut tx, new).await.unwrap();
    let subject = audit_log::subject(id.uuid(), ProposedActionId::KIND);
    let entry = audit_log::Entry { event: "action_proposed", subject: &subject, detail: json!({}), now };
    audit_log::append(&mut tx, entry).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A question of the tenant's, about a store if one is named.
pub(crate) async fn submit(
    world: &World,
    tenant: Tenant,
    account: Option<LinkedAccountId>,
) -> AnalysisRequestId {
    let document = "mutation ($account: ID) { submitAnalysisRequest(input: {prompt: \"How?\", linkedAccountId: $account}) { analysisRequest { id } } }";
    let account = account.map(LinkedAccountId::opaque);
    let found = world.ask(Some(tenant), document, json!({"account": account})).await;
    let id = found.body.pointer("/data/submitAnalysisRequest/analysisRequest/id");
    AnalysisRequestId::from_opaque(id.and_then(Value::as_str).unwrap()).unwrap()
}
