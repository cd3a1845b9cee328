//! The first request of a socket, and the last words of a server.

use serde_json::json;

use crate::raw::{Frame, Raw, TEXT};
use crate::world::{Door, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_is_refused_with_its_status() {
    let world = World::new(Door::Here).await;
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("origin", "https://evil.example.com")], "403"),
        (&[("origin", "null")], "403"),
        (&[("sec-websocket-version", "8")], "426"),
        (&[("sec-websocket-key", "short")], "400"),
        (&[("connection", "keep-alive")], "400"),
        (&[("origin", "https://app.example.com")], "101"),
    ];
    for (headers, status) in cases {
        let (_, answer) = Raw::connect_with(&world.address, headers).await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{headers:?}: {answer}");
    }
    let (_, plain) = Raw::connect_with(&world.address, &[("upgrade", ""), ("connection", "close")]).await;
    assert!(plain.starts_with("http/1.1 400"), "a GET without a query: {plain}");
    world.until_nobody_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subprotocol_that_is_not_ours_is_closed_with_4406() {
    let world = World::new(Door::Here).await;
    for offered in ["", "graphql-ws", "graphql-transport-ws2"] {
        let (mut raw, answer) =
            Raw::connect_with(&world.address, &[("sec-websocket-protocol", offered)]).await;
        assert!(answer.starts_with("http/1.1 101") && !answer.contains("sec-websocket-protocol"), "{answer}");
        assert_eq!(raw.next().await, Frame::Close(4406, "Subprotocol not acceptable".to_owned()));
    }
    let offered = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let (mut raw, answer) = Raw::connect_with(&world.address, &offered).await;
    assert!(answer.contains("sec-websocket-protocol: graphql-transport-ws\r\n"), "{answer}");
    raw.say(&world.init(world.db.alice)).await;
    assert_eq!(raw.message().await, json!({"type": "connection_ack"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_frames_are_closed_as_the_layer_below_says() {
    let world = World::new(Door::Here).await;
    let too_large = Frame::Close(1009, "Message too large".to_owned());
    let mut raw = Raw::connect(&world.address).await;
    // A header that promises 10 MiB is enough.
    raw.bytes(&[0x81, 0xff, 0, 0, 0, 0, 0, 0xa0, 0, 0, 1, 2, 3, 4]).await;
    assert_eq!(raw.next().await, too_large);
    let mut raw = Raw::connect(&world.address).await;
    raw.frame(TEXT, &vec![b' '; 1024 * 1024]).await;
    assert_eq!(raw.next().await, too_large);
    let mut raw = Raw::connect(&world.address).await;
    raw.frame(TEXT, &[0xff, 0xfe]).await;
    assert_eq!(raw.next().await, Frame::Close(1007, "The text is not UTF-8".to_owned()));
    let mut raw = Raw::connect(&world.address).await;
    // Not masked.
    raw.bytes(&[0x81, 0x02, b'{', b'}']).await;
    assert_eq!(raw.next().await, Frame::Close(1002, "Protocol error".to_owned()));
    let mut raw = Raw::connect(&world.address).await;
    // A frame of 32 KiB is read, and is no message.
    raw.frame(TEXT, &vec![b' '; 32 * 1024]).await;
    assert!(matches!(raw.next().await, Frame::Close(4400, _)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_so_and_leaves_nothing_behind() {
    let world = World::new(Door::Here).await;
    let request = world.ask(world.db.alice).await;
    let mut raw = world.open(world.db.alice).await;
    raw.say(&crate::world::watch("w", request)).await;
    raw.message().await;
    let (closed, ()) = tokio::join!(raw.next(), world.sockets.close());
    assert_eq!(closed, Frame::Close(1012, "Service restart".to_owned()));
    assert_eq!((world.count("app.sockets").await, world.count("subscriptions").await), (0, 0));
    let (_, late) = Raw::connect_with(&world.address, &[]).await;
    assert!(late.starts_with("http/1.1 503"), "{late}");
}
