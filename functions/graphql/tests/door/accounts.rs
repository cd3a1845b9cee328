//! Connecting and disconnecting stores.

use domain::ids::LinkedAccountId;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{Proposal, World, codes, propose, submit};

const UNLINK: &str = "mutation ($input: UnlinkAccountInput!) { unlinkAccount(input: $input) {
    linkedAccount { id provider status scopes createdAt sync { state } } userErrors { code field message } } }";

async fn ask(world: &World, tenant: auth::Tenant, document: &str, input: Value) -> Value {
    let found = world.ask(Some(tenant), document, json!({"input": input})).await;
    assert_eq!((found.status, found.body.get("errors")), (200, None), "{}", found.body);
    found.body["data"].as_object().unwrap().values().next().unwrap().clone()
}

fn account(world: &World) -> LinkedAccountId {
    world.db.as_ref().unwrap().alice_account
}

fn unlinked(id: LinkedAccountId) -> Value {
    let account = json!({"id": id.opaque(), "provider": "shopify", "status": "UNLINKED", "scopes": [],
        "createdAt": "2026-11-23T12:00:00Z", "sync": {"state": "NEVER"}});
    json!({"linkedAccount": account, "userErrors": []})
}

async fn count(world: &World, sql: &str) -> i64 {
    world.db.as_ref().unwrap().owner().await.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_unlinked_store_has_no_token_and_the_log_says_so_once() {
    let world = World::new().await;
    let (id, alice) = (account(&world), world.alice());
    assert_eq!(ask(&world, alice, UNLINK, json!({"linkedAccountId": id.opaque()})).await, unlinked(id));
    // Again, with and without a key: it is as it is, and nothing more happens.
    for key in [None, Some("k"), Some("k")] {
        let input = json!({"linkedAccountId": id.opaque(), "idempotencyKey": key});
        assert_eq!(ask(&world, alice, UNLINK, input).await, unlinked(id));
    }
    let tokens = "select count(*) from linked_accounts where access_token is not null";
    assert_eq!(count(&world, tokens).await, 1, "Bob's alone");
    let log = format!(
        "select count(*) from audit_log where event = 'account_unlinked' and subject = 'linked_account:{}'
            and detail ->> 'shopDomain' is not null and user_id = '{}'",
        id.uuid(),
        alice.user_id()
    );
    assert_eq!(count(&world, &log).await, 1);
    let mut tx = world.app.store.tenant(&alice).await.unwrap();
    let token = store::linked_accounts::access_token(&mut tx, id).await;
    assert!(matches!(token, Err(store::error::Error::NotFound(_))));
}

#[tokio::test]
async fn a_store_that_is_not_yours_is_not_there_to_unlink() {
    let world = World::new().await;
    let error = json!({"code": "NOT_FOUND", "field": ["linkedAccountId"], "message": "There is no such connected store."});
    let expected = json!({"linkedAccount": null, "userErrors": [error]});
    for id in
        [account(&world).opaque(), LinkedAccountId::new().opaque(), "nonsense".to_owned(), String::new()]
    {
        assert_eq!(ask(&world, world.bob(), UNLINK, json!({"linkedAccountId": id})).await, expected);
    }
    assert_eq!(count(&world, "select count(*) from linked_accounts where status = 'active'").await, 2);
    let nobody =
        world.ask(None, UNLINK, json!({"input": {"linkedAccountId": account(&world).opaque()}})).await;
    assert_eq!(codes(&nobody), ["UNAUTHENTICATED"]);
}

#[tokio::test]
async fn twenty_at_once_unlink_once() {
    let world = World::new().await;
    let id = account(&world);
    for key in [Some("k"), None] {
        let input = json!({"linkedAccountId": id.opaque(), "idempotencyKey": key});
        let all = join_all((0..20).map(|_| ask(&world, world.alice(), UNLINK, input.clone()))).await;
        assert_eq!(all, vec![unlinked(id); 20]);
    }
    assert_eq!(count(&world, "select count(*) from audit_log where event = 'account_unlinked'").await, 1);
    let other = json!({"linkedAccountId": LinkedAccountId::new().opaque(), "idempotencyKey": "k"});
    let found = ask(&world, world.alice(), UNLINK, other).await;
    assert_eq!(found["userErrors"][0]["field"], json!(["idempotencyKey"]));
}

#[tokio::test]
async fn a_question_cannot_name_a_store_that_was_unlinked() {
    let world = World::new().await;
    let (id, alice) = (account(&world), world.alice());
    let before = submit(&world, alice, Some(id)).await;
    let action = propose(
        &world,
        alice,
        before,
        Proposal { required_scopes: vec!["read_products"], ..Proposal::default() },
    )
    .await;
    ask(&world, alice, UNLINK, json!({"linkedAccountId": id.opaque()})).await;
    let document = "mutation ($input: SubmitAnalysisRequestInput!) { submitAnalysisRequest(input: $input) { analysisRequest { id } userErrors { code field message } } }";
    let found = ask(&world, alice, document, json!({"prompt": "How?", "linkedAccountId": id.opaque()})).await;
    let error = json!({"code": "CONFLICT", "field": ["linkedAccountId"], "message": "This store was disconnected. Connect it again first."});
    assert_eq!(found, json!({"analysisRequest": null, "userErrors": [error]}));
    // What was asked before still names it, and what was proposed lacks every scope.
    let read = "query ($id: ID!) { node(id: $id) { ... on ProposedAction { preview { missingScopes } analysisRequest { linkedAccount { status } } } } }";
    let found = world.ask(Some(alice), read, json!({"id": action.opaque()})).await;
    let expected = json!({"preview": {"missingScopes": ["read_products"]}, "analysisRequest": {"linkedAccount": {"status": "UNLINKED"}}});
    assert_eq!(found.body["data"]["node"], expected);
}

const START: &str = "mutation ($input: StartShopifyOAuthInput!) { startShopifyOAuth(input: $input) { authorizationUrl state userErrors { code field message } } }";
const COMPLETE: &str = "mutation ($input: CompleteShopifyOAuthInput!) { completeShopifyOAuth(input: $input) { linkedAccount { id } userErrors { code field message } } }";

#[tokio::test]
async fn connecting_is_refused_with_what_is_wrong_or_with_what_is_missing_here() {
    let world = World::new().await;
    let missing = json!([{"code": "EXTERNAL_SERVICE_ERROR", "field": null, "message": "Connecting Shopify stores is not configured on this server."}]);
    for shop in ["fruits.myshopify.com", "FRUITS.MyShopify.com", "9-lives.myshopify.com"] {
        let found =
            ask(&world, world.alice(), START, json!({"shopDomain": shop, "idempotencyKey": "k"})).await;
        assert_eq!(found, json!({"authorizationUrl": null, "state": null, "userErrors": missing}));
    }
    let no_shop = json!([{"code": "INVALID_INPUT", "field": ["shopDomain"], "message": "This is not the address of a store: expected something like fruits.myshopify.com."}]);
    let long = format!("{}.myshopify.com", "a".repeat(64));
    for shop in [
        "",
        "fruits",
        "-a.myshopify.com",
        "a.b.myshopify.com",
        "fruits.myshopify.com.",
        "fruits.myshopify.com:443",
        "https://fruits.myshopify.com",
        "fruits.myshopify.com/admin",
        "früchte.myshopify.com",
        "fruits\u{3002}myshopify.com",
        "evil.example#.myshopify.com",
        "fruits.myshopify.com\n",
        "fruits.myshopify.com\0",
        &long,
    ] {
        let found = ask(&world, world.alice(), START, json!({"shopDomain": shop})).await;
        assert_eq!(found, json!({"authorizationUrl": null, "state": null, "userErrors": no_shop}), "{shop}");
    }
    let query = "code=0&hmac=0&shop=fruits.myshopify.com&state=0".to_owned();
    for query in [query, "q".repeat(4_096)] {
        let found = ask(&world, world.alice(), COMPLETE, json!({"query": query})).await;
        assert_eq!(found, json!({"linkedAccount": null, "userErrors": missing}));
    }
    for (query, message) in [
        (String::new(), "The query string is empty."),
        ("q".repeat(4_097), "The query string has 4097 bytes; at most 4096 are allowed."),
        ("a=\u{202e}".to_owned(), "This is not a query string: it holds what a URL cannot."),
        ("a= b".to_owned(), "This is not a query string: it holds what a URL cannot."),
        ("a=\0".to_owned(), "This is not a query string: it holds what a URL cannot."),
    ] {
        let found = ask(&world, world.alice(), COMPLETE, json!({"query": query})).await;
        let error = json!({"code": "INVALID_INPUT", "field": ["query"], "message": message});
        assert_eq!(found, json!({"linkedAccount": null, "userErrors": [error]}));
    }
    for (document, input) in
        [(START, json!({"shopDomain": "a.myshopify.com"})), (COMPLETE, json!({"query": "a=b"}))]
    {
        assert_eq!(codes(&world.ask(None, document, json!({"input": input})).await), ["UNAUTHENTICATED"]);
    }
}
