//! A question goes in, an answer whose figures were computed comes out.

use domain::department::Department;
use domain::refusal::AnalysisErrorCode;
use domain::status::{AgentTaskStatus, AnalysisRequestStatus};

use crate::world::{QUESTION, World, answer};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_from_the_store() {
    let world = World::new().await;
    let id = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let request = world.request(&world.db.alice, id).await.unwrap();
    assert_eq!((request.status, request.error_code), (AnalysisRequestStatus::Completed, None), "{request:?}");
    assert!((request.progress - 1.0).abs() < f64::EPSILON);
    assert_eq!(request.linked_account_id, Some(world.db.alice_account));
    let answer = answer(&request);
    assert_eq!(answer["plannedBy"], "rules");
    assert!(!answer["figures"].as_array().unwrap().is_empty(), "{answer}");
    let tasks = world.tasks(&world.db.alice, id).await;
    let expected = [
        (Department::DataRetrieval, AgentTaskStatus::Completed, 0),
        (Department::QuantitativeAnalysis, AgentTaskStatus::Completed, 0),
    ];
    assert_eq!(tasks, expected);
    assert_eq!(world.request(&world.db.bob, id).await, None);
    let left = world.db.owner().await.query("select id from outbox", &[]).await.unwrap();
    assert_eq!(left.len(), 0, "the wake-up of an analysis that has ended is forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_gets_the_same_figures_and_loads_nothing_again() {
    let world = World::new().await;
    let first = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let second = world.ask(&world.db.alice, QUESTION).await;
    world.run_until_idle().await;
    let first = answer(&world.request(&world.db.alice, first).await.unwrap());
    let second = answer(&world.request(&world.db.alice, second).await.unwrap());
    assert_eq!(first["figures"], second["figures"]);
    assert_eq!((&first["snapshot"], &first["snapshotAt"]), (&second["snapshot"], &second["snapshotAt"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_answered_fails_with_what_is_missing() {
    let world = World::new().await;
    let cases = [
        ("What will the weather be tomorrow?", AnalysisErrorCode::Unanswerable),
        ("What were net sales in May 2019?", AnalysisErrorCode::NoData),
    ];
    for (prompt, code) in cases {
        let id = world.ask(&world.db.alice, prompt).await;
        world.run_until_idle().await;
        let request = world.request(&world.db.alice, id).await.unwrap();
        assert_eq!(
            (request.status, request.error_code),
            (AnalysisRequestStatus::Failed, Some(code)),
            "{prompt}"
        );
        assert!(request.error_message.is_some_and(|message| !message.is_empty()), "{prompt}");
        assert_eq!(request.result, None);
    }
}
