//! The moves that SQL allows are those that the code allows, and no other is made.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use domain::status::{AgentTaskStatus, AnalysisRequestStatus, ProposedActionStatus, grid};
use testing::TestDb;
use tokio_postgres::Client;
use uuid::Uuid;

#[tokio::test]
async fn the_table_of_moves_is_the_grid_cell_by_cell() {
    let db = TestDb::new().await;
    let sql = "select format('%s %s %s %s', noun, from_status, move, to_status) from app.legal_moves";
    let mut stored: Vec<String> =
        db.owner().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let mut allowed: Vec<String> = grid().lines().map(str::to_owned).collect();
    stored.sort();
    allowed.sort();
    assert_eq!(stored, allowed);
}

/// A row in this status, made past the triggers.
async fn place(client: &Client, noun: &str, id: Uuid, status: &str) {
    let place = format!(
        "alter table {noun} disable trigger user; update {noun} set status = '{status}' where id = '{id}';
         alter table {noun} enable trigger user"
    );
    client.batch_execute(&place).await.unwrap();
}

#[tokio::test]
async fn every_other_move_is_refused_whoever_asks() {
    let db = TestDb::new().await;
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    store::seed::every_table(&mut tx, db.alice_account, db.now).await.unwrap();
    tx.commit().await.unwrap();
    let (owner, id) = (db.owner().await, db.alice_account.uuid());
    let nouns = [
        ("analysis_requests", AnalysisRequestStatus::ALL.iter().map(|s| s.name()).collect::<Vec<_>>()),
        ("agent_tasks", AgentTaskStatus::ALL.iter().map(|s| s.name()).collect()),
        ("proposed_actions", ProposedActionStatus::ALL.iter().map(|s| s.name()).collect()),
    ];
    let (grid, mut tried) = (grid(), 0);
    for (noun, statuses) in nouns {
        for from in &statuses {
            for to in statuses.iter().copied().chain(["lost"]) {
                place(&owner, noun, id, from).await;
                let update = format!("update {noun} set status = '{to}' where id = '{id}'");
                let moved = owner.execute(&update, &[]).await;
                let is_legal = *from == to
                    || grid.lines().any(|line| {
                        let words: Vec<&str> = line.split(' ').collect();
                        (words[0], words[1], words[3]) == (noun, *from, to)
                    });
                let code = moved.as_ref().err().and_then(|error| error.code()).map(|code| code.code());
                assert_eq!(code, if is_legal { None } else { Some("AL002") }, "{noun} {from} {to}");
                tried += 1;
            }
        }
        let born = format!(
            "insert into {noun} select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(),
            'status', 'completed'))).* from {noun} t where id = '{id}'"
        );
        let code = owner.execute(&born, &[]).await.unwrap_err().code().map(|code| code.code().to_owned());
        assert_eq!(code.as_deref(), Some("AL002"), "{noun} begin at the beginning");
    }
    assert_eq!(tried, 6 * 7 + 6 * 7 + 9 * 10);
}
