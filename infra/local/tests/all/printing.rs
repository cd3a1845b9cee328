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
fn a_question_back_is_shown_with_its_options_and_how_to_answer() {
    let request = serde_json::json!({"id": "YW5h", "status": "AWAITING_CLARIFICATION", "clarification": {
        "question": "Which store is it about?", "options": ["north.myshopify.com", "south.\u{1b}[2Jmyshopify.com"],
        "answer": null, "expiresAt": "2026-03-17T12:00:00Z"}});
    let error = local::error::Error::AskedBack(local::show::question_back(&request));
    insta::assert_snapshot!(error);
    assert_eq!(format!("{:?}", error.exit_code()), format!("{:?}", std::process::ExitCode::from(2)));
}

#[test]
fn a_failed_analysis_says_why() {
    insta::assert_snapshot!(shown(include_str!("answers/failed.json")));
}
