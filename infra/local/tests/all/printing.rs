//! What a terminal shows, from a fixed object of the API.

use serde_json::Value;

fn shown(answer: &str) -> String {
    let request: Value = serde_json::from_str(answer).unwrap_or_default();
    local::show::analysis(&request)
}

#[test]
fn an_answer_is_prose_figures_tables_bars_and_caveats() {
    insta::assert_snapshot!(shown(include_str!("answers/completed.json")));
}

#[test]
fn a_failed_analysis_says_why() {
    insta::assert_snapshot!(shown(include_str!("answers/failed.json")));
}
