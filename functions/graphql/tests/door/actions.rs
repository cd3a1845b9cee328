//! Proposed actions: reading them, and deciding about them.

use domain::ids::{AnalysisRequestId, ProposedActionId};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{Proposal, World, codes, propose, submit};

const WHOLE: &str = "id description actionType parameters status outcome executionResult errorMessage
    preview { rows { object field before after } requiredScopes missingScopes reversible hash expiresAt }
    expectedEffect { id kind text figures } analysisRequest { id prompt } createdAt approvedAt executedAt undoneAt
    audit { at event detail }";

const PAGE: &str = "query ($first: Int, $after: String, $last: Int, $before: String, $status: [ProposedActionStatus!], $of: ID) {
    listProposedActions(first: $first, after: $after, last: $last, before: $before, status: $status, analysisRequestId: $of) {
        edges { cursor node { description } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";

const APPROVE: &str = "mutation ($input: UserApprovesActionInput!) { userApprovesAction(input: $input) { proposedAction { id status } userErrors { code field message } } }";
const REJECT: &str = "mutation ($input: UserRejectsActionInput!) { userRejectsAction(input: $input) {
    proposedAction { id status audit { at event detail } } userErrors { code field message } } }";
const UNDO: &str = "mutation ($input: UserUndoesActionInput!) { userUndoesAction(input: $input) { proposedAction { id status } userErrors { code field message } } }";

const AT: &str = "2026-11-23T12:00:00Z";

async fn action(world: &World, proposal: Proposal) -> (AnalysisRequestId, ProposedActionId) {
    let account = world.db.as_ref().unwrap().alice_account;
    let request = submit(world, world.alice(), Some(account)).await;
    (request, propose(world, world.alice(), request, proposal).await)
}

async fn read(world: &World, tenant: auth::Tenant, document: &str, variables: Value) -> Value {
    let found = world.ask(Some(tenant), document, variables).await;
    assert_eq!((found.status, found.body.get("errors")), (200, None), "{}", found.body);
    found.body["data"].as_object().unwrap().values().next().unwrap().clone()
}

async fn decide(world: &World, tenant: auth::Tenant, document: &str, input: Value) -> Value {
    read(world, tenant, document, json!({"input": input})).await
}

fn refused(code: &str, field: Option<&str>, message: &str) -> Value {
    let field = field.map(|field| vec![field]);
    json!({"proposedAction": null, "userErrors": [{"code": code, "field": field, "message": message}]})
}

/// Moves an action on, as the executor will.
async fn moved(world: &World, id: ProposedActionId, path: &[&str]) {
    let owner = world.db.as_ref().unwrap().owner().await;
    for status in path {
        let update = "update proposed_actions set status = $2 where id = $1";
        owner.execute(update, &[&id.uuid(), status]).await.unwrap();
    }
}

async fn status(world: &World, id: ProposedActionId) -> Value {
    let document = "query ($id: ID!) { node(id: $id) { ... on ProposedAction { status audit { event } } } }";
    read(world, world.alice(), document, json!({"id": id.opaque()})).await
}

#[tokio::test]
async fn an_action_is_shown_whole_and_to_its_merchant_alone() {
    let world = World::new().await;
    let (request, id) = action(&world, Proposal::default()).await;
    let rows = json!([
        {"object": "Red mug", "field": "price", "before": "12.00", "after": "10.50"},
        {"object": "Red mug", "field": "price", "before": null, "after": "11.00"},
    ]);
    let whole = json!({
        "id": id.opaque(), "description": "Lower the price of the red mug.", "actionType": "UPDATE_PRODUCT_PRICE",
        "parameters": {"price": "10.50", "variant": 1}, "status": "PROPOSED", "outcome": "NONE",
        "executionResult": null, "errorMessage": null,
        "preview": {"rows": rows, "requiredScopes": ["read_products", "write_products"],
            "missingScopes": ["write_products"], "reversible": true, "hash": "07".repeat(32),
            "expiresAt": "2026-11-23T13:00:00Z"},
        "expectedEffect": [{"id": "c1", "kind": "change", "text": "Units rise.", "figures": ["f1"]}],
        "analysisRequest": {"id": request.opaque(), "prompt": "How?"},
        "createdAt": AT, "approvedAt": null, "executedAt": null, "undoneAt": null,
        "audit": [{"at": AT, "event": "action_proposed", "detail": {}}],
    });
    let node = format!("query ($id: ID!) {{ node(id: $id) {{ ... on ProposedAction {{ {WHOLE} }} }} }}");
    let of_request =
        format!("query ($id: ID!) {{ analysisRequest(id: $id) {{ proposedActions {{ {WHOLE} }} }} }}");
    let list = format!("{{ listProposedActions(first: 5) {{ edges {{ node {{ {WHOLE} }} }} totalCount }} }}");
    let (alice, bob) = (world.alice(), world.bob());
    let (by_id, by_request) = (json!({"id": id.opaque()}), json!({"id": request.opaque()}));
    assert_eq!(read(&world, alice, &node, by_id.clone()).await, whole);
    assert_eq!(
        read(&world, alice, &of_request, by_request.clone()).await,
        json!({"proposedActions": [whole]})
    );
    let page = json!({"edges": [{"node": whole}], "totalCount": 1});
    assert_eq!(read(&world, alice, &list, json!({})).await, page);
    assert_eq!(read(&world, bob, &node, by_id).await, json!(null));
    assert_eq!(read(&world, bob, &of_request, by_request).await, json!(null));
    assert_eq!(read(&world, bob, &list, json!({})).await, json!({"edges": [], "totalCount": 0}));
}

fn descriptions(page: &Value) -> String {
    let edges = page["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["description"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_ways_through_the_list_meet_everything_once() {
    let world = World::new().await;
    let alice = world.alice();
    let requests = [submit(&world, alice, None).await, submit(&world, alice, None).await];
    for (minute, letter) in ["a", "b", "c", "d", "e", "f", "g"].into_iter().enumerate() {
        // Two of each minute, told apart by their ids.
        let proposal =
            Proposal { minute: minute as i64 / 2, description: letter.to_owned(), ..Proposal::default() };
        let id = propose(&world, alice, requests[minute % 2], proposal).await;
        if letter == "c" {
            moved(&world, id, &["rejected"]).await;
        }
    }
    let bobs = submit(&world, world.bob(), None).await;
    propose(&world, world.bob(), bobs, Proposal { description: "x".to_owned(), ..Proposal::default() }).await;
    let (mut forwards, mut after) = (String::new(), Value::Null);
    for turn in 0..3 {
        let page = read(&world, alice, PAGE, json!({"first": 3, "after": after})).await;
        forwards += &descriptions(&page);
        let info = &page["pageInfo"];
        let ends = (info["hasNextPage"].as_bool(), info["hasPreviousPage"].as_bool());
        assert_eq!((ends, &page["totalCount"]), ((Some(turn < 2), Some(turn > 0)), &json!(7)));
        after = info["endCursor"].clone();
    }
    assert_eq!(forwards, "gfedcba");
    let (mut backwards, mut before) = (String::new(), Value::Null);
    for _ in 0..3 {
        let page = read(&world, alice, PAGE, json!({"last": 3, "before": before})).await;
        backwards = descriptions(&page) + &backwards;
        before = page["pageInfo"]["startCursor"].clone();
    }
    assert_eq!(backwards, "gfedcba");
    let chosen = async |variables: Value| {
        let page = read(&world, alice, PAGE, variables).await;
        format!("{} of {}", descriptions(&page), page["totalCount"])
    };
    let of = requests[0].opaque();
    assert_eq!(chosen(json!({"status": ["REJECTED", "UNDONE"]})).await, "c of 1");
    assert_eq!(chosen(json!({"of": of})).await, "geca of 4");
    assert_eq!(chosen(json!({"of": of, "last": 2})).await, "ca of 4");
    assert_eq!(chosen(json!({"of": of, "status": ["PROPOSED"]})).await, "gea of 3");
    for nobodys in [bobs.opaque(), AnalysisRequestId::new().opaque(), "nonsense".to_owned()] {
        assert_eq!(chosen(json!({"of": nobodys})).await, " of 0");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_list_and_its_merchant_alone() {
    let world = World::new().await;
    action(&world, Proposal::default()).await;
    let cursors = "{ listProposedActions { pageInfo { endCursor } } }";
    let actions = read(&world, world.alice(), cursors, json!({})).await["pageInfo"]["endCursor"].clone();
    let cursors = "{ listAnalysisRequests { pageInfo { endCursor } } }";
    let requests = read(&world, world.alice(), cursors, json!({})).await["pageInfo"]["endCursor"].clone();
    assert_eq!(read(&world, world.alice(), PAGE, json!({"after": actions})).await["edges"], json!([]));
    let of_requests = "query ($after: String) { listAnalysisRequests(after: $after) { totalCount } }";
    for (tenant, document, cursor) in [
        (world.alice(), PAGE, &requests),
        (world.alice(), of_requests, &actions),
        (world.bob(), PAGE, &actions),
    ] {
        let found = world.ask(Some(tenant), document, json!({"after": cursor})).await;
        assert_eq!(codes(&found), ["BAD_USER_INPUT"], "{}", found.body);
    }
}

#[tokio::test]
async fn a_page_costs_as_many_statements_as_it_has_nouns_and_one_more_for_the_total() {
    let world = World::new().await;
    for _ in 0..3 {
        action(&world, Proposal::default()).await;
    }
    let cost = async |document: &str| {
        let before = world.statements().await;
        read(&world, world.alice(), document, json!({})).await;
        world.statements().await - before
    };
    let one = cost(
        "{ node(id: \"cHJvcG9zZWRfYWN0aW9uOjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMA\") { id } }",
    )
    .await;
    assert!(one >= 4);
    let page = |selection: &str| format!("{{ listProposedActions(first: 20) {{ {selection} }} }}");
    assert_eq!(
        cost(&page("edges { node { id preview { missingScopes } } } pageInfo { endCursor }")).await,
        one
    );
    assert_eq!(cost(&page("edges { node { id } } totalCount")).await, 2 * one);
    assert_eq!(cost(&page("edges { node { audit { event } } }")).await, 2 * one);
    let all =
        page("edges { node { audit { event } analysisRequest { id linkedAccount { id } tasks { id } } } }");
    assert_eq!(cost(&all).await, 5 * one);
    assert_eq!(cost(&page("edges { node { analysisRequest { result { summary } } } }")).await, 3 * one);
}

#[tokio::test]
async fn a_mutation_costs_one_transaction_of_one_statement() {
    let world = World::new().await;
    let (_, id) = action(&world, Proposal::default()).await;
    let (id, account) = (id.opaque(), world.db.as_ref().unwrap().alice_account.opaque());
    let cost = async |document: String| {
        let before = world.statements().await;
        let found = world.ask(Some(world.alice()), &document, json!({})).await;
        assert_eq!(found.body.get("errors"), None, "{}", found.body);
        world.statements().await - before
    };
    let read = cost(format!("{{ node(id: \"{id}\") {{ id }} }}")).await;
    let hash = "07".repeat(32);
    for mutation in [
        format!(
            "userApprovesAction(input: {{actionId: \"{id}\", previewHash: \"{hash}\", idempotencyKey: \"k\"}})"
        ),
        format!("userRejectsAction(input: {{actionId: \"{id}\", idempotencyKey: \"k\"}})"),
        format!("userUndoesAction(input: {{actionId: \"{id}\", idempotencyKey: \"k\"}})"),
        "updatePreferences(input: {preferredLlm: \"x\", idempotencyKey: \"k\"})".to_owned(),
        format!("unlinkAccount(input: {{linkedAccountId: \"{account}\", idempotencyKey: \"k\"}})"),
    ] {
        let document = format!("mutation {{ {mutation} {{ userErrors {{ message }} }} }}");
        assert_eq!(cost(document).await, read, "{mutation}");
    }
}

#[tokio::test]
async fn a_rejected_action_says_why_and_stays_rejected() {
    let world = World::new().await;
    let (_, id) = action(&world, Proposal::default()).await;
    let (alice, input) =
        (world.alice(), json!({"actionId": id.opaque(), "reason": "Too dear.", "idempotencyKey": "k"}));
    let audit = json!([{"at": AT, "event": "action_proposed", "detail": {}},
        {"at": AT, "event": "action_rejected", "detail": {"reason": "Too dear."}}]);
    let action = json!({"id": id.opaque(), "status": "REJECTED", "audit": audit});
    let expected = json!({"proposedAction": action, "userErrors": []});
    let all = join_all((0..20).map(|_| decide(&world, alice, REJECT, input.clone()))).await;
    assert_eq!(all, vec![expected.clone(); 20]);
    assert_eq!(decide(&world, alice, REJECT, input).await, expected);
    let conflict = refused("CONFLICT", None, "This action is rejected and cannot be rejected.");
    assert_eq!(
        decide(&world, alice, REJECT, json!({"actionId": id.opaque(), "reason": "Too dear."})).await,
        conflict
    );
    let reused = refused(
        "INVALID_INPUT",
        Some("idempotencyKey"),
        "This key was used with another input. Take a new one.",
    );
    for reason in [json!(null), json!(""), json!("Too cheap.")] {
        let other = json!({"actionId": id.opaque(), "reason": reason, "idempotencyKey": "k"});
        assert_eq!(decide(&world, alice, REJECT, other).await, reused);
    }
}

#[tokio::test]
async fn a_reason_has_a_thousand_characters_at_most() {
    let world = World::new().await;
    let (_, id) = action(&world, Proposal::default()).await;
    let with = |reason: String| json!({"actionId": id.opaque(), "reason": reason});
    let long = "The reason has 1001 characters; at most 1000 are allowed.";
    let nul = "The reason cannot contain the NUL character.";
    for (reason, message) in [("ä".repeat(1_001), long), ("a\0".to_owned(), nul)] {
        let found = decide(&world, world.alice(), REJECT, with(reason)).await;
        assert_eq!(found, refused("INVALID_INPUT", Some("reason"), message));
    }
    let longest = decide(&world, world.alice(), REJECT, with("ä".repeat(1_000))).await;
    assert_eq!(longest["userErrors"], json!([]));
    assert_eq!(longest["proposedAction"]["audit"][1]["detail"], json!({"reason": "ä".repeat(1_000)}));
}

#[tokio::test]
async fn what_is_not_yours_cannot_be_decided_about() {
    let world = World::new().await;
    let (_, id) = action(&world, Proposal::default()).await;
    let expected = refused("NOT_FOUND", Some("actionId"), "There is no such action.");
    for (document, mut input) in [
        (APPROVE, json!({"previewHash": "07".repeat(32)})),
        (REJECT, json!({"reason": "Mine?"})),
        (UNDO, json!({})),
    ] {
        for id in [id.opaque(), ProposedActionId::new().opaque(), "nonsense".to_owned()] {
            input["actionId"] = json!(id);
            assert_eq!(decide(&world, world.bob(), document, input.clone()).await, expected);
        }
        let nobody = world.ask(None, document, json!({"input": input})).await;
        assert_eq!(codes(&nobody), ["UNAUTHENTICATED"]);
    }
    assert_eq!(
        status(&world, id).await,
        json!({"status": "PROPOSED", "audit": [{"event": "action_proposed"}]})
    );
}

#[tokio::test]
async fn an_approval_is_refused_with_the_first_thing_that_is_wrong() {
    let world = World::new().await;
    let alice = world.alice();
    let approve = async |id: ProposedActionId, hash: &str| {
        decide(
            &world,
            alice,
            APPROVE,
            json!({"actionId": id.opaque(), "previewHash": hash, "idempotencyKey": "k"}),
        )
        .await
    };
    let (right, wrong) = ("07".repeat(32), "08".repeat(32));
    let (_, id) = action(&world, Proposal::default()).await;
    let no_hash = "This is not a hash of a preview: 64 hexadecimal digits are expected.";
    assert_eq!(approve(id, "0707").await, refused("INVALID_INPUT", Some("previewHash"), no_hash));
    let changed = "The preview has changed since this hash was read. Look at it again.";
    assert_eq!(approve(id, &wrong).await, refused("CONFLICT", Some("previewHash"), changed));
    let scopes = "The store has not granted write_products. Connect it again to grant it.";
    assert_eq!(approve(id, &right).await, refused("PERMISSION_DENIED", None, scopes));
    let granted = Proposal { required_scopes: vec!["read_products"], ..Proposal::default() };
    let (_, granted) = action(&world, granted).await;
    let not_here =
        "This server does not change stores: nothing was done, and nothing in the store has changed.";
    let all = join_all((0..20).map(|_| approve(granted, &right))).await;
    assert_eq!(all, vec![refused("EXTERNAL_SERVICE_ERROR", None, not_here); 20]);
    let untouched = json!({"status": "PROPOSED", "audit": [{"event": "action_proposed"}]});
    for id in [id, granted] {
        assert_eq!(status(&world, id).await, untouched);
    }
    let (_, late) = action(&world, Proposal { minute: -61, ..Proposal::default() }).await;
    let expired = refused("CONFLICT", None, "This action is expired and cannot be approved.");
    let all = join_all((0..20).map(|_| approve(late, &wrong))).await;
    assert_eq!(all, vec![expired; 20]);
    let audit = json!([{"event": "action_proposed"}, {"event": "action_expired"}]);
    assert_eq!(status(&world, late).await, json!({"status": "EXPIRED", "audit": audit}));
    moved(&world, granted, &["approved"]).await;
    let again = refused("CONFLICT", None, "This action is approved and cannot be approved.");
    assert_eq!(approve(granted, &right).await, again);
}

#[tokio::test]
async fn only_what_was_done_and_can_be_undone_is_undone() {
    let world = World::new().await;
    let undo = async |id: ProposedActionId| {
        decide(&world, world.alice(), UNDO, json!({"actionId": id.opaque(), "idempotencyKey": "k"})).await
    };
    let done = ["approved", "executing", "executed"];
    let (_, id) = action(&world, Proposal::default()).await;
    assert_eq!(undo(id).await, refused("CONFLICT", None, "This action is proposed and cannot be undone."));
    moved(&world, id, &done).await;
    let not_here =
        "This server does not change stores: nothing was done, and nothing in the store has changed.";
    let all = join_all((0..20).map(|_| undo(id))).await;
    assert_eq!(all, vec![refused("EXTERNAL_SERVICE_ERROR", None, not_here); 20]);
    let (_, for_good) = action(&world, Proposal { reversible: false, ..Proposal::default() }).await;
    moved(&world, for_good, &done).await;
    assert_eq!(undo(for_good).await, refused("CONFLICT", None, "This action cannot be undone."));
    assert_eq!(status(&world, id).await["status"], json!("EXECUTED"));
}
