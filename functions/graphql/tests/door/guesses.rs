//! Who guesses passwords, and who makes accounts by the dozen: each limit at its bound and one past it.

use std::net::IpAddr;

use domain::clock::Clock;
use http::Request;
use jiff::SignedDuration;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use serde_json::{Value, json};

use crate::sessions::{refused, session};
use crate::world::{World, heard};

const WRONG: &str = "a wrong but long password";

fn wrong() -> Value {
    refused("AUTHENTICATION_REQUIRED", json!(null), "The e-mail address or the password is wrong.")
}

fn too_many(what: &str, seconds: u32) -> Value {
    refused("RATE_LIMIT_EXCEEDED", json!(null), &format!("{what} Try again in {seconds} seconds."))
}

fn locked(seconds: u32) -> Value {
    too_many("Too many failed log-ins.", seconds)
}

fn later(world: &mut World, seconds: i64) {
    world.app.clock = Clock::Fixed(testing::now() + SignedDuration::from_secs(seconds));
}

/// A log-in or a registration from an address, which the client says is another one.
async fn from(world: &World, address: &str, mutation: &str, email: &str, password: &str) -> Value {
    let input = if mutation == "register" { "RegisterInput" } else { "LoginInput" };
    let document = format!(
        "mutation ($input: {input}!) {{ {mutation}(input: $input) {{ accessToken refreshToken expiresAt user {{ email }} userErrors {{ code field message }} }} }}"
    );
    let variables = json!({"input": {"email": email, "password": password}});
    let body = json!({"query": document, "variables": variables}).to_string();
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.http.source_ip = Some(address.parse::<IpAddr>().unwrap().to_string());
    let said = domain::ids::MessageId::new().to_string();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("x-forwarded-for", format!("198.51.100.{}, {said}", said.len()))
        .header("forwarded", format!("for={said}"))
        .body(Body::Text(body))
        .unwrap()
        .with_request_context(RequestContext::ApiGatewayV2(context));
    heard(&graphql::handle(&world.app, request).await).body["data"][mutation].clone()
}

#[tokio::test]
async fn after_ten_failures_an_account_is_locked_whether_it_exists_or_not() {
    let mut world = World::new().await;
    // Alice's, and nobody's: the same answers at the same costs, to the right password as well.
    for email in ["alice@example.com", "nobody@example.com"] {
        later(&mut world, 0);
        let before = world.app.hasher.computed();
        for _ in 0..10 {
            assert_eq!(session(&world, "login", email, WRONG).await, wrong(), "{email}");
        }
        later(&mut world, 60);
        for password in [WRONG, testing::PASSWORD] {
            assert_eq!(session(&world, "login", email, password).await, locked(840), "{email}");
        }
        assert_eq!(world.app.hasher.computed() - before, 10, "{email}: what is refused costs no hash");
        assert_eq!(session(&world, "login", &email.to_uppercase(), WRONG).await, locked(840), "{email}");
    }
    assert_eq!(session(&world, "login", "bob@example.com", testing::PASSWORD).await["userErrors"], json!([]));
    later(&mut world, 900);
    assert_eq!(session(&world, "login", "nobody@example.com", testing::PASSWORD).await, wrong());
    assert_eq!(
        session(&world, "login", "alice@example.com", testing::PASSWORD).await["userErrors"],
        json!([])
    );
}

#[tokio::test]
async fn the_window_slides_and_successes_do_not_count() {
    let mut world = World::with(&[("ALATAR_RATE_LIMITS", "failed_logins_per_account=2")]).await;
    let log_in =
        async |world: &World, password: &str| session(world, "login", "alice@example.com", password).await;
    assert_eq!(log_in(&world, WRONG).await, wrong());
    for _ in 0..3 {
        assert_eq!(log_in(&world, testing::PASSWORD).await["userErrors"], json!([]));
    }
    later(&mut world, 600);
    assert_eq!(log_in(&world, WRONG).await, wrong());
    assert_eq!(log_in(&world, testing::PASSWORD).await, locked(300));
    // The first failure has left the window, the second has not.
    later(&mut world, 900);
    assert_eq!(log_in(&world, WRONG).await, wrong());
    assert_eq!(log_in(&world, WRONG).await, locked(600));
}

#[tokio::test]
async fn guesses_at_the_same_moment_in_two_processes_are_counted_together() {
    let settings = [("ALATAR_RATE_LIMITS", "failed_logins_per_account=3")];
    let world = World::with(&settings).await;
    let another = world.another(&settings);
    let guess = async |world: &World| session(world, "login", "alice@example.com", WRONG).await;
    let (one, two) =
        tokio::join!(async { (guess(&world).await, guess(&world).await, guess(&world).await) }, async {
            (guess(&another).await, guess(&another).await, guess(&another).await)
        },);
    let answers = [one.0, one.1, one.2, two.0, two.1, two.2];
    assert_eq!(answers.iter().filter(|answer| **answer == wrong()).count(), 3, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == locked(900)).count(), 3, "{answers:?}");
    let right = session(&another, "login", "alice@example.com", testing::PASSWORD).await;
    assert_eq!(right, locked(900));
}

#[tokio::test]
async fn many_guesses_at_once_learn_no_more_than_one_after_the_other() {
    let world = World::with(&[("ALATAR_RATE_LIMITS", "failed_logins_per_account=2")]).await;
    let guess = || session(&world, "login", "alice@example.com", WRONG);
    let (a, b, c, d, e) = tokio::join!(guess(), guess(), guess(), guess(), guess());
    let told = [a, b, c, d, e].iter().filter(|answer| **answer == wrong()).count();
    assert_eq!(told, 2);
}

#[tokio::test]
async fn an_address_is_counted_over_all_accounts_and_cannot_be_made_up() {
    let world = World::with(&[("ALATAR_RATE_LIMITS", "failed_logins_per_address=3")]).await;
    for email in ["alice@example.com", "nobody@example.com", "not an address"] {
        assert_eq!(from(&world, "203.0.113.17", "login", email, WRONG).await, wrong(), "{email}");
    }
    for address in ["203.0.113.17", "::ffff:203.0.113.17"] {
        let found = from(&world, address, "login", "bob@example.com", testing::PASSWORD).await;
        assert_eq!(found, locked(900), "{address}");
    }
    let found = from(&world, "203.0.113.18", "login", "bob@example.com", testing::PASSWORD).await;
    assert_eq!(found["userErrors"], json!([]), "another address is not held back");
}

#[tokio::test]
async fn an_address_registers_so_often_and_tries_as_often_whether_one_is_taken() {
    let mut world = World::with(&[("ALATAR_RATE_LIMITS", "registrations_per_address=3")]).await;
    let register = async |world: &World, address: &str, email: &str| {
        from(world, address, "register", email, "a long and quiet password").await["userErrors"].clone()
    };
    for (email, errors) in [("carol@example.com", 0), ("alice@example.com", 1), ("dave@example.com", 0)] {
        let before = world.app.hasher.computed();
        let found = register(&world, "203.0.113.17", email).await;
        assert_eq!(found.as_array().unwrap().len(), errors, "{email}: {found}");
        assert_eq!(world.app.hasher.computed() - before, 1, "{email}");
    }
    let expected = too_many("Too many registrations.", 900)["userErrors"].clone();
    for email in ["erin@example.com", "alice@example.com"] {
        assert_eq!(register(&world, "203.0.113.17", email).await, expected, "{email}");
    }
    assert_eq!(register(&world, "2001:db8::1", "erin@example.com").await, json!([]));
    assert_eq!(world.count("users").await, 5);
    later(&mut world, 900);
    assert_eq!(register(&world, "203.0.113.17", "frank@example.com").await, json!([]));
}

#[tokio::test]
async fn a_token_alone_guesses_no_password_either() {
    let world = World::with(&[("ALATAR_RATE_LIMITS", "failed_logins_per_account=2")]).await;
    let delete = async |tenant, password: &str| {
        let document =
            "mutation ($p: String!) { deleteAccount(input: {password: $p}) { userErrors { code message } } }";
        let found = world.ask(Some(tenant), document, json!({"p": password})).await;
        found.body["data"]["deleteAccount"]["userErrors"][0].clone()
    };
    let held = json!({"code": "RATE_LIMIT_EXCEEDED", "message": "Too many wrong passwords. Try again in 900 seconds."});
    for _ in 0..2 {
        assert_eq!(delete(world.alice(), WRONG).await["code"], "AUTHENTICATION_REQUIRED");
    }
    for password in [WRONG, testing::PASSWORD] {
        assert_eq!(delete(world.alice(), password).await, held);
    }
    assert_eq!(delete(world.bob(), WRONG).await["code"], "AUTHENTICATION_REQUIRED");
    // A stranger who guesses at log-in does not stand in the way of whoever is logged in, nor the other way round.
    assert_eq!(
        session(&world, "login", "alice@example.com", testing::PASSWORD).await["userErrors"],
        json!([])
    );
}

#[tokio::test]
async fn limits_are_changed_or_switched_off() {
    let off = World::with(&[("ALATAR_RATE_LIMITS", "off")]).await;
    for _ in 0..11 {
        assert_eq!(session(&off, "login", "alice@example.com", WRONG).await, wrong());
    }
    assert_eq!(session(&off, "login", "alice@example.com", testing::PASSWORD).await["userErrors"], json!([]));
    assert_eq!(off.count("app.attempts").await, 0);
}

#[tokio::test]
async fn what_counts_no_more_is_forgotten() {
    let mut world = World::new().await;
    for (index, email) in ["a@example.com", "b@example.com", "c@example.com"].into_iter().enumerate() {
        let address = format!("203.0.113.{index}");
        assert_eq!(from(&world, &address, "login", email, WRONG).await, wrong());
    }
    assert_eq!(world.count("app.attempts").await, 6);
    later(&mut world, 900);
    assert_eq!(from(&world, "203.0.113.0", "login", "a@example.com", WRONG).await, wrong());
    assert_eq!(world.count("app.attempts").await, 2, "the two that were counted anew");
    assert_eq!(world.count("app.attempts where cardinality(times) <> 1").await, 0);
}

/// Every row of every table, as text.
async fn everything(world: &World) -> Vec<(String, String)> {
    let owner = world.db.as_ref().unwrap().owner().await;
    let tables = "select c.oid::regclass::text from pg_class c
        where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)";
    let mut rows = Vec::new();
    for table in owner.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let texts = owner.query(&format!("select t::text from {table} t"), &[]).await.unwrap();
        rows.extend(texts.iter().map(|row| (table.clone(), row.get(0))));
    }
    rows
}

#[tokio::test]
async fn no_row_holds_a_token_a_password_or_an_address_in_clear() {
    let world = World::new().await;
    let address = "203.0.113.17";
    let opened = from(&world, address, "register", "carol@example.com", "a long and quiet password").await;
    assert_eq!(from(&world, address, "login", "carol@example.com", WRONG).await, wrong());
    assert_eq!(from(&world, address, "login", "nobody@example.com", WRONG).await, wrong());
    let access = opened["accessToken"].as_str().unwrap();
    let refresh = opened["refreshToken"].as_str().unwrap();
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let secrets = [access, refresh, "a long and quiet password", WRONG, address, "nobody@example.com"];
    let rows = everything(&world).await;
    assert!(rows.iter().any(|(table, _)| table == "app.attempts"));
    for (table, row) in &rows {
        for secret in secrets {
            assert!(!row.contains(secret) && !row.contains(&hex(secret)), "{table} holds {secret}: {row}");
        }
        assert!(table == "users" || !row.contains("carol@example.com"), "{table}: {row}");
    }
}
