//! The journal is the truth: folding it gives the checkpoint.

use flow::analysis::state::State;
use flow::analysis::{self, Event};
use serde_json::{Value, json};

use crate::world::{QUESTION, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_folds_to_the_checkpoint() {
    let world = World::new().await;
    for prompt in [QUESTION, "What will the weather be tomorrow?"] {
        let id = world.ask(&world.db.alice, prompt).await;
        world.run_until_idle().await;
        let owner = world.db.owner().await;
        // Version 0 is the submission, before the first turn.
        let events = "select kind, body from analysis_events where request_id = $1 and version > 0 order by version, ordinal";
        let events = owner.query(events, &[&id.uuid()]).await.unwrap();
        let state = "select agent_state from analysis_requests where id = $1";
        let state: Value = owner.query_one(state, &[&id.uuid()]).await.unwrap().get(0);
        let read = |row: &tokio_postgres::Row| -> Event {
            let (kind, body): (String, Value) = (row.get(0), row.get(1));
            let event =
                if body.is_null() { json!({"kind": kind}) } else { json!({"kind": kind, "body": body}) };
            serde_json::from_value(event).unwrap()
        };
        let folded = events
            .iter()
            .map(read)
            .fold(State::default(), |state, event| analysis::step(state, &event).state);
        assert_eq!(serde_json::to_value(folded).unwrap(), state);
    }
}
