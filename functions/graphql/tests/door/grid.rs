//! Every operation of the SDL as Alice, as Bob with Alice's ids, as nobody and with tokens that are no good, printed to a
//! committed grid; and every id that a client can send, tried with what is not the asker's. A root field or an id that
//! is added to the schema is asked for here by itself, and stops the test where its value is not known.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testing::now;
use uuid::Uuid;

use api::shape::innermost;

use crate::scene::{Scene, kind, opaque};
use crate::schema::{Extent, Root, implementors, inputs, operation, roots, selection};
use crate::world::World;

/// What Alice sends where; every input that has no other value here.
fn example(field: &str, path: &str) -> Value {
    match (field, path) {
        ("node" | "analysisRequest", "id") => json!("$answered"),
        ("listAnalysisRequests", "after" | "before") => json!("$cursor"),
        ("listAnalysisRequests" | "listProposedActions", "first" | "last") => json!(1),
        ("listAnalysisRequests", "status") => json!(["PROCESSING", "COMPLETED"]),
        ("register", "input.email") => json!("carol@example.com"),
        ("register", "input.password") => json!("a long and quiet password"),
        ("login", "input.email") => json!("$email"),
        ("analysisRequestUpdates", "requestId") => json!("$request"),
        ("login" | "deleteAccount", "input.password") => json!("$password"),
        ("refreshSession" | "logout", "input.refreshToken") => json!("$refresh_token"),
        ("changePassword", "input.currentPassword") => json!("$password"),
        ("changePassword", "input.newPassword") => json!("another long and quiet password"),
        ("submitAnalysisRequest", "input.prompt") => json!("How are sales?"),
        ("submitAnalysisRequest", "input.linkedAccountId") => json!("$account"),
        ("listProposedActions", "after" | "before") => json!("$actions_cursor"),
        ("listProposedActions", "status") => json!(["PROPOSED"]),
        ("listProposedActions", "analysisRequestId") => json!("$answered"),
        ("updatePreferences", "input.preferredLlm") => json!("rules"),
        ("updatePreferences", "input.notificationsEnabled") => json!(false),
        ("updatePreferences", "input.budgetCentsPerAnalysis") => json!(50),
        ("startShopifyOAuth", "input.shopDomain") => json!("fruits.myshopify.com"),
        ("completeShopifyOAuth", "input.query") => json!("code=c&shop=fruits.myshopify.com&state=s"),
        ("unlinkAccount", "input.linkedAccountId") => json!("$account"),
        ("userApprovesAction" | "userRejectsAction", "input.actionId") => json!("$action"),
        ("userUndoesAction", "input.actionId") => json!("$executed"),
        ("userApprovesAction", "input.previewHash") => json!("$hash"),
        ("userRejectsAction", "input.reason") => json!("Pears are fine."),
        ("cancelAnalysisRequest", "input.analysisRequestId") => json!("$request"),
        ("answerClarification", "input.analysisRequestId") => json!("$asked"),
        ("answerClarification", "input.answer") => json!("north.myshopify.com"),
        (_, "input.idempotencyKey") => json!("grid"),
        _ => unreachable!("{field} takes {path}: give it an example in the grid"),
    }
}

/// Whose id stands for a type in `node`.
fn node_of(ty: &str) -> &'static str {
    match ty {
        "User" => "$user",
        "LinkedAccount" => "$account",
        "AnalysisRequest" => "$answered",
        "AgentTask" => "$task",
        "ProposedAction" => "$action",
        _ => unreachable!("{ty} is a Node: give it an id in the grid"),
    }
}

/// Root fields that give who has no token more than a refusal, and may change what is Alice's with what she alone knows.
const OPEN: [&str; 4] = ["me", "register", "login", "refreshSession"];

/// One row of the grid: an operation, and variables in which names stand for ids.
struct Case {
    name: String,
    document: String,
    variables: Value,
}

/// With everything that can be sent, or for queries, whose arguments exclude each other, with each by itself.
fn cases(root: &Root) -> Vec<Case> {
    let (ty, _) = innermost(&root.field.ty);
    if ty == "Node" {
        let of = |ty: &'static str| Case {
            name: format!("{} of {ty}", root.name),
            document: operation(
                root,
                &["id"],
                &format!("{{ __typename id ... on {ty} {} }}", selection(ty, Extent::Everything)),
            ),
            variables: json!({"id": node_of(ty)}),
        };
        return implementors("Node").into_iter().map(of).collect();
    }
    let all = || root.field.arguments.iter();
    let required: Vec<&str> =
        all().filter(|(_, one)| !one.ty.nullable).map(|(name, _)| name.as_str()).collect();
    let mut sets = vec![required.clone()];
    sets.extend(all().filter(|(_, one)| one.ty.nullable).map(|(name, _)| {
        let mut set = required.clone();
        set.push(name);
        set
    }));
    let paged = |set: &[&str]| set.contains(&"first") || set.contains(&"last");
    let case = |set: Vec<&str>| Case {
        name: format!("{}({})", root.name, set.join(", ")),
        document: operation(
            root,
            &set,
            &selection(
                ty,
                if ty.ends_with("Connection") && !paged(&set) {
                    Extent::WithoutLists
                } else {
                    Extent::Everything
                },
            ),
        ),
        variables: variables(root, &set),
    };
    sets.into_iter().map(case).collect()
}

/// Examples for these arguments and everything in them.
pub(crate) fn variables(root: &Root, arguments: &[&str]) -> Value {
    let mut out = json!({});
    for (path, _) in inputs(root) {
        if arguments.contains(&path[0].as_str()) {
            put(&mut out, &path, example(&root.name, &path.join(".")));
        }
    }
    out
}

pub(crate) fn put(value: &mut Value, path: &[String], leaf: Value) {
    match path {
        [] => *value = leaf,
        [first, rest @ ..] => put(&mut value[first.as_str()], rest, leaf),
    }
}

const STRANGERS: usize = 8;

/// Everybody who asks, but Alice herself, who may change what is there and comes last.
fn strangers(world: &World) -> [(&'static str, Option<String>); STRANGERS] {
    let foreign = auth::keys::Keys::derive(b"a signing key of somebody else's");
    let expired = now() - SignedDuration::from_mins(15);
    let open = testing::session(world.alice().user_id());
    let issue = |keys, session, at| {
        let issued = auth::token::issue(keys, world.alice().user_id(), session, at).unwrap();
        Some(format!("Bearer {}", issued.0.expose()))
    };
    let good = world.token(world.alice());
    let (_, claims) = good.split_once('.').unwrap();
    let (claims, signature) = claims.split_once('.').unwrap();
    let encode = |header: &str| BASE64_URL_SAFE_NO_PAD.encode(header);
    let unsigned = encode(r#"{"typ":"at+jwt","alg":"none"}"#);
    let renamed = encode(r#"{"typ":"at+jwt","alg":"HS256","kid":"another"}"#);
    let bearer = |token: String| Some(format!("Bearer {token}"));
    [
        ("bob", bearer(world.token(world.bob()))),
        ("nobody", None),
        ("expired", issue(&world.app.keys, open, expired)),
        ("forged", issue(&foreign, open, now())),
        ("alg none", bearer(format!("{unsigned}.{claims}."))),
        ("another kid", bearer(format!("{renamed}.{claims}.{signature}"))),
        ("cut", bearer(good[..good.len() - 1].to_owned())),
        ("no bearer", Some("Basic YWxpY2U6c2VjcmV0".to_owned())),
    ]
}

/// The answer's status and its bytes.
async fn ask(world: &World, authorization: Option<&str>, document: &str, variables: &Value) -> (u16, String) {
    let body = json!({"query": document, "variables": variables}).to_string();
    let mut headers =
        vec![("content-type", "application/json"), ("accept", "application/graphql-response+json")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    let response = world.send(Method::POST, "/graphql", &headers, body.as_bytes()).await;
    let text = std::str::from_utf8(response.body()).unwrap().to_owned();
    (response.status().as_u16(), text)
}

/// One line for each answer, with everybody who got it, in order of first appearance.
#[derive(Default)]
struct Lines(Vec<(String, Vec<String>)>);

impl Lines {
    fn add(&mut self, who: &str, answer: String) {
        match self.0.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, all)) => all.push(who.to_owned()),
            None => self.0.push((answer, vec![who.to_owned()])),
        }
    }

    fn print(&self) -> String {
        self.0.iter().map(|(answer, who)| format!("{}: {answer}\n", who.join(", "))).collect()
    }
}

/// What everybody is told. Strangers change nothing, unless they are let in; Alice may, at the end.
async fn row(root: &Root, case: &Case, scene: &mut Scene) -> String {
    let open = OPEN.contains(&root.name.as_str());
    let mut before = scene.world.rows_of(scene.world.alice()).await;
    let mut lines = Lines::default();
    for index in 0..STRANGERS {
        let (who, authorization) = &strangers(&scene.world)[index];
        let (status, said) = answer(scene, authorization.as_deref(), case).await;
        let alices = scene.names().filter(|name| !name.starts_with("$bobs")).chain(["Alice"]);
        let shown: Vec<_> = alices.filter(|name| said.contains(name)).collect();
        assert!(open || shown.is_empty(), "{who} {}: {shown:?} in {said}", case.name);
        lines.add(who, format!("{status} {said}"));
        if open && root.keyword != "query" && status == 200 {
            // It was let in: who comes next finds the world as it was.
            *scene = Scene::set().await;
            before = scene.world.rows_of(scene.world.alice()).await;
        } else if authorization.is_none() || *who == "bob" || index == STRANGERS - 1 {
            let after = scene.world.rows_of(scene.world.alice()).await;
            assert_eq!(after, before, "{who} {}: what is Alice's is another", case.name);
        }
    }
    let alice = format!("Bearer {}", scene.world.token(scene.world.alice()));
    let (status, said) = answer(scene, Some(&alice), case).await;
    format!(
        "# {}\n{}\n{}\nalice: {status} {said}\n{}",
        case.name,
        case.document,
        case.variables,
        lines.print()
    )
}

async fn answer(scene: &Scene, authorization: Option<&str>, case: &Case) -> (u16, String) {
    let (status, text) = ask(&scene.world, authorization, &case.document, &scene.fill(&case.variables)).await;
    (status, scene.hide(&serde_json::from_str(&text).unwrap()))
}

#[tokio::test]
async fn every_operation_as_everybody() {
    let mut scene = Scene::set().await;
    for root in roots() {
        let mut grid = String::new();
        for case in cases(&root) {
            if root.keyword == "mutation" {
                scene = Scene::set().await;
            }
            grid += &row(&root, &case, &mut scene).await;
        }
        insta::assert_snapshot!(format!("{} {}", root.keyword, root.name).replace(' ', "_"), grid);
    }
}

/// What is not an id at all.
fn garbage() -> Vec<String> {
    let id = Uuid::now_v7().to_string();
    let mut texts: Vec<_> =
        ["", "0", "not an id", "null", "💥", "\u{202e}", "' or 1=1 --", "..", "AAAA", "a\0b"]
            .map(str::to_owned)
            .into();
    texts.extend([id.clone(), format!("analysis_request:{id}"), opaque("analysis_request", "")]);
    texts.extend([opaque("analysis_request", "1"), opaque("", &id), opaque("shop", &id), "A".repeat(10_000)]);
    texts.push(format!("{}=", opaque("analysis_request", &id)));
    texts
}

/// Everything that is not the asker's, in the place of one id, with what it is.
fn others(scene: &Scene, example: &str, bob_asks: bool) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let own = kind(scene.of(example));
    let known = |bobs: bool| scene.ids(bobs).map(|(_, id)| id.to_owned()).collect::<Vec<_>>();
    if let Some(kind) = &own {
        out.push(("unknown", opaque(kind, &Uuid::now_v7().to_string())));
        out.push(("unknown", opaque(kind, &Uuid::nil().to_string())));
    }
    let foreign = if bob_asks { scene.of(example).to_owned() } else { known(true).remove(0) };
    out.push(("foreign", foreign));
    for id in known(true).into_iter().chain(known(false)) {
        if kind(&id) != own {
            out.push(("another kind", id));
        }
    }
    out.extend(garbage().into_iter().map(|text| ("garbage", text)));
    out
}

/// The ids, and the cursors, which are the same to a list.
fn named(root: &Root) -> Vec<Vec<String>> {
    let is_named = |(path, ty): &(Vec<String>, &str)| {
        *ty == "ID" || ["after", "before"].contains(&path[path.len() - 1].as_str())
    };
    inputs(root).into_iter().filter(is_named).map(|(path, _)| path).collect()
}

#[tokio::test]
async fn what_is_not_yours_is_byte_for_byte_what_is_not_there() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let before = [world.rows_of(world.alice()).await, world.rows_of(world.bob()).await];
    let askers = [(true, world.token(world.bob())), (false, world.token(world.alice()))];
    let mut table = String::new();
    for root in roots() {
        let (ty, _) = innermost(&root.field.ty);
        for path in named(&root) {
            let dotted = path.join(".");
            let arguments: Vec<&str> = root
                .field
                .arguments
                .iter()
                .filter(|(name, one)| !one.ty.nullable || **name == path[0])
                .map(|(name, _)| name.as_str())
                .collect();
            let document = operation(&root, &arguments, &selection(ty, Extent::WithoutLists));
            let example = example(&root.name, &dotted);
            let mut answers: BTreeMap<(u16, String), Vec<String>> = BTreeMap::new();
            for (bob_asks, token) in &askers {
                for (what, id) in others(&scene, example.as_str().unwrap(), *bob_asks) {
                    // Anything of hers is a node to Alice.
                    if root.name == "node" && scene.ids(*bob_asks).any(|(_, own)| own == id) {
                        continue;
                    }
                    let mut variables = scene.fill(&variables(&root, &arguments));
                    put(&mut variables, &path, json!(id));
                    let token = format!("Bearer {token}");
                    let answer = ask(world, Some(&token), &document, &variables).await;
                    answers.entry(answer).or_default().push(what.to_owned());
                }
            }
            let tried: Vec<_> = answers.values().map(Vec::len).collect();
            assert_eq!(answers.len(), 1, "{} {dotted}: {answers:?}", root.name);
            assert!(tried[0] > 30, "{tried:?}");
            let (status, said) = answers.pop_first().unwrap().0;
            table += &format!("{} {dotted}: {status} {said}\n", root.name);
        }
    }
    assert_eq!([world.rows_of(world.alice()).await, world.rows_of(world.bob()).await], before);
    insta::assert_snapshot!(table);
}
