//! Every operation as Alice, as Bob with Alice's ids, as nobody and with tokens that are not good, printed to a
//! committed grid: a change of who may see what shows there.

use auth::Tenant;
use domain::ids::{AgentTaskId, AnalysisRequestId, LinkedAccountId, UserId};
use jiff::SignedDuration;
use serde_json::{Value, json};

use testing::now;

use crate::world::World;

const REQUEST: &str = "id prompt status errorCode errorMessage result { summary } linkedAccount { id } \
    plan { id department description dependsOn } tasks { id department description status retryCount errorMessage } \
    clarification { question } progress cost { modelCalls tokens cents ceilingCents } createdAt completedAt";

/// A name, a document and its variables, where `$x` stands for an id of Alice's.
fn operations() -> Vec<(&'static str, String, Value)> {
    let account = "id provider accountIdentifier status scopes sync { state progress orders }";
    let page = format!(
        "edges {{ cursor node {{ {REQUEST} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} totalCount"
    );
    let submit = "mutation ($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) { analysisRequest { prompt status linkedAccount { id } } userErrors { code field message } } }";
    let input = json!({"input": {"prompt": "How are sales?", "linkedAccountId": "$account"}});
    let node = |id: &str| (format!("{{ node(id: \"{id}\") {{ __typename id }} }}"), json!({}));
    let (user, store, request, task) = (node("$user"), node("$account"), node("$request"), node("$task"));
    vec![
        (
            "me",
            format!(
                "{{ me {{ id email preferences {{ preferredLlm notificationsEnabled budgetCentsPerAnalysis }} linkedAccounts {{ {account} }} usage {{ month analyses modelCalls tokens cents }} }} }}"
            ),
            json!({}),
        ),
        ("node of a user", user.0, user.1),
        ("node of a store", store.0, store.1),
        ("node of a question", request.0, request.1),
        ("node of a task", task.0, task.1),
        ("analysisRequest", format!("{{ analysisRequest(id: \"$request\") {{ {REQUEST} }} }}"), json!({})),
        ("listAnalysisRequests", format!("{{ listAnalysisRequests {{ {page} }} }}"), json!({})),
        (
            "listAnalysisRequests after a cursor",
            format!("{{ listAnalysisRequests(after: \"$cursor\") {{ {page} }} }}"),
            json!({}),
        ),
        ("metrics", "{ metrics { name } }".to_owned(), json!({})),
        ("submitAnalysisRequest", submit.to_owned(), input),
    ]
}

/// Alice's ids by the names they are printed with.
struct Ids(Vec<(&'static str, String)>);

impl Ids {
    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, name))
    }
}

async fn ids(world: &World) -> Ids {
    let alice = world.alice();
    let submit =
        "mutation { submitAnalysisRequest(input: {prompt: \"How were sales?\"}) { analysisRequest { id } } }";
    let request = world.ask(Some(alice), submit, json!({})).await.body;
    let request =
        request["data"]["submitAnalysisRequest"]["analysisRequest"]["id"].as_str().unwrap().to_owned();
    let [task, step] =
        crate::world::plan(world, alice, AnalysisRequestId::from_opaque(&request).unwrap()).await;
    let more = "{ me { id email linkedAccounts { id accountIdentifier } } listAnalysisRequests { pageInfo { endCursor } } }";
    let more = world.ask(Some(alice), more, json!({})).await.body;
    let text = |pointer: &str| more.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    Ids(vec![
        ("$user", text("/data/me/id")),
        ("$email", text("/data/me/email")),
        ("$account", text("/data/me/linkedAccounts/0/id")),
        ("$shop", text("/data/me/linkedAccounts/0/accountIdentifier")),
        ("$request", request),
        ("$task", task.opaque()),
        ("$step", step.opaque()),
        ("$cursor", text("/data/listAnalysisRequests/pageInfo/endCursor")),
    ])
}

/// What is Bob's own, hidden by another name.
async fn own(world: &World, bob: Tenant) -> Ids {
    let found = world
        .ask(Some(bob), "{ me { id email linkedAccounts { id accountIdentifier } } }", json!({}))
        .await
        .body;
    let text = |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    Ids(vec![
        ("$bobs_user", text("/data/me/id")),
        ("$bobs_email", text("/data/me/email")),
        ("$bobs_account", text("/data/me/linkedAccounts/0/id")),
        ("$bobs_shop", text("/data/me/linkedAccounts/0/accountIdentifier")),
    ])
}

#[tokio::test]
async fn every_operation_as_everybody() {
    let world = World::new().await;
    let (ids, bobs) = (ids(&world).await, own(&world, world.bob()).await);
    let (keys, user) = (&world.app.keys, world.alice().user_id());
    let old = auth::token::issue(keys, user, now() - SignedDuration::from_mins(15)).unwrap().0;
    let foreign = auth::keys::Keys::derive(b"a signing key of somebody else's");
    let forged = auth::token::issue(&foreign, user, now()).unwrap().0;
    let everybody = [
        ("alice", Some(format!("Bearer {}", world.token(world.alice())))),
        ("bob", Some(format!("bearer {}", world.token(world.bob())))),
        ("nobody", None),
        ("expired", Some(format!("Bearer {}", old.expose()))),
        ("forged", Some(format!("Bearer {}", forged.expose()))),
        ("no bearer", Some("Basic YWxpY2U6c2VjcmV0".to_owned())),
    ];
    let mut grid = String::new();
    for (name, document, variables) in operations() {
        grid += &format!("# {name}\n");
        for (who, authorization) in &everybody {
            let body = json!({"query": document, "variables": variables}).to_string();
            let body: Value = serde_json::from_str(&ids.fill(&body)).unwrap();
            let found = world.post(authorization.as_deref(), &body).await;
            let said = bobs.hide(&ids.hide(&found.body.to_string()));
            grid += &format!("{who}: {} {said}\n", found.status);
        }
    }
    insta::assert_snapshot!(grid);
}

#[tokio::test]
async fn what_is_alices_is_to_bob_byte_for_byte_what_is_not_there() {
    let world = World::new().await;
    let ids = ids(&world).await;
    let nothing = Ids(vec![
        ("$user", UserId::new().opaque()),
        ("$account", LinkedAccountId::new().opaque()),
        ("$request", AnalysisRequestId::new().opaque()),
        ("$task", AgentTaskId::new().opaque()),
        ("$cursor", "AAAA".to_owned()),
    ]);
    let garbage = Ids(nothing.0.iter().map(|(name, _)| (*name, "not an id".to_owned())).collect());
    for (name, document, variables) in operations() {
        let body = json!({"query": document, "variables": variables}).to_string();
        let mut answers = Vec::new();
        for ids in [&ids, &nothing, &garbage] {
            let token = format!("Bearer {}", world.token(world.bob()));
            answers.push(world.post(Some(&token), &serde_json::from_str(&ids.fill(&body)).unwrap()).await);
        }
        assert_eq!((&answers[0], &answers[0]), (&answers[1], &answers[2]), "{name}");
    }
}
