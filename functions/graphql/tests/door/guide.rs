//! `docs/api.md` walks a client through the API. Its requests are sent here, in order, and its answers compared; its tables
//! are written from the code. With `ALATAR_GENERATE=1` answers and tables are written anew.

use std::collections::BTreeMap;
use std::path::Path;

use auth::Tenant;
use domain::ids::{AnalysisRequestId, LinkedAccountId, UserId};
use domain::limits;
use domain::secret::Secret;
use serde_json::Value;
use store::linked_accounts;
use testing::now;

use crate::scene::kind;
use crate::schema::described;
use crate::world::{Proposal, World, propose};
use crate::{clarifications, results};

/// What stands in the page for what differs each time.
const VARIES: &str = "…";

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md")
}

/// The reader's shell: variables, and the world that answers.
struct Reader {
    world: World,
    variables: BTreeMap<String, String>,
    answer: Value,
}

impl Reader {
    fn tenant(&self) -> Tenant {
        let user = self.answer.pointer("/data/register/user/id").and_then(Value::as_str);
        user.and_then(UserId::from_opaque).map_or_else(|| self.remembered(), auth::testing::tenant)
    }

    fn remembered(&self) -> Tenant {
        auth::testing::tenant(UserId::from_opaque(&self.variables["USER"]).unwrap())
    }

    /// Runs one block: a request, and what is kept of its answer. Gives the answer, or `None` for a block without one.
    async fn run(&mut self, block: &str) -> Option<Value> {
        let (_, rest) = block.split_once("ask '")?;
        let (body, captures) = rest.split_once("}'\n")?;
        let mut body = format!("{body}}}");
        for (name, value) in &self.variables {
            body = body.replace(&format!("'\"${name}\"'"), value);
        }
        let body: Value = serde_json::from_str(&body).unwrap_or_else(|error| unreachable!("{error}: {body}"));
        let token = self.variables.get("TOKEN").map(|token| format!("Bearer {token}"));
        self.answer = self.world.post(token.as_deref(), &body).await.body;
        if let Some(user) = self.answer.pointer("/data/register/user/id").and_then(Value::as_str) {
            self.variables.insert("USER".to_owned(), user.to_owned());
        }
        for line in captures.lines() {
            let (name, rest) = line.split_once("=$(jq -r ").unwrap();
            let filter = rest.strip_suffix(" answer.json)").unwrap().trim_matches('\'');
            let pointer = filter.replace("[0]", "/0").replace('.', "/");
            let value = self.answer.pointer(&pointer).and_then(Value::as_str);
            let value = value.unwrap_or_else(|| unreachable!("{filter} in {}", self.answer));
            self.variables.insert(name.to_owned(), value.to_owned());
        }
        Some(self.answer.clone())
    }

    /// What others do between two requests.
    async fn meanwhile(&mut self, what: &str) {
        let tenant = self.tenant();
        let (world, request) = (&self.world, self.variables.get("REQUEST"));
        let request = request.and_then(|id| AnalysisRequestId::from_opaque(id));
        match what {
            "a store is linked" => {
                let new = linked_accounts::New {
                    id: LinkedAccountId::new(),
                    shop_domain: "fruits.myshopify.com",
                    access_token: &Secret::new("shpat_guide"),
                    scopes: &["read_all_orders", "read_orders", "read_products"].map(str::to_owned),
                    now: now(),
                };
                let mut tx = world.app.store.tenant(&tenant).await.unwrap();
                linked_accounts::link(&mut tx, new).await.unwrap();
                tx.commit().await.unwrap();
            }
            "it is answered" => results::answer_to(world, tenant, request.unwrap()).await,
            "another one asks back" => {
                // The question is asked from another device.
                let open = "insert into sessions (user_id, id, created_at) values ($1, $2, $3)";
                let (user, session) = (tenant.user_id(), testing::session(tenant.user_id()));
                let owner = world.db.as_ref().unwrap().owner().await;
                owner.execute(open, &[&user.uuid(), &session.uuid(), &now()]).await.unwrap();
                let account = LinkedAccountId::from_opaque(&self.variables["ACCOUNT"]).unwrap();
                clarifications::asked_back(world, tenant, account).await;
            }
            "an action is proposed" => {
                let proposal = Proposal { required_scopes: vec!["write_products"], ..Proposal::default() };
                propose(world, tenant, request.unwrap(), proposal).await;
            }
            _ => unreachable!("nobody knows how {what}"),
        }
    }
}

/// The answer as the page shows it.
fn shown(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let varies = ["accessToken", "refreshToken", "cursor", "endCursor"].contains(&name.as_str());
                (name.clone(), if varies && value.is_string() { VARIES.into() } else { shown(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::String(text) if kind(text).is_some() => VARIES.into(),
        other => other.clone(),
    }
}

fn table(of: &str) -> String {
    let rows = match of {
        "codes" => {
            api::error_codes().map(|(code, meaning)| (format!("`{code}`"), meaning.to_owned())).collect()
        }
        "limits" => limits_of_requests(),
        name => described(name).into_iter().map(|(value, text)| (format!("`{value}`"), text)).collect(),
    };
    let rows: String =
        rows.iter().map(|(name, text): &(String, String)| format!("| {name} | {text} |\n")).collect();
    let head = if of == "limits" { "| what | limit |" } else { "| code | meaning |" };
    format!("{head}\n|---|---|\n{rows}")
}

fn limits_of_requests() -> Vec<(String, String)> {
    let kib = |bytes: usize| format!("{} KiB", bytes / 1024);
    let rows = [
        ("body of a request", kib(limits::HTTP_BODY_BYTES_MAX)),
        ("depth of its JSON", limits::JSON_DEPTH_MAX.to_string()),
        (
            "document; its tokens",
            format!("{}; {}", kib(limits::DOCUMENT_BYTES_MAX), limits::DOCUMENT_TOKENS_MAX),
        ),
        (
            "levels; aliases; root fields",
            format!(
                "{}; {}; {}",
                limits::DOCUMENT_DEPTH_MAX,
                limits::DOCUMENT_ALIASES_MAX,
                limits::DOCUMENT_ROOT_FIELDS_MAX
            ),
        ),
        (
            "directives; fragments; operations",
            format!(
                "{}; {}; {}",
                limits::DOCUMENT_DIRECTIVES_MAX,
                limits::DOCUMENT_FRAGMENTS_MAX,
                limits::DOCUMENT_OPERATIONS_MAX
            ),
        ),
        ("operations a request", "1: no batching".to_owned()),
        ("cost of an operation", format!("{} points", limits::COST_MAX)),
        ("page", format!("{}, at most {}", limits::PAGE_SIZE_DEFAULT, limits::PAGE_SIZE_MAX)),
        ("time of a request", format!("{} s", limits::REQUEST_SECONDS)),
        (
            "question; answer to a question back",
            format!("{} characters; {}", limits::PROMPT_CHARS_MAX, limits::ANSWER_CHARS_MAX),
        ),
        (
            "idempotency key",
            format!(
                "{} characters, kept for {} days",
                limits::IDEMPOTENCY_KEY_CHARS_MAX,
                limits::IDEMPOTENCY_KEPT_DAYS
            ),
        ),
        (
            "password; e-mail address",
            format!(
                "{} characters to {} bytes; {} bytes",
                limits::PASSWORD_CHARS_MIN,
                limits::PASSWORD_BYTES_MAX,
                limits::EMAIL_BYTES_MAX
            ),
        ),
        (
            "access token; refresh token",
            format!("{} minutes; {} days", limits::ACCESS_TOKEN_SECONDS / 60, limits::REFRESH_TOKEN_DAYS),
        ),
        ("questions of a user", format!("{} an hour", limits::ANALYSES_PER_HOUR)),
        (
            "failed log-ins for an account; from an address",
            format!(
                "{}; {} in {} minutes",
                limits::FAILED_LOGINS_PER_ACCOUNT,
                limits::FAILED_LOGINS_PER_ADDRESS,
                limits::ATTEMPTS_WINDOW_SECONDS / 60
            ),
        ),
        (
            "sockets of a user; operations of a socket",
            format!("{}; {}", limits::USER_SOCKETS_MAX, limits::SOCKET_OPERATIONS_MAX),
        ),
        (
            "message of a socket; messages in a second",
            format!("{}; {}", kib(limits::FRAME_BYTES_MAX), limits::MESSAGES_PER_SECOND),
        ),
    ];
    rows.into_iter().map(|(what, limit)| (what.to_owned(), limit)).collect()
}

#[tokio::test]
async fn every_request_of_the_guide_is_answered_as_it_says() {
    let page = std::fs::read_to_string(path()).unwrap();
    let world = World::new().await;
    let mut reader = Reader { world, variables: BTreeMap::new(), answer: Value::Null };
    let (mut out, mut lines, mut asked) = (String::new(), page.lines().peekable(), 0);
    let mut answered = None;
    while let Some(line) = lines.next() {
        out += &format!("{line}\n");
        if let Some(what) = line.strip_prefix("<!-- meanwhile: ").and_then(|rest| rest.strip_suffix(" -->")) {
            reader.meanwhile(what).await;
        } else if let Some(name) =
            line.strip_prefix("<!-- table: ").and_then(|rest| rest.strip_suffix(" -->"))
        {
            while lines.next_if(|line| line.is_empty() || line.starts_with('|')).is_some() {}
            out += &format!("\n{}\n", table(name));
        } else if line == "```sh" || line == "```json" {
            let mut block = String::new();
            while let Some(line) = lines.next_if(|line| *line != "```") {
                block += &format!("{line}\n");
            }
            if line == "```sh" {
                assert_eq!(answered, None, "a request without its answer");
                answered = reader.run(&block).await;
                out += &block;
            } else {
                let answer = answered.take().unwrap();
                asked += 1;
                out += &format!("{}\n", serde_json::to_string_pretty(&shown(&answer)).unwrap());
            }
        }
    }
    assert!(asked >= 15, "{asked}");
    #[expect(clippy::disallowed_methods, reason = "a switch of this test, not a setting of the product")]
    if std::env::var("ALATAR_GENERATE").is_ok_and(|value| value == "1") {
        std::fs::write(path(), &out).unwrap();
    }
    let page = std::fs::read_to_string(path()).unwrap();
    let differs = page.lines().zip(out.lines()).position(|(page, out)| page != out);
    let differs = differs.map(|at| (at + 1, page.lines().nth(at), out.lines().nth(at)));
    assert_eq!(differs, None, "run the tests with ALATAR_GENERATE=1");
    assert_eq!(page, out);
}
