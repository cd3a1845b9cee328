//! Thousands of sockets that are cut leave no row and no memory.

use futures_util::future::join_all;

use crate::raw::Raw;
use crate::world::{Door, World, init, watch};

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_cut_sockets_leave_nothing() {
    let world = World::new(Door::Here).await;
    let (alice, bob) = (world.db.alice, world.db.bob);
    let (hers, his) = (world.ask(alice).await, world.ask(bob).await);
    let mut subscribed = 0;
    for round in 0..20 {
        // Most say nothing, some are let in and watch, some are cut in the middle of a frame.
        let sockets = join_all((0..100).map(|i| {
            let world = &world;
            async move {
                let mut raw = Raw::connect(&world.address).await;
                match i {
                    0..4 => {
                        let (tenant, request) = if i % 2 == 0 { (alice, hers) } else { (bob, his) };
                        raw.say(&init(&world.token(tenant))).await;
                        raw.message().await;
                        raw.say(&watch("w", request)).await;
                        raw.message().await;
                    }
                    4..10 => raw.bytes(&[0x81, 0xfe, 0x10]).await,
                    _ => {}
                }
                raw
            }
        }))
        .await;
        subscribed += 4;
        assert_eq!(world.sockets.count(), 100, "round {round}");
        drop(sockets);
        world.until_nobody_is_left().await;
    }
    assert_eq!(subscribed, 80);
}
