//! What only the bearer of the password may do: change it, and remove the account.

use auth::Tenant;
use serde_json::{Value, json};

use crate::sessions::{refused, session};
use crate::world::{Heard, World};

const NEW: &str = "another long and quiet password";

async fn change(world: &World, tenant: Tenant, current: &str, new: &str) -> Heard {
    let document = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) {
        accessToken refreshToken expiresAt user { email } userErrors { code field message } } }";
    let input = json!({"input": {"currentPassword": current, "newPassword": new}});
    world.ask(Some(tenant), document, input).await
}

async fn delete(world: &World, tenant: Tenant, password: &str) -> Heard {
    let document = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { userErrors { code field message } } }";
    let input = json!({"input": {"password": password, "idempotencyKey": "the end"}});
    world.ask(Some(tenant), document, input).await
}

async fn me(world: &World, token: &Value) -> u16 {
    let authorization = format!("Bearer {}", token.as_str().unwrap());
    world.post(Some(&authorization), &json!({"query": "{ me { email } }"})).await.status
}

fn wrong_login() -> Value {
    refused("AUTHENTICATION_REQUIRED", json!(null), "The e-mail address or the password is wrong.")
}

#[tokio::test]
async fn a_new_password_ends_every_session_but_its_own() {
    let world = World::new().await;
    let other = session(&world, "login", "alice@example.com", testing::PASSWORD).await;
    let before = world.app.hasher.computed();
    let changed = change(&world, world.alice(), testing::PASSWORD, NEW).await.body;
    assert_eq!(world.app.hasher.computed() - before, 2);
    let changed = &changed["data"]["changePassword"];
    assert_eq!(
        (&changed["user"]["email"], &changed["userErrors"]),
        (&json!("alice@example.com"), &json!([]))
    );
    assert_eq!(me(&world, &changed["accessToken"]).await, 200);
    for old in [json!(world.token(world.alice())), other["accessToken"].clone()] {
        assert_eq!(me(&world, &old).await, 401);
    }
    assert_eq!(me(&world, &json!(world.token(world.bob()))).await, 200);
    assert_eq!(session(&world, "login", "alice@example.com", testing::PASSWORD).await, wrong_login());
    assert_eq!(session(&world, "login", "alice@example.com", NEW).await["userErrors"], json!([]));
    assert_eq!(session(&world, "login", "bob@example.com", testing::PASSWORD).await["userErrors"], json!([]));
    assert_eq!(world.count("outbox where queue = 'updates' and body like '%session_ended%'").await, 2);
    assert_eq!(world.count("sessions where end_reason = 'password_changed'").await, 2);
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_present_one_or_to_a_weak_one() {
    let world = World::new().await;
    let before = [world.rows_of(world.alice()).await, world.rows_of(world.bob()).await];
    let said = |code, field, message| refused(code, json!([field]), message);
    let cases = [
        (
            "a wrong password!",
            NEW,
            said("AUTHENTICATION_REQUIRED", "currentPassword", "The password is wrong."),
        ),
        (
            testing::PASSWORD,
            "short",
            said("INVALID_INPUT", "newPassword", "A password has at least 12 characters."),
        ),
        (
            testing::PASSWORD,
            "Password1234",
            said("INVALID_INPUT", "newPassword", "This password is among the most common ones."),
        ),
        (
            testing::PASSWORD,
            "abcabcabcabc",
            said("INVALID_INPUT", "newPassword", "This password is a simple pattern."),
        ),
    ];
    for (current, new, expected) in cases {
        let found = change(&world, world.alice(), current, new).await;
        assert_eq!((found.status, &found.body["data"]["changePassword"]), (200, &expected), "{new}");
    }
    let huge = change(&world, world.alice(), &"x".repeat(2_000), NEW).await;
    assert_eq!(huge.body["data"]["changePassword"]["userErrors"][0]["code"], "AUTHENTICATION_REQUIRED");
    assert_eq!([world.rows_of(world.alice()).await, world.rows_of(world.bob()).await], before);
}

#[tokio::test]
async fn of_two_who_change_a_password_at_once_one_is_left() {
    let world = World::new().await;
    let (one, two) = tokio::join!(
        change(&world, world.alice(), testing::PASSWORD, NEW),
        change(&world, world.alice(), testing::PASSWORD, "a third long and quiet password")
    );
    let statuses = [one.status, two.status];
    assert!(statuses == [200, 401] || statuses == [401, 200], "{statuses:?}");
    assert_eq!(world.count("sessions where ended_at is null").await, 2, "the new one and Bob's");
}

/// Rows in every table for both.
async fn seeded() -> World {
    let world = World::new().await;
    let db = world.db.as_ref().unwrap();
    for (tenant, account) in [(db.alice, db.alice_account), (db.bob, db.bob_account)] {
        let mut tx = db.store.tenant(&tenant).await.unwrap();
        store::seed::every_table(&mut tx, account, db.now).await.unwrap();
        tx.commit().await.unwrap();
    }
    world
}

#[tokio::test]
async fn a_removed_account_leaves_nothing_and_takes_nothing_else_along() {
    let world = seeded().await;
    let (token, bobs) = (world.token(world.alice()), world.rows_of(world.bob()).await);
    let refresh_token = testing::refresh_token(world.alice().user_id()).token;
    // Of each table that the catalogue knows; nothing is digested to nothing.
    assert!(world.rows_of(world.alice()).await.iter().all(|(_, digest)| !digest.is_empty()));
    let wrong = delete(&world, world.alice(), "a wrong password!").await;
    assert_eq!(wrong.body["data"]["deleteAccount"]["userErrors"][0]["code"], "AUTHENTICATION_REQUIRED");

    let found = delete(&world, world.alice(), testing::PASSWORD).await;
    assert_eq!((found.status, &found.body["data"]), (200, &json!({"deleteAccount": {"userErrors": []}})));
    let mut left = world.rows_of(world.alice()).await;
    left.retain(|(_, digest)| !digest.is_empty());
    assert_eq!(left, []);
    assert_eq!(world.rows_of(world.bob()).await, bobs);

    assert_eq!(me(&world, &json!(token)).await, 401);
    let refresh =
        "mutation ($t: String!) { refreshSession(input: {refreshToken: $t}) { userErrors { code } } }";
    let refreshed = world.ask(None, refresh, json!({"t": refresh_token.expose()})).await;
    assert_eq!(refreshed.body["data"]["refreshSession"]["userErrors"][0]["code"], "AUTHENTICATION_REQUIRED");
    assert_eq!(session(&world, "login", "alice@example.com", testing::PASSWORD).await, wrong_login());
    assert_eq!(delete(&world, world.alice(), testing::PASSWORD).await.status, 401);
    assert_eq!(session(&world, "register", "alice@example.com", NEW).await["userErrors"], json!([]));
}

#[tokio::test]
async fn of_many_who_remove_one_account_at_once_all_hear_that_it_is_gone() {
    let world = seeded().await;
    let bobs = world.rows_of(world.bob()).await;
    let ask = || delete(&world, world.alice(), testing::PASSWORD);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    assert_eq!(a.body["data"], json!({"deleteAccount": {"userErrors": []}}));
    assert_eq!([&b, &c, &d], [&a, &a, &a]);
    assert_eq!((world.count("users").await, world.rows_of(world.bob()).await), (1, bobs));
}
