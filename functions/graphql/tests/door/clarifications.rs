//! Questions back to the merchant, and the answers to them.

use auth::Tenant;
use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::status::AnalysisRequestStatus;
use flow::analysis::clarification::About;
use flow::analysis::state::State;
use flow::analysis::{self, Event};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::clarifications::{self, Clarification};
use store::subscriptions::Change;
use store::turns::{self, Save};

use crate::world::{World, submit};

const ANSWER: &str = "mutation ($input: AnswerClarificationInput!) { answerClarification(input: $input) {
    analysisRequest { id status linkedAccount { id } clarification { question options answer expiresAt } }
    userErrors { code field message } } }";

const QUESTION: &str = "Which store is it about?";
const NORTH: &str = "north.myshopify.com";
const SOUTH: &str = "south.myshopify.com";

/// Lets a new question of the tenant's wait for an answer: the first option chooses the account, the second one that
/// is not there.
pub(crate) async fn asked_back(world: &World, tenant: Tenant, account: LinkedAccountId) -> AnalysisRequestId {
    let (request, now) = (submit(world, tenant, None).await, testing::now());
    let options = vec![NORTH.to_owned(), SOUTH.to_owned()];
    let about = About::Store { accounts: vec![account, LinkedAccountId::new()] };
    let asked = Event::AskedBack { number: 1, at: now, question: QUESTION.to_owned(), options, about };
    let state = analysis::step(State::default(), &Event::Asked { at: now }).state;
    let state = analysis::step(state, &asked).state;
    let open = state.open_clarification().unwrap();
    let shown = Clarification {
        question: open.question.clone(),
        options: open.options.clone(),
        answer: None,
        expires_at: open.expires_at().unwrap(),
    };
    let mut tx = world.app.store.tenant(&tenant).await.unwrap();
    clarifications::ask(&mut tx, request, &shown).await.unwrap();
    let save = Save {
        request,
        version: 0,
        message_id: MessageId::new(),
        events: vec![turns::Event { kind: "asked_back", body: json!({}) }],
        agent_state: serde_json::to_value(&state).unwrap(),
        status: (AnalysisRequestStatus::Processing, AnalysisRequestStatus::AwaitingClarification),
        progress: 0.05,
        result: None,
        error: None,
        account: None,
        tasks: Vec::new(),
        messages: Vec::new(),
        change: Change { id: MessageId::new(), body: "changed".to_owned() },
        now,
    };
    turns::save(&mut tx, save).await.unwrap();
    tx.commit().await.unwrap();
    request
}

async fn alices(world: &World) -> AnalysisRequestId {
    asked_back(world, world.alice(), world.db.as_ref().unwrap().alice_account).await
}

async fn answer(world: &World, tenant: Tenant, input: Value) -> Value {
    let found = world.ask(Some(tenant), ANSWER, json!({"input": input})).await;
    assert_eq!((found.status, found.body.get("errors")), (200, None), "{}", found.body);
    found.body["data"]["answerClarification"].clone()
}

fn refused(code: &str, field: Option<&str>, message: &str) -> Value {
    let field = field.map(|field| vec![field]);
    json!({"analysisRequest": null, "userErrors": [{"code": code, "field": field, "message": message}]})
}

fn shown(answer: Option<&str>) -> Value {
    json!({"question": QUESTION, "options": [NORTH, SOUTH], "answer": answer, "expiresAt": "2026-11-30T12:00:00Z"})
}

#[tokio::test]
async fn what_is_asked_back_is_shown_to_its_merchant_alone_and_goes_on_with_the_answer() {
    let world = World::new().await;
    let account = world.db.as_ref().unwrap().alice_account;
    let id = alices(&world).await;
    let read = "query ($id: ID!) { analysisRequest(id: $id) { status clarification { question options answer expiresAt } } }";
    let found = world.ask(Some(world.alice()), read, json!({"id": id.opaque()})).await;
    let waiting = json!({"status": "AWAITING_CLARIFICATION", "clarification": shown(None)});
    assert_eq!(found.body["data"]["analysisRequest"], waiting);
    let bobs = world.ask(Some(world.bob()), read, json!({"id": id.opaque()})).await;
    assert_eq!(bobs.body["data"], json!({"analysisRequest": null}));

    let input = json!({"analysisRequestId": id.opaque(), "answer": format!(" {} ", NORTH.to_uppercase())});
    let request = json!({"id": id.opaque(), "status": "PROCESSING", "linkedAccount": {"id": account.opaque()},
        "clarification": shown(Some(NORTH))});
    let payload = answer(&world, world.alice(), input.clone()).await;
    assert_eq!(payload, json!({"analysisRequest": request, "userErrors": []}));
    let found = world.ask(Some(world.alice()), read, json!({"id": id.opaque()})).await;
    let going_on = json!({"status": "PROCESSING", "clarification": shown(Some(NORTH))});
    assert_eq!(found.body["data"]["analysisRequest"], going_on);
    let message = "This analysis is processing and asks nothing.";
    assert_eq!(answer(&world, world.alice(), input).await, refused("CONFLICT", None, message));
    let owner = world.db.as_ref().unwrap().owner().await;
    let sent = "select count(*) from outbox where queue = 'orchestrator' and available_at = $1";
    // The question's own message, and the answer's.
    assert_eq!(owner.query_one(sent, &[&testing::now()]).await.unwrap().get::<_, i64>(0), 2);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_its_field() {
    let world = World::new().await;
    let id = alices(&world).await;
    let before = world.rows_of(world.alice()).await;
    let options = "The answer must be one of these: north.myshopify.com, south.myshopify.com.";
    let cases = [
        ("", "The answer is empty."),
        (" \n\u{2003}", "The answer is empty."),
        ("north\0", "The answer cannot contain the NUL character."),
        (&"ä".repeat(4_001), "The answer has 4001 characters; at most 4000 are allowed."),
        (&"ä".repeat(4_000), options),
        ("north", options),
    ];
    for (text, message) in cases {
        let input = json!({"analysisRequestId": id.opaque(), "answer": text});
        assert_eq!(
            answer(&world, world.alice(), input).await,
            refused("INVALID_INPUT", Some("answer"), message)
        );
    }
    assert_eq!(world.rows_of(world.alice()).await, before);
}

#[tokio::test]
async fn what_asks_nothing_takes_no_answer() {
    let world = World::new().await;
    let id = submit(&world, world.alice(), None).await;
    let input = json!({"analysisRequestId": id.opaque(), "answer": NORTH});
    let message = "This analysis is pending and asks nothing.";
    assert_eq!(answer(&world, world.alice(), input).await, refused("CONFLICT", None, message));
}

#[tokio::test]
async fn bob_finds_nothing_to_answer_and_changes_nothing() {
    let world = World::new().await;
    let id = alices(&world).await;
    let before = world.rows_of(world.alice()).await;
    let expected = refused("NOT_FOUND", Some("analysisRequestId"), "There is no such analysis.");
    for id in [id.opaque(), AnalysisRequestId::new().opaque(), "nonsense".to_owned(), String::new()] {
        for key in [Value::Null, json!("k")] {
            let input = json!({"analysisRequestId": id, "answer": NORTH, "idempotencyKey": key});
            assert_eq!(answer(&world, world.bob(), input).await, expected);
        }
    }
    assert_eq!(world.rows_of(world.alice()).await, before);
}

#[tokio::test]
async fn one_key_answers_once_however_often_it_comes() {
    let world = World::new().await;
    let id = alices(&world).await;
    let input = json!({"analysisRequestId": id.opaque(), "answer": NORTH, "idempotencyKey": "k"});
    let all = join_all((0..20).map(|_| answer(&world, world.alice(), input.clone()))).await;
    assert_eq!(all[0]["analysisRequest"]["clarification"], shown(Some(NORTH)));
    assert!(all.iter().all(|one| *one == all[0]), "{all:#?}");
    assert_eq!(answer(&world, world.alice(), input).await, all[0], "the first answer again");
    let other = json!({"analysisRequestId": id.opaque(), "answer": SOUTH, "idempotencyKey": "k"});
    let message = "This key was used with another input. Take a new one.";
    assert_eq!(
        answer(&world, world.alice(), other).await,
        refused("INVALID_INPUT", Some("idempotencyKey"), message)
    );
    let owner = world.db.as_ref().unwrap().owner().await;
    let events = "select count(*) from analysis_events where kind = 'answered'";
    assert_eq!(owner.query_one(events, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn one_key_for_two_questions_at_the_same_moment_answers_one() {
    let world = World::new().await;
    let ids = [alices(&world).await, alices(&world).await];
    let input = |id: &AnalysisRequestId| json!({"analysisRequestId": id.opaque(), "answer": NORTH, "idempotencyKey": "k"});
    let answers = join_all(ids.iter().map(|id| answer(&world, world.alice(), input(id)))).await;
    let done = answers.iter().filter(|one| one["userErrors"] == json!([])).count();
    let codes: Vec<_> = answers.iter().filter_map(|one| one.pointer("/userErrors/0/code")).collect();
    assert_eq!((done, codes), (1, vec![&json!("INVALID_INPUT")]), "{answers:#?}");
}
