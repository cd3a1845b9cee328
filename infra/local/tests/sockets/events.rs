//! What is API Gateway's own: its handshake, its last event, connections that are gone, and what it cannot do.

use domain::status::AnalysisRequestStatus as Status;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{Door, World, complete, state, watch};

const CONNECT: &str = include_str!("../../../../events/websocket/connect.json");
const MESSAGE: &str = include_str!("../../../../events/websocket/message.json");
const DISCONNECT: &str = include_str!("../../../../events/websocket/disconnect.json");
const SCHEDULE: &str = include_str!("../../../../events/websocket/schedule.json");

fn event(text: &str, socket: &str) -> Value {
    let mut event: Value = serde_json::from_str(text).unwrap();
    event["requestContext"]["connectionId"] = json!(socket);
    event
}

pub(crate) fn message(socket: &str, body: &str, base64: bool) -> Value {
    let mut event = event(MESSAGE, socket);
    event["body"] = json!(body);
    event["isBase64Encoded"] = json!(base64);
    event
}

/// The last event of a connection.
pub(crate) fn left(socket: &str) -> Value {
    event(DISCONNECT, socket)
}

async fn handle(world: &World, event: Value) -> Value {
    websocket::handle(&world.app, &*world.wire, event).await.unwrap()
}

/// A connection that API Gateway holds.
pub(crate) async fn opened(world: &World, socket: &str) {
    let answer = handle(world, event(CONNECT, socket)).await;
    assert_eq!(answer["statusCode"], 200);
    assert_eq!(answer["headers"]["sec-websocket-protocol"], "graphql-transport-ws");
}

async fn say(world: &World, socket: &str, text: &str) {
    assert_eq!(handle(world, message(socket, text, false)).await["statusCode"], 200);
}

#[tokio::test]
async fn a_handshake_that_is_not_ours_is_refused_before_there_is_a_socket() {
    let world = World::new(Door::Gateway).await;
    let with = |name: &str, value: Value| {
        let mut event = event(CONNECT, "refused");
        event["multiValueHeaders"][name] = value;
        event
    };
    let other = handle(&world, with("Sec-WebSocket-Protocol", json!(["graphql-ws"]))).await;
    assert_eq!(other["statusCode"], 400);
    let foreign = handle(&world, with("Origin", json!(["https://evil.example.com"]))).await;
    assert_eq!(foreign["statusCode"], 403);
    assert_eq!(world.count("app.sockets").await, 0);
}

#[tokio::test]
async fn an_unknown_connection_and_an_unknown_event_do_no_harm() {
    let world = World::new(Door::Gateway).await;
    say(&world, "unknown", r#"{"type":"ping"}"#).await;
    assert!(world.wire.is_deleted("unknown") && world.wire.sent("unknown").is_empty());
    let mut strange = event(MESSAGE, "strange");
    strange["requestContext"]["eventType"] = json!("STRANGE");
    assert_eq!(handle(&world, strange).await["statusCode"], 400);
}

#[tokio::test]
async fn a_connection_that_is_gone_is_forgotten_by_its_event_and_by_a_push() {
    let world = World::new(Door::Gateway).await;
    let alice = world.db.alice;
    let request = world.ask(alice).await;
    for socket in ["leaves", "is-lost", "stays"] {
        opened(&world, socket).await;
        say(&world, socket, &world.init(alice)).await;
        say(&world, socket, &watch("w", request)).await;
        assert_eq!(world.wire.sent(socket).len(), 2, "acknowledged, and told the present state");
    }
    assert_eq!((world.count("app.sockets").await, world.count("subscriptions").await), (3, 3));
    handle(&world, left("leaves")).await;
    assert_eq!((world.count("app.sockets").await, world.count("subscriptions").await), (2, 2));
    world.wire.lose("is-lost");
    world.told(alice, request, Status::Processing, 0.5).await;
    assert_eq!((world.count("app.sockets").await, world.count("subscriptions").await), (1, 1));
    assert_eq!(world.wire.sent("stays").last(), Some(&state("w", "PROCESSING", 0.5)));
    world.told(alice, request, Status::Failed, 1.0).await;
    let sent = world.wire.sent("stays");
    assert_eq!(sent[sent.len() - 2..], [state("w", "FAILED", 1.0), complete("w")]);
    assert_eq!((world.count("app.sockets").await, world.count("subscriptions").await), (1, 0));
}

#[tokio::test]
async fn the_schedule_keeps_lines_open_and_takes_up_what_a_sender_left() {
    let world = World::new(Door::Gateway).await;
    let alice = world.db.alice;
    let request = world.ask(alice).await;
    opened(&world, "silent").await;
    say(&world, "silent", &world.init(alice)).await;
    say(&world, "silent", &watch("w", request)).await;
    let sweep = async |by: SignedDuration| {
        let schedule = serde_json::from_str(SCHEDULE).unwrap();
        websocket::handle(&world.later(by), &*world.wire, schedule).await.unwrap();
    };
    sweep(SignedDuration::from_mins(7)).await;
    assert_eq!(world.wire.sent("silent").len(), 2, "not silent for long enough");
    sweep(SignedDuration::from_mins(9)).await;
    assert_eq!(world.wire.sent("silent").last(), Some(&json!({"type": "ping"})));
    // A sender took the subscription and died; the message that it worked on is not lost to the client.
    let take = "update subscriptions set sender = gen_random_uuid(), sender_until = $1";
    world.owner.execute(take, &[&(testing::now() + SignedDuration::from_secs(30))]).await.unwrap();
    world.told(alice, request, Status::Processing, 0.5).await;
    assert_eq!(world.wire.sent("silent").len(), 3, "another one is sending");
    sweep(SignedDuration::from_mins(1)).await;
    assert_eq!(world.wire.sent("silent").last(), Some(&state("w", "PROCESSING", 0.5)));
}
