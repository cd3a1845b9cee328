//! Shops that are away, refuse, or were never connected.

use domain::department::Department;
use domain::refusal::AnalysisErrorCode;
use domain::status::{AgentTaskStatus, AnalysisRequestStatus};
use jiff::SignedDuration;
use store::linked_accounts::{self, Unlink, Unlinked};

use crate::world::{QUESTION, World, link, plain};

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_refuses_its_token_fails_the_analysis_at_once() {
    let world = World::new().await;
    link(&world.app, &world.db.bob, "bob.myshopify.com", "shpat_revoked").await;
    let id = world.ask(&world.db.bob, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.bob, id).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(
        ending,
        (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::ExternalServiceError)),
        "{request:?}"
    );
    assert_eq!(
        world.tasks(&world.db.bob, id).await,
        [(Department::DataRetrieval, AgentTaskStatus::Failed, 0)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_is_away_is_asked_again_until_the_attempts_are_spent() {
    let mut world = World::new().await;
    world.unplug_the_shop();
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(
        ending,
        (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::ExternalServiceError)),
        "{request:?}"
    );
    assert_eq!(
        world.tasks(&world.db.alice, id).await,
        [(Department::DataRetrieval, AgentTaskStatus::Failed, 4)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_without_a_store_is_told_so() {
    let world = World::new().await;
    let owner = world.db.owner().await;
    let unlink = "update linked_accounts set status = 'unlinked' where user_id = $1";
    owner.execute(unlink, &[&world.db.bob.user_id().uuid()]).await.unwrap();
    let id = world.ask(&world.db.bob, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.bob, id).await.unwrap();
    let ending = (request.status, request.error_code);
    assert_eq!(ending, (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::NoStore)), "{request:?}");
}

async fn unlink(world: &World) {
    let mut tx = world.app.store.tenant_once(&world.db.alice).await.unwrap();
    let unlink = Unlink { id: world.db.alice_account, idempotency_key: None, now: world.app.clock.now() };
    let unlinked = linked_accounts::unlink(&mut tx, unlink).await.unwrap();
    assert!(matches!(unlinked, Unlinked::Done(_)));
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_unlinked_on_the_way_is_not_asked_any_more() {
    let mut world = World::new().await;
    // Nobody works on it before the store is gone.
    world.kill();
    let about = Some(world.db.alice_account);
    let id = world.ask_about(&world.db.alice, QUESTION, about).await;
    unlink(&world).await;
    world.start(SignedDuration::ZERO, plain());
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    let ending = (request.status, request.error_code, request.error_message.as_deref());
    let message = "The store's data could not be read: this store is not linked.";
    assert_eq!(
        ending,
        (AnalysisRequestStatus::Failed, Some(AnalysisErrorCode::ExternalServiceError), Some(message)),
        "{request:?}"
    );
    assert_eq!(
        world.tasks(&world.db.alice, id).await,
        [(Department::DataRetrieval, AgentTaskStatus::Failed, 0)],
        "at once: another attempt brings no token back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_that_is_on_its_way_ends_with_what_was_loaded_before_its_store_was_unlinked() {
    let world = World::new().await;
    let about = Some(world.db.alice_account);
    world.ask_about(&world.db.alice, QUESTION, about).await;
    world.run_until_idle().await;
    let id = world.ask_about(&world.db.alice, QUESTION, about).await;
    unlink(&world).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!(request.status, AnalysisRequestStatus::Completed, "{request:?}");
}
