//! A session goes on by its refresh token, and ends by it.

use auth::Tenant;
use serde_json::{Value, json};

use crate::sessions::refused;
use crate::world::World;

const TOKENS: &str = "accessToken refreshToken expiresAt user { email } userErrors { code field message }";

async fn refresh(world: &World, token: &str) -> Value {
    let document =
        format!("mutation ($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {TOKENS} }} }}");
    let found = world.ask(None, &document, json!({"input": {"refreshToken": token}})).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body["data"]["refreshSession"].clone()
}

async fn log_out(world: &World, tenant: Tenant, token: &str) -> Value {
    let document = "mutation ($input: LogoutInput!) { logout(input: $input) { userErrors { code field } } }";
    let found = world.ask(Some(tenant), document, json!({"input": {"refreshToken": token}})).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body["data"]["logout"]["userErrors"].clone()
}

/// Whether this access token is good for anything.
async fn works(world: &World, token: &Value) -> bool {
    let authorization = format!("Bearer {}", token.as_str().unwrap());
    world.post(Some(&authorization), &json!({"query": "{ me { email } }"})).await.status == 200
}

fn first(tenant: Tenant) -> String {
    testing::refresh_token(tenant.user_id()).token.expose().to_owned()
}

fn not_valid() -> Value {
    let message = "The refresh token is not valid any more. Log in again.";
    refused("AUTHENTICATION_REQUIRED", json!(["refreshToken"]), message)
}

async fn told(world: &World) -> i64 {
    world.count("outbox where queue = 'updates' and body like '%session_ended%'").await
}

#[tokio::test]
async fn each_refresh_token_leads_to_the_next_one_once() {
    let world = World::new().await;
    let mut token = first(world.alice());
    for _ in 0..3 {
        let mut next = refresh(&world, &token).await;
        assert!(works(&world, &next["accessToken"].take()).await);
        let new = next["refreshToken"].take().as_str().unwrap().to_owned();
        assert_ne!(new, token);
        token = new;
        let rest = json!({"accessToken": null, "refreshToken": null, "expiresAt": "2026-11-23T12:15:00Z",
            "user": {"email": "alice@example.com"}, "userErrors": []});
        assert_eq!(next, rest);
    }
    assert_eq!(told(&world).await, 0);
}

#[tokio::test]
async fn a_used_refresh_token_ends_its_session_for_all_who_have_one() {
    let world = World::new().await;
    let stolen = first(world.alice());
    let next = refresh(&world, &stolen).await;
    assert!(works(&world, &next["accessToken"]).await);
    assert_eq!(refresh(&world, &stolen).await, not_valid());
    assert!(!works(&world, &next["accessToken"]).await);
    assert!(!works(&world, &json!(world.token(world.alice()))).await);
    assert_eq!(refresh(&world, next["refreshToken"].as_str().unwrap()).await, not_valid());
    let ended = "sessions where end_reason = 'token_reused' and ended_at is not null";
    assert_eq!((told(&world).await, world.count(ended).await), (1, 1), "once, and only this one");
    assert!(works(&world, &json!(world.token(world.bob()))).await);
    assert_eq!(refresh(&world, &first(world.bob())).await["userErrors"], json!([]));
}

#[tokio::test]
async fn of_many_who_use_one_token_at_once_one_is_answered_and_the_session_is_over() {
    let world = World::new().await;
    let token = first(world.alice());
    let (a, b, c, d) = tokio::join!(
        refresh(&world, &token),
        refresh(&world, &token),
        refresh(&world, &token),
        refresh(&world, &token)
    );
    let (refused, answered): (Vec<_>, Vec<_>) =
        [a, b, c, d].into_iter().partition(|answer| *answer == not_valid());
    assert_eq!((refused.len(), answered.len()), (3, 1));
    assert!(!works(&world, &answered[0]["accessToken"]).await);
    assert_eq!(refresh(&world, answered[0]["refreshToken"].as_str().unwrap()).await, not_valid());
    assert_eq!(told(&world).await, 1);
}

#[tokio::test]
async fn what_is_no_living_refresh_token_is_refused_in_one_text() {
    let mut world = World::new().await;
    let (alice, bob) = (world.alice().user_id(), world.bob().user_id());
    let unknown = auth::refresh::issue(alice, testing::session(alice)).unwrap().token;
    let crossed = auth::testing::refresh_token(alice, testing::session(bob)).token;
    let access = world.token(world.alice());
    let good = first(world.alice());
    let cut = &good[..good.len() - 1];
    for token in ["", "alatar_rt_", cut, &access, unknown.expose(), crossed.expose()] {
        assert_eq!(refresh(&world, token).await, not_valid(), "{token}");
    }
    let end = testing::now() + jiff::SignedDuration::from_hours(30 * 24);
    world.app.clock = domain::clock::Clock::Fixed(end);
    assert_eq!(refresh(&world, &good).await, not_valid(), "it ends after 30 days");
    world.app.clock = domain::clock::Clock::Fixed(end - jiff::SignedDuration::from_secs(1));
    assert_eq!(refresh(&world, &good).await["userErrors"], json!([]), "and none of this has used it up");
}

#[tokio::test]
async fn a_log_out_ends_that_session_and_no_other() {
    let world = World::new().await;
    let (alices, bobs) = (first(world.alice()), first(world.bob()));
    let not_found = json!([{"code": "NOT_FOUND", "field": ["refreshToken"]}]);
    for token in [bobs.as_str(), "nonsense", ""] {
        assert_eq!(log_out(&world, world.alice(), token).await, not_found, "{token}");
    }
    assert_eq!(told(&world).await, 0);
    let other = crate::sessions::session(&world, "login", "alice@example.com", testing::PASSWORD).await;
    let next = refresh(&world, &alices).await;
    // A used token tells which session is meant as well as the latest one.
    assert_eq!(log_out(&world, world.alice(), &alices).await, json!([]));
    assert!(!works(&world, &next["accessToken"]).await);
    assert_eq!(refresh(&world, next["refreshToken"].as_str().unwrap()).await, not_valid());
    assert!(works(&world, &other["accessToken"]).await);
    assert!(works(&world, &json!(world.token(world.bob()))).await);
    assert_eq!((told(&world).await, world.count("sessions where end_reason = 'logged_out'").await), (1, 1));
}
