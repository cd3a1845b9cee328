//! What an analysis over a fresh mirror costs the database, counted by PostgreSQL itself.

use domain::status::AnalysisRequestStatus;

use crate::world::{QUESTION, World};

const STATEMENTS_MAX: i64 = 40;
const COMMITS_MAX: i64 = 12;
const BYTES_MAX: i64 = 16 * 1024;
/// The relay's last look into the outbox is shared by so many.
const ANALYSES: i64 = 4;

const RESET: &str =
    "select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)";
const COUNT: &str = "select s.query, s.calls::bigint from pg_stat_statements s \
    join pg_roles r on r.oid = s.userid join pg_database d on d.oid = s.dbid \
    where d.datname = current_database() and r.rolname in ('alatar_runtime', 'alatar_system') order by 2 desc";
const KEPT: &str = "select sum(bytes)::bigint from (
    select pg_column_size(r.*) as bytes from analysis_requests r where id = $1
    union all select pg_column_size(e.*) from analysis_events e where request_id = $1
    union all select pg_column_size(t.*) from agent_tasks t where request_id = $1
    union all select pg_column_size(o.*) from outbox o where body like '%' || $1::text || '%') kept";

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_over_a_fresh_mirror_keeps_its_budget() {
    let world = World::new().await;
    world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let owner = world.db.owner().await;
    // Where the extension is not installed, bytes alone are counted.
    let counts = owner.batch_execute("create extension if not exists pg_stat_statements").await.is_ok()
        && owner.query(RESET, &[]).await.is_ok();
    let mut asked = Vec::new();
    for _ in 0..ANALYSES {
        asked.push(world.ask(&world.db.alice, "How is my store doing?").await);
    }
    world.run_until_idle().await;
    if counts {
        let rows = owner.query(COUNT, &[]).await.unwrap();
        let calls: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let statements: i64 = calls.iter().map(|(_, calls)| calls).sum();
        let commits: i64 = calls.iter().filter(|(query, _)| query == "commit").map(|(_, calls)| calls).sum();
        assert!(statements > 0 && statements <= STATEMENTS_MAX * ANALYSES, "{statements}: {calls:#?}");
        assert!(commits > 0 && commits <= COMMITS_MAX * ANALYSES, "{commits}: {calls:#?}");
    }
    for id in asked {
        assert_eq!(
            world.request(&world.db.alice, id).await.unwrap().status,
            AnalysisRequestStatus::Completed
        );
        let kept: i64 = owner.query_one(KEPT, &[&id.uuid()]).await.unwrap().get(0);
        assert!(kept <= BYTES_MAX, "{kept} bytes");
    }
}
