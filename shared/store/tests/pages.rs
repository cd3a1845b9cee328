//! Page 50,000 of a list costs what page 1 costs: its bounds are looked up in the index, not compared row by row.

use testing::TestDb;
use tokio_postgres::SimpleQueryMessage;

#[tokio::test]
async fn the_bounds_of_every_page_are_conditions_of_the_index_of_times() {
    let db = TestDb::new().await;
    let runtime = db.runtime().await;
    // A plan for any bounds, as a connection that is used often has; the empty tables would tempt to read them whole.
    let begin = format!(
        "begin; set local app.current_user_id = '{}'; set local plan_cache_mode = force_generic_plan;
        set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off",
        db.alice.user_id()
    );
    runtime.batch_execute(&begin).await.unwrap();
    let bounds = "'2026-01-02', gen_random_uuid(), '2026-01-01', gen_random_uuid(), 21, '{}'";
    for (name, arguments, index, direction) in [
        (
            "analysis_requests.first",
            format!("{bounds}, false"),
            "analysis_requests_by_time",
            "Index Scan using",
        ),
        (
            "analysis_requests.last",
            format!("{bounds}, false"),
            "analysis_requests_by_time",
            "Index Scan Backward using",
        ),
        ("proposed_actions.first", bounds.to_owned(), "proposed_actions_by_time", "Index Scan using"),
        ("proposed_actions.last", bounds.to_owned(), "proposed_actions_by_time", "Index Scan Backward using"),
    ] {
        let statement = store::sql::all().into_iter().find(|statement| statement.name() == name).unwrap();
        let prepare = format!("deallocate all; prepare page as {}", statement.text());
        runtime.batch_execute(&prepare).await.unwrap();
        let explain = format!("explain (costs off) execute page ({arguments})");
        let lines = runtime.simple_query(&explain).await.unwrap();
        let line = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        let plan: Vec<String> = lines.iter().filter_map(line).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(&format!("{direction} {index}")), "{name}:\n{plan}");
        let condition = plan.lines().find(|line| line.contains("Index Cond")).unwrap();
        for bound in ["ROW(created_at, id) < ROW($1, $2)", "ROW(created_at, id) > ROW($3, $4)"] {
            assert!(condition.contains(bound), "{name}:\n{plan}");
        }
        assert!(!plan.contains("Sort"), "{name}:\n{plan}");
    }
}
