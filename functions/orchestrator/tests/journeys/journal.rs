//! The journal is the truth: folding it gives the checkpoint.

use crate::world::{QUESTION, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_folds_to_the_checkpoint() {
    let world = World::new().await;
    for prompt in [QUESTION, "What will the weather be tomorrow?"] {
        let id = world.ask(&world.db.alice, prompt).await;
        world.run_until_idle().await;
        assert!(world.folded(id).await.is_done());
    }
}
