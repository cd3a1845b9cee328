//! Who watches sees every version, in order, whatever way the messages come; and nobody else does.

use api::sockets::Push;
use api::transport::Output;
use domain::status::AnalysisRequestStatus as Status;
use serde_json::json;

use crate::raw::Frame;
use crate::world::{Door, World, complete, state, subscribe, watch};

#[tokio::test(flavor = "multi_thread")]
async fn every_version_is_seen_in_order_even_where_the_worker_is_late() {
    let world = World::new(Door::Here).await;
    let alice = world.db.alice;
    let request = world.ask(alice).await;
    let mut raw = world.open(alice).await;
    raw.say(&watch("w", request)).await;
    assert_eq!(raw.message().await, state("w", "PENDING", 0.0));
    // Three versions are committed before anybody is told, and the messages come in the wrong order, and twice.
    let mut sent = Vec::new();
    for (status, progress) in [(Status::Processing, 0.25), (Status::Processing, 0.5), (Status::Failed, 1.0)] {
        sent.extend(world.turn(alice, request, status, progress).await);
    }
    assert_eq!(sent.len(), 3);
    sent.reverse();
    world.app.queue.send(sent.clone()).await;
    world.relay.run_until_idle().await;
    world.app.queue.send(sent).await;
    world.relay.run_until_idle().await;
    for expected in [
        state("w", "PROCESSING", 0.25),
        state("w", "PROCESSING", 0.5),
        state("w", "FAILED", 1.0),
        complete("w"),
    ] {
        assert_eq!(raw.message().await, expected);
    }
    raw.say(r#"{"type":"ping"}"#).await;
    assert_eq!(raw.message().await, json!({"type": "pong"}), "and nothing else");
    // Who comes later sees the end at once.
    raw.say(&watch("w", request)).await;
    assert_eq!(raw.message().await, state("w", "FAILED", 1.0));
    assert_eq!(raw.message().await, complete("w"));
    assert_eq!(world.count("subscriptions").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_what_nobody_watches() {
    let world = World::new(Door::Here).await;
    let (alice, bob) = (world.db.alice, world.db.bob);
    let (hers, his) = (world.ask(alice).await, world.ask(bob).await);
    let mut raw = world.open(bob).await;
    raw.say(&watch("his", his)).await;
    raw.message().await;
    assert_eq!(world.turn(alice, hers, Status::Processing, 0.5).await, [], "no message for Alice's question");
    assert_eq!(world.turn(bob, his, Status::Processing, 0.5).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_never_sees_bobs_question() {
    let world = World::new(Door::Here).await;
    let (alice, bob) = (world.db.alice, world.db.bob);
    let (hers, his) = (world.ask(alice).await, world.ask(bob).await);
    let (mut alices, mut bobs) = (world.open(alice).await, world.open(bob).await);
    alices.say(&watch("w", his)).await;
    let refused = alices.message().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "NOT_FOUND");
    alices.say(&watch("w", domain::ids::AnalysisRequestId::new())).await;
    assert_eq!(alices.message().await, refused, "not yours is not there, byte for byte");
    alices.say(&watch("w", hers)).await;
    assert_eq!(alices.message().await, state("w", "PENDING", 0.0));
    bobs.say(&watch("w", his)).await;
    assert_eq!(bobs.message().await, state("w", "PENDING", 0.0));
    world.told(bob, his, Status::Processing, 0.75).await;
    assert_eq!(bobs.message().await, state("w", "PROCESSING", 0.75));
    world.told(alice, hers, Status::Processing, 0.25).await;
    assert_eq!(alices.message().await, state("w", "PROCESSING", 0.25));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_push_cannot_hold_goes_without_its_bulk() {
    let world = World::new(Door::Here).await;
    let alice = world.db.alice;
    let request = world.ask(alice).await;
    let mut raw = world.open(alice).await;
    let query = format!(
        "subscription {{ analysisRequestUpdates(requestId: \"{}\") {{ status result {{ summary raw: rawData figures {{ id lineage }} visualizations {{ title spec data }} }} }} }}",
        request.opaque()
    );
    raw.say(&subscribe("w", &query)).await;
    raw.message().await;
    world.told(alice, request, Status::Processing, 0.5).await;
    raw.message().await;
    let result = |bulk: usize, rest: usize| {
        let text = json!({
            "summary": "s".repeat(rest), "visualizations": [{"type": "TABLE", "title": "t", "data": {}, "spec": {"a": 1}, "alternativeText": ""}],
            "figures": [{"id": "f", "metric": "orders@1", "definition": "", "value": "1", "unit": "count", "formatted": "1", "lineage": {"a": 1}}],
            "claims": [], "caveats": [], "rawData": {"a": "r".repeat(bulk)}, "plannedBy": "rules",
            "snapshotAt": "2026-11-23T12:00:00Z", "snapshot": "", "proof": null,
        });
        serde_json::to_vec(&text).unwrap()
    };
    let large = result(130 * 1024, 10);
    let sent = world.turn_with(alice, request, Status::Completed, 1.0, Some(&large)).await;
    world.app.queue.send(sent).await;
    let told = raw.message().await;
    let seen = &told["payload"]["data"]["analysisRequestUpdates"];
    let slim = json!({"status": "COMPLETED", "result": {"summary": "ssssssssss", "figures": [{"id": "f"}], "visualizations": [{"title": "t", "data": {}}]}});
    assert_eq!(*seen, slim);
    assert_eq!(told["payload"]["extensions"]["code"], "PAYLOAD_TOO_LARGE");
    assert_eq!(raw.message().await, complete("w"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_closed_and_slows_nobody() {
    let world = World::new(Door::Here).await;
    let (alice, bob) = (world.db.alice, world.db.bob);
    let (hers, his) = (world.ask(alice).await, world.ask(bob).await);
    let (mut deaf, mut bobs) = (world.open(alice).await, world.open(bob).await);
    deaf.say(&watch("w", hers)).await;
    deaf.message().await;
    bobs.say(&watch("w", his)).await;
    bobs.message().await;
    let id = "select id from app.sockets where user_id = $1";
    let id: String = world.owner.query_one(id, &[&alice.user_id().uuid()]).await.unwrap().get(0);
    let large = format!("\"{}\"", "x".repeat(100 * 1024));
    let mut pushed = 0;
    while world.sockets.deliver(&id, "w", Output::Next(large.clone())).await.is_ok() {
        pushed += 1;
        assert!(pushed < 2_000, "the queue never fills");
        tokio::task::yield_now().await;
    }
    assert!(pushed >= 256, "{pushed}");
    world.told(bob, his, Status::Processing, 0.5).await;
    assert_eq!(bobs.message().await, state("w", "PROCESSING", 0.5));
    // It reads at last: what was sent, and why there is no more.
    loop {
        match deaf.next().await {
            Frame::Message(_) => {}
            end => break assert_eq!(end, Frame::Close(1013, "Try again later".to_owned())),
        }
    }
    drop(bobs);
    world.until_nobody_is_left().await;
}
