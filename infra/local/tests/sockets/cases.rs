//! One table of cases, driven twice: by bare frames over TCP, and by events of API Gateway. What either client hears, and
//! how it ends, is compared whole.

use domain::ids::AnalysisRequestId;
use domain::status::AnalysisRequestStatus as Status;
use jiff::SignedDuration;
use serde_json::{Value, json};
use websocket::wire::Wire;

use crate::events::{left, message, opened};
use crate::raw::{BINARY, Frame, PING, Raw};
use crate::world::{Door, World, init, subscribe, watch};

/// What happens in a case, to a socket of Alice's.
#[derive(Clone, Debug)]
enum Act {
    Say(String),
    /// Watches the question under this id.
    SayOf(String),
    Binary,
    /// The question moves, and everybody is told.
    Turn(Status, f64),
    /// So much time passes.
    Wait(SignedDuration),
    /// Alice's session ends.
    LogOut,
    /// So many other sockets of hers are let in.
    Others(usize),
}

/// What a client hears.
#[derive(Clone, Debug, PartialEq)]
struct Heard {
    messages: Vec<Value>,
    close: Option<(u16, String)>,
}

fn say(text: impl Into<String>) -> Act {
    Act::Say(text.into())
}

/// A token of Alice's that ends in a second, and one of nobody's.
const SHORT: &str = "SHORT";
const FORGED: &str = "eyJhbGciOiJub25lIn0.e30.";

fn cases() -> Vec<(&'static str, Vec<Act>)> {
    let hello = || say(init("ALICE"));
    let and = |acts: Vec<Act>| [vec![hello()], acts].concat();
    let query = |id: &str| say(subscribe(id, "{ me { email } }"));
    let end = |id: &str| say(json!({"id": id, "type": "complete"}).to_string());
    let seconds = |seconds| Act::Wait(SignedDuration::from_secs(seconds));
    let mut cases = vec![
        ("a query", and(vec![query("1"), query("1")])),
        (
            "ping and pong",
            vec![
                say(r#"{"type":"ping"}"#),
                hello(),
                say(r#"{"type":"ping","payload":{"a":1}}"#),
                say(r#"{"type":"pong"}"#),
            ],
        ),
        (
            "a mutation",
            and(vec![say(subscribe(
                "m",
                "mutation { updatePreferences(input: {notificationsEnabled: false}) { preferences { notificationsEnabled } userErrors { code } } }",
            ))]),
        ),
        ("a document that does not parse", and(vec![say(subscribe("1", "{ me {")), query("1")])),
        ("an unknown field", and(vec![say(subscribe("1", "{ you { id } }"))])),
        (
            "a variable that is missing",
            and(vec![say(subscribe("1", "query Q($id: ID!) { node(id: $id) { id } }"))]),
        ),
        ("too deep", and(vec![say(subscribe("1", &format!("{}id{}", "{ me ".repeat(12), "}".repeat(12))))])),
        (
            "too costly",
            and(vec![say(subscribe(
                "1",
                "{ listAnalysisRequests(first: 100) { edges { node { tasks { id } plan { id } linkedAccount { id } result { figures { id } } } } } }",
            ))]),
        ),
        (
            "two roots",
            and(vec![say(subscribe(
                "1",
                "subscription { a: analysisRequestUpdates(requestId: \"x\") { id } b: analysisRequestUpdates(requestId: \"x\") { id } }",
            ))]),
        ),
        (
            "no such question",
            and(vec![
                Act::Say(watch("1", AnalysisRequestId::new())),
                say(subscribe("2", "subscription { analysisRequestUpdates(requestId: \"x\") { id } }")),
            ]),
        ),
        (
            "a question from beginning to end",
            and(vec![
                Act::SayOf("w".to_owned()),
                Act::Turn(Status::Processing, 0.25),
                Act::Turn(Status::Processing, 0.5),
                Act::Turn(Status::Failed, 1.0),
                Act::SayOf("w".to_owned()),
            ]),
        ),
        (
            "watching twice",
            and(vec![
                Act::SayOf("v".to_owned()),
                Act::SayOf("w".to_owned()),
                Act::Turn(Status::Processing, 0.25),
            ]),
        ),
        (
            "watching no more",
            and(vec![
                Act::SayOf("w".to_owned()),
                end("w"),
                Act::Turn(Status::Processing, 0.25),
                Act::SayOf("w".to_owned()),
            ]),
        ),
        ("an end of nothing", and(vec![end("nothing"), query("1")])),
        ("an id in use", and(vec![Act::SayOf("w".to_owned()), query("w")])),
        ("a second init", and(vec![hello()])),
        ("subscribe before init", vec![query("1")]),
        ("no token", vec![say(r#"{"type":"connection_init"}"#)]),
        ("a forged token", vec![say(init(FORGED))]),
        ("not a bearer", vec![say(r#"{"type":"connection_init","payload":{"authorization":"Basic YQ=="}}"#)]),
        ("binary", and(vec![Act::Binary])),
        (
            "too large",
            and(vec![say(format!(
                "{{\"type\":\"ping\",\"payload\":{{\"a\":\"{}\"}}}}",
                "a".repeat(32 * 1024)
            ))]),
        ),
        ("twenty-one operations", and((0..21).map(|i| Act::SayOf(i.to_string())).collect())),
        ("a flood", and(vec![say(r#"{"type":"ping"}"#); 21])),
        ("a sixth socket", vec![Act::Others(5), hello()]),
        ("a fifth socket", vec![Act::Others(4), hello()]),
        ("no init in time", vec![seconds(5)]),
        ("the token ends", vec![say(init(SHORT)), Act::SayOf("w".to_owned()), seconds(1)]),
        ("the session ends", and(vec![Act::SayOf("w".to_owned()), Act::LogOut])),
        ("a session that has ended", vec![Act::LogOut, hello()]),
    ];
    let malformed = [
        "",
        "{",
        "null",
        "[]",
        "1",
        r#""ping""#,
        "{}",
        r#"{"type":1}"#,
        r#"{"type":"next","id":"1"}"#,
        r#"{"type":"connection_ack"}"#,
        r#"{"type":"start","id":"1"}"#,
        r#"{"type":"ping","payload":[]}"#,
        r#"{"type":"ping","type":"pong"}"#,
        r#"{"type":"subscribe","id":1,"payload":{"query":"{a}"}}"#,
        r#"{"type":"subscribe","id":"","payload":{"query":"{a}"}}"#,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#,
        r#"{"type":"complete"}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":1}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","query":"{b}"}}"#,
        r#"{"type":"connection_init","payload":"x"}"#,
    ];
    cases.extend(malformed.map(|text| (text, vec![say(text)])));
    cases
}

/// What an act needs to know of the case it stands in.
struct Scene<'a> {
    world: &'a World,
    request: AnalysisRequestId,
}

impl<'a> Scene<'a> {
    async fn new(world: &'a World) -> Self {
        Self { world, request: world.ask(world.db.alice).await }
    }

    fn text(&self, text: &str) -> String {
        let world = self.world;
        let short = world.token_from(world.db.alice, testing::now() - SignedDuration::from_secs(899));
        text.replace("ALICE", &world.token(world.db.alice)).replace(SHORT, &short)
    }

    /// What both drivers do alike.
    async fn act(&self, act: &Act) {
        let (world, alice) = (self.world, self.world.db.alice);
        match act {
            Act::Turn(status, progress) => world.told(alice, self.request, *status, *progress).await,
            Act::LogOut => {
                let session = testing::session(alice.user_id());
                let end =
                    "update sessions set ended_at = now(), end_reason = 'logged_out' where user_id = $1";
                world.owner.execute(end, &[&alice.user_id().uuid()]).await.unwrap();
                let message = auth::envelope::Message::SessionEnded { session };
                let id = domain::ids::MessageId::new();
                let sent = store::outbox::Outgoing {
                    id,
                    queue: store::outbox::UPDATES.to_owned(),
                    body: auth::envelope::seal(&world.app.keys, &alice, id, &message),
                    available_at: testing::now(),
                    receives: 1,
                };
                world.app.queue.send(vec![sent]).await;
                world.relay.run_until_idle().await;
            }
            Act::Say(_) | Act::SayOf(_) | Act::Binary | Act::Wait(_) | Act::Others(_) => {}
        }
    }
}

/// Through events: every act is over when it returns. Gives also how many messages there were after each.
async fn through_events(world: &World, socket: &str, acts: &[Act]) -> (Heard, Vec<usize>) {
    let scene = Scene::new(world).await;
    opened(world, socket).await;
    let mut counts = Vec::new();
    let mut app = world.app.clone();
    for act in acts {
        let text = match act {
            Act::Say(text) => Some(scene.text(text)),
            Act::SayOf(id) => Some(watch(id, scene.request)),
            Act::Binary => None,
            Act::Wait(by) => {
                app = world.later(*by);
                let schedule =
                    serde_json::from_str(include_str!("../../../../events/websocket/schedule.json"));
                websocket::handle(&app, &*world.wire, schedule.unwrap()).await.unwrap();
                None
            }
            Act::Others(count) => {
                for other in 0..*count {
                    let other = format!("{socket}-{other}");
                    opened(world, &other).await;
                    let hello = message(&other, &world.init(world.db.alice), false);
                    websocket::handle(&app, &*world.wire, hello).await.unwrap();
                }
                None
            }
            Act::Turn(..) | Act::LogOut => None,
        };
        scene.act(act).await;
        let event = match act {
            Act::Binary => Some(message(socket, "AAEC", true)),
            Act::Say(_) | Act::SayOf(_) | Act::Turn(..) | Act::Wait(_) | Act::LogOut | Act::Others(_) => {
                text.map(|text| message(socket, &text, false))
            }
        };
        if let Some(event) = event {
            websocket::handle(&app, &*world.wire, event).await.unwrap();
        }
        counts.push(world.wire.sent(socket).len());
    }
    let mut messages = world.wire.sent(socket);
    let close = world.wire.is_deleted(socket).then(|| {
        let refusal = messages.pop().unwrap();
        assert_eq!((&refusal["type"], &refusal["id"]), (&json!("error"), &json!("connection")));
        let error = &refusal["payload"][0];
        let code = error["extensions"]["closeCode"].as_u64().unwrap();
        (u16::try_from(code).unwrap(), error["message"].as_str().unwrap().to_owned())
    });
    if close.is_some() {
        assert_eq!(world.wire.post(socket, "{}").await, Err(websocket::wire::Refused::Gone));
    }
    for gone in (0..5).map(|other| format!("{socket}-{other}")).chain([socket.to_owned()]) {
        websocket::handle(&world.app, &*world.wire, left(&gone)).await.unwrap();
    }
    assert_eq!((world.count("app.sockets").await, world.count("subscriptions").await), (0, 0));
    (Heard { messages, close }, counts)
}

/// Through frames: after each act as many messages are awaited as the events gave.
async fn through_frames(world: &World, acts: &[Act], counts: &[usize]) -> Heard {
    let scene = Scene::new(world).await;
    let mut raw = Raw::connect(&world.address).await;
    let mut heard = Heard { messages: Vec::new(), close: None };
    let mut others = Vec::new();
    for (act, count) in acts.iter().zip(counts) {
        match act {
            Act::Say(text) => raw.say(&scene.text(text)).await,
            Act::SayOf(id) => raw.say(&watch(id, scene.request)).await,
            Act::Binary => raw.frame(BINARY, &[0, 1, 2]).await,
            Act::Others(count) => {
                for _ in 0..*count {
                    others.push(world.open(world.db.alice).await);
                }
            }
            Act::Turn(..) | Act::Wait(_) | Act::LogOut => {}
        }
        scene.act(act).await;
        while heard.messages.len() < *count && heard.close.is_none() {
            listen(&mut raw, &mut heard).await;
        }
    }
    // Whatever else was on its way is here before this is answered.
    if heard.close.is_none() {
        raw.frame(PING, b"last").await;
        while heard.close.is_none() && listen(&mut raw, &mut heard).await {}
    }
    drop(raw);
    drop(others);
    world.until_nobody_is_left().await;
    heard
}

/// Hears one frame; says whether it was one of the protocol's.
async fn listen(raw: &mut Raw, heard: &mut Heard) -> bool {
    match raw.next().await {
        Frame::Message(message) => heard.messages.push(message),
        Frame::Close(code, reason) => heard.close = Some((code, reason)),
        Frame::Pong => return false,
        Frame::Cut => panic!("cut after {heard:?}"),
    }
    true
}

/// The printed form of a case's outcome: one line a message.
fn printed(name: &str, heard: &Heard) -> String {
    let mut out = format!("{name}\n");
    for message in &heard.messages {
        out.push_str(&format!("  {message}\n"));
    }
    let (code, reason) = heard.close.clone().unwrap_or_default();
    out.push_str(&if code == 0 {
        "  stays open\n".to_owned()
    } else {
        format!("  closed {code} {reason}\n")
    });
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_and_events_lead_to_the_same_decisions() {
    let (mut here, mut gateway) = (World::new(Door::Here).await, World::new(Door::Gateway).await);
    let mut out = String::new();
    for (i, (name, acts)) in cases().iter().enumerate() {
        let (by_events, counts) = through_events(&gateway, &format!("case-{i}"), acts).await;
        let by_frames = through_frames(&here, acts, &counts).await;
        assert_eq!(by_frames, by_events, "{name}");
        out.push_str(&printed(name, &by_frames));
        if acts.iter().any(|act| matches!(act, Act::LogOut)) {
            (here, gateway) = (World::new(Door::Here).await, World::new(Door::Gateway).await);
        }
    }
    assert!(!out.contains("Bearer") && !out.contains(FORGED));
    insta::assert_snapshot!(out);
}
