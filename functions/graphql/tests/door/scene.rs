//! A world in which Alice has one of everything, by the names under which it is printed.

use auth::Tenant;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::actions::ActionType;
use domain::digest::Digest;
use domain::ids::{AnalysisRequestId, ProposedActionId};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::proposed_actions::{self, Change, Preview};
use testing::now;

use crate::world::World;
use crate::{clarifications, results, world};

/// A world, and what is whose in it.
pub(crate) struct Scene {
    pub(crate) world: World,
    /// Names such as `$request`, and what they stand for.
    names: Vec<(&'static str, String)>,
}

const OWN: &str = "{ me { id email linkedAccounts { id accountIdentifier } } }";
const PAGE: &str = "{ listAnalysisRequests(first: 1) { pageInfo { endCursor } } }";
const ACTIONS: &str = "{ listProposedActions(first: 1) { pageInfo { endCursor } } }";

impl Scene {
    pub(crate) async fn set() -> Self {
        let world = World::with(&[("ALATAR_RATE_LIMITS", "off")]).await;
        let (alice, bob) = (world.alice(), world.bob());
        let asked = clarifications::asked_back(&world, alice, world.db.as_ref().unwrap().alice_account).await;
        let answered = results::answered(&world).await;
        let request = submit(&world, alice, "How were Alice's sales?").await;
        let bobs_request = submit(&world, bob, "How were Bob's sales?").await;
        let [task, step] =
            world::plan(&world, alice, AnalysisRequestId::from_opaque(&request).unwrap()).await;
        let action = propose(&world, &answered).await;
        let executed = propose(&world, &answered).await;
        execute(&world, executed).await;
        let mut names = vec![
            ("$action", action.opaque()),
            ("$executed", executed.opaque()),
            ("$hash", Digest::of(b"preview").to_string()),
            (
                "$actions_cursor",
                read(&world, alice, ACTIONS, "/listProposedActions/pageInfo/endCursor").await,
            ),
            ("$asked", asked.opaque()),
            ("$answered", answered),
            ("$request", request),
            ("$task", task.opaque()),
            ("$step", step.opaque()),
            ("$password", testing::PASSWORD.to_owned()),
            ("$refresh_token", testing::refresh_token(alice.user_id()).token.expose().to_owned()),
            ("$cursor", read(&world, alice, PAGE, "/listAnalysisRequests/pageInfo/endCursor").await),
            ("$bobs_request", bobs_request),
            ("$bobs_cursor", read(&world, bob, PAGE, "/listAnalysisRequests/pageInfo/endCursor").await),
        ];
        let pointers =
            ["/me/id", "/me/email", "/me/linkedAccounts/0/id", "/me/linkedAccounts/0/accountIdentifier"];
        let alices = ["$user", "$email", "$account", "$shop"];
        let bobs = ["$bobs_user", "$bobs_email", "$bobs_account", "$bobs_shop"];
        for (index, pointer) in pointers.into_iter().enumerate() {
            names.push((alices[index], read(&world, alice, OWN, pointer).await));
            names.push((bobs[index], read(&world, bob, OWN, pointer).await));
        }
        names.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
        Self { world, names }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().map(|(name, _)| *name)
    }

    /// What a name stands for.
    pub(crate) fn of(&self, name: &str) -> &str {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()).unwrap()
    }

    /// The ids of a tenant: Bob's names begin with his.
    pub(crate) fn ids(&self, bobs: bool) -> impl Iterator<Item = (&'static str, &str)> {
        let of = move |name: &str| name.starts_with("$bobs") == bobs;
        self.names
            .iter()
            .filter(move |(name, value)| of(name) && kind(value).is_some())
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Puts in what the names stand for.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        map(value, &|_, text| {
            self.names.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone())
        })
    }

    /// Puts the names back, and a word for everything that is another one at each run.
    pub(crate) fn hide(&self, value: &Value) -> String {
        let masked = map(value, &|key, text| {
            if self.names.iter().any(|(_, known)| known == text) {
                return None;
            }
            let random = ["accessToken", "refreshToken", "cursor", "startCursor", "endCursor", "requestId"];
            match kind(text) {
                _ if random.contains(&key) => Some(format!("<{key}>")),
                Some(kind) => Some(format!("<{kind}>")),
                None => None,
            }
        });
        let text = masked.to_string();
        self.names.iter().fold(text, |text, (name, value)| text.replace(value, name))
    }
}

async fn submit(world: &World, tenant: Tenant, prompt: &str) -> String {
    let document = "mutation ($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) { analysisRequest { id } } }";
    let found = world.ask(Some(tenant), document, json!({"input": {"prompt": prompt}})).await;
    let id = found.body.pointer("/data/submitAnalysisRequest/analysisRequest/id");
    id.and_then(Value::as_str).unwrap().to_owned()
}

/// An action of Alice's that waits for her.
async fn propose(world: &World, request: &str) -> ProposedActionId {
    let (id, hash) = (ProposedActionId::new(), Digest::of(b"preview"));
    let change = Change {
        object: "Alice's pears".to_owned(),
        field: "price".to_owned(),
        before: Some("2.00".to_owned()),
        after: Some("1.80".to_owned()),
    };
    let effect =
        json!([{"id": "c1", "kind": "effect", "text": "It sells more of Alice's pears.", "figures": []}]);
    let new = proposed_actions::New {
        id,
        request: AnalysisRequestId::from_opaque(request).unwrap(),
        action_type: ActionType::UpdateProductPrice,
        description: "Sell Alice's pears for less.",
        parameters: &json!({"price": "1.80"}),
        preview: &Preview {
            rows: vec![change],
            required_scopes: vec!["write_products".to_owned()],
            reversible: true,
        },
        preview_hash: hash.as_bytes(),
        expected_effect: &effect,
        expires_at: now() + SignedDuration::from_hours(24),
        now: now(),
    };
    let mut tx = world.app.store.tenant(&world.alice()).await.unwrap();
    proposed_actions::insert(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Moves an action to where it was carried out.
async fn execute(world: &World, action: ProposedActionId) {
    let owner = world.db.as_ref().unwrap().owner().await;
    for status in ["approved", "executing", "executed"] {
        let statement = "update proposed_actions set status = $1 where id = $2";
        assert_eq!(owner.execute(statement, &[&status, &action.uuid()]).await.unwrap(), 1);
    }
}

async fn read(world: &World, tenant: Tenant, document: &str, pointer: &str) -> String {
    let found = world.ask(Some(tenant), document, json!({})).await;
    found.body["data"].pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}

/// What kind of thing an opaque id names.
pub(crate) fn kind(text: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (kind, id) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    uuid::Uuid::try_parse(id).ok().map(|_| kind.to_owned())
}

/// The opaque form of any id.
pub(crate) fn opaque(kind: &str, id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{kind}:{id}"))
}

/// The value with its texts changed where `change` says so by key and text.
fn map(value: &Value, change: &dyn Fn(&str, &str) -> Option<String>) -> Value {
    fn walk(key: &str, value: &Value, change: &dyn Fn(&str, &str) -> Option<String>) -> Value {
        match value {
            Value::String(text) => Value::from(change(key, text).unwrap_or_else(|| text.clone())),
            Value::Array(items) => items.iter().map(|item| walk(key, item, change)).collect(),
            Value::Object(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), walk(key, value, change))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }
    walk("", value, change)
}
