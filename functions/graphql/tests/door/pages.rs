//! Paging, and what a page costs the database.

use serde_json::{Value, json};

use crate::world::{Proposal, World, plan, propose};

const PAGE: &str = "query ($first: Int, $after: String, $last: Int, $before: String, $status: [AnalysisRequestStatus!]) {
    listAnalysisRequests(first: $first, after: $after, last: $last, before: $before, status: $status) {
        edges { cursor node { prompt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";

/// Alice asks so many questions, named by their number.
async fn questions(world: &World, count: usize) {
    for number in 0..count {
        let document = format!(
            "mutation {{ submitAnalysisRequest(input: {{prompt: \"{number}\"}}) {{ userErrors {{ code }} }} }}"
        );
        let found = world.ask(Some(world.alice()), &document, json!({})).await;
        assert_eq!(found.body["data"]["submitAnalysisRequest"]["userErrors"], json!([]));
    }
}

async fn page(world: &World, variables: Value) -> Value {
    let found = world.ask(Some(world.alice()), PAGE, variables).await;
    assert_eq!(found.body.get("errors"), None, "{}", found.body);
    found.body["data"]["listAnalysisRequests"].clone()
}

fn prompts(page: &Value) -> Vec<usize> {
    let edges = page["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["prompt"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn both_ways_through_the_list_meet_everything_once() {
    let world = World::with(&[("ALATAR_RATE_LIMITS", "off")]).await;
    questions(&world, 25).await;
    let newest_first: Vec<usize> = (0..25).rev().collect();
    let (mut forwards, mut after) = (Vec::new(), Value::Null);
    for turn in 0..4 {
        let page = page(&world, json!({"first": 7, "after": after})).await;
        forwards.extend(prompts(&page));
        let info = &page["pageInfo"];
        assert_eq!(
            (info["hasNextPage"].as_bool(), info["hasPreviousPage"].as_bool()),
            (Some(turn < 3), Some(turn > 0))
        );
        assert_eq!((&page["totalCount"], &info["startCursor"]), (&json!(25), &page["edges"][0]["cursor"]));
        after = info["endCursor"].clone();
    }
    assert_eq!(forwards, newest_first);
    let (mut backwards, mut before) = (Vec::new(), Value::Null);
    for turn in 0..4 {
        let page = page(&world, json!({"last": 7, "before": before})).await;
        backwards.splice(0..0, prompts(&page));
        let info = &page["pageInfo"];
        assert_eq!(
            (info["hasPreviousPage"].as_bool(), info["hasNextPage"].as_bool()),
            (Some(turn < 3), Some(turn > 0))
        );
        before = info["startCursor"].clone();
    }
    assert_eq!(backwards, newest_first);
    assert_eq!(prompts(&page(&world, json!({})).await), newest_first[..20]);
}

#[tokio::test]
async fn a_page_is_chosen_by_status_and_belongs_to_its_merchant() {
    let world = World::new().await;
    questions(&world, 3).await;
    let pending = page(&world, json!({"status": ["PENDING", "PROCESSING"]})).await;
    assert_eq!((prompts(&pending), &pending["totalCount"]), (vec![2, 1, 0], &json!(3)));
    let failed = page(&world, json!({"status": ["FAILED"]})).await;
    let nothing =
        json!({"hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null});
    assert_eq!(failed, json!({"edges": [], "pageInfo": nothing, "totalCount": 0}));
    let bobs = world.ask(Some(world.bob()), PAGE, json!({})).await;
    assert_eq!(bobs.body["data"]["listAnalysisRequests"], failed);
}

#[tokio::test]
async fn a_page_of_100_with_tasks_actions_and_stores_costs_as_many_statements_as_one_of_2() {
    let world = World::with(&[("ALATAR_RATE_LIMITS", "off")]).await;
    questions(&world, 100).await;
    let ids = world
        .ask(Some(world.alice()), "{ listAnalysisRequests(first: 100) { edges { node { id } } } }", json!({}))
        .await;
    for edge in ids.body["data"]["listAnalysisRequests"]["edges"].as_array().unwrap() {
        let id = domain::ids::AnalysisRequestId::from_opaque(edge["node"]["id"].as_str().unwrap()).unwrap();
        plan(&world, world.alice(), id).await;
        propose(&world, world.alice(), id, Proposal::default()).await;
    }
    let mut counts = Vec::new();
    for first in [2, 100] {
        let document = "query ($first: Int!) { listAnalysisRequests(first: $first) { edges { node {
            id tasks { id status } proposedActions { id status } linkedAccount { id } cost { ceilingCents } } } totalCount } }";
        let before = world.statements().await;
        let found = world.ask(Some(world.alice()), document, json!({"first": first})).await;
        let edges = found.body["data"]["listAnalysisRequests"]["edges"].as_array().unwrap();
        assert_eq!(edges.len(), first);
        assert!(edges.iter().all(|edge| edge["node"]["tasks"].as_array().unwrap().len() == 1
            && edge["node"]["proposedActions"].as_array().unwrap().len() == 1
            && edge["node"]["linkedAccount"]["id"].is_string()));
        counts.push(world.statements().await - before);
    }
    assert_eq!(counts[0], counts[1]);
    // Six reads, each with its begin, its tenant and its commit.
    assert_eq!(counts[1], 6 * 4);
}
