//! Ten thousand random requests along the schema, whole and broken, as both tenants and as nobody: none may end in a
//! fault of ours, none may be answered with anything but JSON that says its code, none may show what is another's.
//!
//! `ALATAR_FUZZ_SEED` and `ALATAR_FUZZ_REQUESTS` choose other requests and more of them. The requests follow from the
//! seed, but for the ids in them.

mod documents;
pub(crate) mod hostile;
mod requests;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::{StreamExt, stream};
use http::Response;
use jiff::SignedDuration;
use lambda_http::Body;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use testing::now;

use crate::scene::Scene;
use crate::schema::roots;
use requests::{Generator, Request};
use values::Known;

const SEED: u64 = 20_261_123;
const REQUESTS: u64 = 10_000;
/// Asked at the same time.
const ABREAST: usize = 8;

/// What stands in answers to one tenant and to nobody else. The generator sends none of it.
const ALICES: [&str; 4] =
    ["alice@example.com", "alice.myshopify.com", "How were Alice's sales?", "Alice's pears"];
const BOBS: [&str; 3] = ["bob@example.com", "bob.myshopify.com", "How were Bob's sales?"];

#[expect(clippy::disallowed_methods, reason = "switches of this test, not settings of the product")]
fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

fn generator<'g>(scene: &Scene, tokens: &'g [String], bad_tokens: &'g [String]) -> Generator<'g> {
    let ids = scene.ids(false).chain(scene.ids(true)).map(|(_, id)| id.to_owned()).collect();
    let cursors =
        ["$cursor", "$actions_cursor", "$bobs_cursor"].map(|name| scene.of(name).to_owned()).to_vec();
    Generator { known: Known { ids, cursors }, roots: roots(), tokens, bad_tokens }
}

fn bad_tokens(scene: &Scene) -> Vec<String> {
    let (world, user) = (&scene.world, scene.world.alice().user_id());
    let old = now() - SignedDuration::from_mins(15);
    let old = auth::token::issue(&world.app.keys, user, testing::session(user), old).unwrap();
    let old = old.0.expose().to_owned();
    let good = world.token(world.alice());
    let claims = good.split('.').nth(1).unwrap();
    let unsigned = BASE64_URL_SAFE_NO_PAD.encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    vec![
        old,
        format!("{unsigned}.{claims}."),
        good.replace('.', ""),
        ".".repeat(3),
        "x".repeat(5_000),
        String::new(),
    ]
}

/// What an answer came to: its code, or `data`.
fn judge(request: &Request, response: &Response<Body>, tokens: &[String]) -> Result<Vec<String>, String> {
    let status = response.status().as_u16();
    if ![200, 204, 400, 401, 405, 406, 413, 415].contains(&status) {
        return Err(format!("status {status}"));
    }
    let text = std::str::from_utf8(response.body()).map_err(|error| error.to_string())?;
    let sent = |token: &String| {
        request
            .headers
            .iter()
            .any(|(_, value)| value.to_str().is_ok_and(|value| value.contains(token.as_str())))
    };
    for (token, texts) in [(&tokens[0], &ALICES[..]), (&tokens[1], &BOBS[..])] {
        if let Some(found) = texts.iter().find(|found| !sent(token) && text.contains(**found)) {
            return Err(format!("it shows {found:?}"));
        }
    }
    let body: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    if body.get("data").is_none() && errors.is_empty() {
        return Err("neither data nor errors".to_owned());
    }
    let codes = errors.iter().map(|error| {
        let code = error["extensions"]["code"].as_str().filter(|_| error["message"].is_string());
        code.map(str::to_owned).ok_or_else(|| format!("an error without a code: {error}"))
    });
    let mut codes = codes.collect::<Result<Vec<_>, _>>()?;
    if codes.iter().any(|code| ["INTERNAL_SERVER_ERROR", "UNAVAILABLE"].contains(&code.as_str())) {
        return Err(format!("a fault: {codes:?}"));
    }
    if errors.is_empty() {
        codes.push("data".to_owned());
    }
    Ok(codes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_asked_ends_in_a_fault_or_shows_what_is_anothers() {
    let (seed, count) = (number("ALATAR_FUZZ_SEED", SEED), number("ALATAR_FUZZ_REQUESTS", REQUESTS));
    println!("ALATAR_FUZZ_SEED={seed} ALATAR_FUZZ_REQUESTS={count}");
    let scene = Scene::set().await;
    let world = &scene.world;
    let tokens = [world.token(world.alice()), world.token(world.bob())];
    let bad_tokens = bad_tokens(&scene);
    let generator = generator(&scene, &tokens, &bad_tokens);
    let (mut wrong, mut outcomes, mut answered) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
    let mut answers = stream::iter(0..count)
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            let request = generator.request(&mut rng);
            async move {
                let response = graphql::handle(&world.app, request.build()).await;
                (number, request, response)
            }
        })
        .buffer_unordered(ABREAST);
    while let Some((number, request, response)) = answers.next().await {
        match judge(&request, &response, &tokens) {
            Err(why) => {
                let said = String::from_utf8_lossy(response.body()).chars().take(2_000).collect::<String>();
                let body = String::from_utf8_lossy(&request.body).chars().take(4_000).collect::<String>();
                wrong.push(format!(
                    "request {number}: {why}\n{} {} {:?}\n{body}\n-> {said}\n",
                    request.method, request.uri, request.headers
                ));
            }
            Ok(codes) => {
                if codes == ["data"] {
                    answered.extend(request.roots);
                }
                for code in codes {
                    *outcomes.entry((request.kind, code)).or_insert(0_u64) += 1;
                }
            }
        }
        assert!(wrong.len() < 10, "{}", wrong.join("\n"));
    }
    println!("{outcomes:#?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // A run that asked for nothing, or was refused everywhere, proves nothing.
    let all: BTreeSet<_> =
        roots().into_iter().filter(|root| root.keyword != "subscription").map(|root| root.name).collect();
    assert!(count < REQUESTS || answered == all, "never answered: {:?}", all.difference(&answered));
    let whole = outcomes.get(&("whole", "data".to_owned())).copied().unwrap_or_default();
    assert!(whole * 5 > count, "{whole} of {count} were whole and answered");
    let health = world.send(http::Method::GET, "/health", &[], b"").await;
    assert_eq!(crate::world::heard(&health).body["status"], json!("ok"));
}
