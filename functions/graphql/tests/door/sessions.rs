//! Opening an account and a session.

use serde_json::{Value, json};

use crate::world::World;

pub(crate) const PASSWORD: &str = "a long and quiet password";

pub(crate) async fn session(world: &World, mutation: &str, email: &str, password: &str) -> Value {
    let input = if mutation == "register" { "RegisterInput" } else { "LoginInput" };
    let document = format!(
        "mutation ($input: {input}!) {{ {mutation}(input: $input) {{ accessToken refreshToken expiresAt user {{ email }} userErrors {{ code field message }} }} }}"
    );
    let found = world.ask(None, &document, json!({"input": {"email": email, "password": password}})).await;
    assert_eq!(found.status, 200, "{}", found.body);
    found.body["data"][mutation].clone()
}

pub(crate) fn refused(code: &str, field: Value, message: &str) -> Value {
    json!({
        "accessToken": null, "refreshToken": null, "expiresAt": null, "user": null,
        "userErrors": [{"code": code, "field": field, "message": message}],
    })
}

#[tokio::test]
async fn an_account_is_opened_and_its_token_speaks_for_it() {
    let world = World::new().await;
    let mut opened = session(&world, "register", "Carol@Example.com", PASSWORD).await;
    let registered = opened["accessToken"].take();
    let first = opened["refreshToken"].take();
    let expected = json!({
        "accessToken": null, "refreshToken": null, "expiresAt": "2026-11-23T12:15:00Z",
        "user": {"email": "carol@example.com"}, "userErrors": [],
    });
    assert_eq!(opened, expected);
    let mut logged_in = session(&world, "login", " carol@EXAMPLE.com", PASSWORD).await;
    let token = logged_in["accessToken"].take();
    let second = logged_in["refreshToken"].take();
    assert_eq!(logged_in, expected);
    assert!(first != second && [&first, &second].iter().all(|token| token.as_str().unwrap().len() == 96));
    for token in [registered, token] {
        let authorization = format!("Bearer {}", token.as_str().unwrap());
        let me = world
            .post(Some(&authorization), &json!({"query": "{ me { email linkedAccounts { id } } }"}))
            .await;
        assert_eq!(me.body["data"], json!({"me": {"email": "carol@example.com", "linkedAccounts": []}}));
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_its_field() {
    let world = World::new().await;
    session(&world, "register", "carol@example.com", PASSWORD).await;
    let long = format!("{}@example.com", "a".repeat(254));
    let cases = [
        ("carol@example.com", PASSWORD.to_owned(), "email", "This e-mail address is taken. Log in instead."),
        ("CAROL@example.COM", PASSWORD.to_owned(), "email", "This e-mail address is taken. Log in instead."),
        ("carol", PASSWORD.to_owned(), "email", "This is not an e-mail address of at most 254 bytes."),
        (&long, PASSWORD.to_owned(), "email", "This is not an e-mail address of at most 254 bytes."),
        ("dave@example.com", "short".to_owned(), "password", "A password has at least 12 characters."),
        ("dave@example.com", "äöü".repeat(400), "password", "A password has at most 1024 bytes."),
        (
            "dave@example.com",
            format!("{PASSWORD}\0"),
            "password",
            "A password cannot contain the NUL character.",
        ),
    ];
    for (email, password, field, message) in cases {
        let found = session(&world, "register", email, &password).await;
        assert_eq!(found, refused("INVALID_INPUT", json!([field]), message), "{email}");
    }
    let both = session(&world, "register", "", "").await;
    let fields: Vec<_> =
        both["userErrors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    assert_eq!(fields, [json!(["email"]), json!(["password"])]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_one_answer_at_one_cost() {
    let world = World::new().await;
    session(&world, "register", "carol@example.com", PASSWORD).await;
    let expected =
        refused("AUTHENTICATION_REQUIRED", json!(null), "The e-mail address or the password is wrong.");
    for email in ["carol@example.com", "nobody@example.com", "not an address", "a\0b@example.com"] {
        let before = world.app.hasher.computed();
        assert_eq!(session(&world, "login", email, "another quiet password").await, expected, "{email}");
        // Without its hash an unknown address would answer many times sooner.
        assert_eq!(world.app.hasher.computed() - before, 1, "{email}");
    }
}

#[tokio::test]
async fn a_token_whose_session_has_ended_is_as_good_as_a_forged_one() {
    let world = World::new().await;
    let end = "update sessions set ended_at = now(), end_reason = 'logged_out' where user_id = $1";
    let owner = world.db.as_ref().unwrap().owner().await;
    owner.execute(end, &[&world.alice().user_id().uuid()]).await.unwrap();
    let refused = json!({"errors": [{"extensions": {"code": "UNAUTHENTICATED"},
        "message": "The access token is not valid or has expired."}]});
    let submit = "mutation { submitAnalysisRequest(input: {prompt: \"How?\"}) { userErrors { code } } }";
    let (node, request) = ("{ node(id: \"garbage\") { id } }", "{ analysisRequest(id: \"\") { id } }");
    let queries = ["{ me { email } }", "{ __typename me { email } }", "{ metrics { name } }", node, request];
    for document in queries.into_iter().chain([submit]) {
        let found = world.ask(Some(world.alice()), document, json!({})).await;
        assert_eq!((found.status, found.body), (401, refused.clone()), "{document}");
        let found = world.ask(Some(world.bob()), document, json!({})).await;
        assert_eq!((found.status, found.body.get("errors")), (200, None), "{document}");
    }
}
