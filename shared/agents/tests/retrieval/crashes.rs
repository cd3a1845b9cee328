use std::sync::atomic::{AtomicUsize, Ordering};

use agents::retrieval::{Mirror, Phase, Progress, Refreshed, refresh};
use testing::TestDb;
use tokio::sync::Notify;

use crate::shops::{NOW, Sim, link, loaded, mirror};

const SHOP: &str = "little-harbour.myshopify.com";
/// More than the sample store has batches, refunds and months, each a place to crash at.
const CRASHES_MAX: usize = 100;

/// Refreshes until the given number of steps were taken, then drops everything at the next wait, as a killed process
/// would.
async fn refresh_and_crash(mirror: &Mirror, steps: usize) -> Option<Refreshed> {
    let (taken, enough) = (AtomicUsize::new(0), Notify::new());
    let watch = |progress: Progress| {
        if progress.phase != Phase::Waiting && taken.fetch_add(1, Ordering::Relaxed) + 1 == steps {
            enough.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = enough.notified() => None,
        done = refresh(mirror, &watch) => Some(done.unwrap()),
    }
}

#[tokio::test]
async fn a_load_that_crashes_after_any_step_ends_as_one_that_never_did() {
    let db = TestDb::new().await;
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder())]).await;
    let bob = link(&db.store, &db.bob, SHOP, "a").await;
    let unbroken = loaded(&mirror(&db.store, db.bob, bob, &sim.base, NOW).await).await;
    let mut crashes = 0;
    for steps in 1..CRASHES_MAX {
        let shop = format!("crash-{steps}.myshopify.com");
        let account = link(&db.store, &db.alice, &shop, "a").await;
        let mut mirror = mirror(&db.store, db.alice, account, &sim.base, NOW).await;
        mirror.batch_lines = 3;
        let whole = refresh_and_crash(&mirror, steps).await;
        crashes += usize::from(whole.is_none());
        let ended = loaded(&mirror).await;
        assert_eq!(
            (ended.snapshot, &ended.coverage),
            (unbroken.snapshot, &unbroken.coverage),
            "after {steps} steps"
        );
        if whole.is_some() {
            break;
        }
    }
    assert!((10..CRASHES_MAX).contains(&crashes), "{crashes} crashes");
}

#[tokio::test]
async fn a_load_that_crashes_at_every_step_still_gets_to_its_end() {
    let db = TestDb::new().await;
    let sim = Sim::serve(&[("a", &shopify_sim::sample::folder())]).await;
    let (alice, bob) =
        (link(&db.store, &db.alice, SHOP, "a").await, link(&db.store, &db.bob, SHOP, "a").await);
    let unbroken = loaded(&mirror(&db.store, db.bob, bob, &sim.base, NOW).await).await;
    let mut mirror = mirror(&db.store, db.alice, alice, &sim.base, NOW).await;
    mirror.batch_lines = 2;
    for _ in 0..CRASHES_MAX {
        if let Some(ended) = refresh_and_crash(&mirror, 2).await {
            assert_eq!((ended.snapshot, ended.coverage), (unbroken.snapshot, unbroken.coverage));
            return;
        }
    }
    unreachable!("no progress in {CRASHES_MAX} attempts");
}
