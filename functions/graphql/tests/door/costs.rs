//! What answers cost the database: round trips for every field of the schema, statements by name for the heaviest
//! operations. Committed, so that one more shows.

use std::collections::BTreeMap;

use api::shape::innermost;
use serde_json::{Value, json};

use crate::grid::{put, variables};
use crate::scene::Scene;
use crate::schema::{Extent, Root, SHAPE, fields, operation, roots, selection};
use crate::world::World;

/// Root fields that cannot do with one: something is decided between what is read and what is written. A password is
/// hashed, and nothing may be open meanwhile; an answer moves an analysis on, which is decided outside the database.
const MORE_THAN_ONE: &[(&str, u64)] = &[
    ("register", 2),
    ("login", 2),
    ("refreshSession", 2),
    ("changePassword", 6),
    ("deleteAccount", 6),
    ("answerClarification", 2),
];

/// Asks as Alice; the answer, and how often the database was waited for.
async fn trips(world: &World, document: &str, variables: &Value) -> (Value, u64) {
    let before = world.app.store.round_trips();
    let found = world.ask(Some(world.alice()), document, variables.clone()).await;
    (found.body, world.app.store.round_trips() - before)
}

/// The least that can be asked of a type.
fn least(ty: &str) -> String {
    let plain = |field: &api::shape::Field| {
        !SHAPE.is_composite(innermost(&field.ty).0) && field.arguments.values().all(|one| one.ty.nullable)
    };
    if !SHAPE.is_composite(ty) {
        return String::new();
    }
    // A count is computed when it is asked for.
    let cheap = fields(ty).find(|(name, field)| plain(field) && *name != "totalCount");
    match cheap {
        Some((name, _)) => format!("{{ {name} }}"),
        None => "{ __typename }".to_owned(),
    }
}

fn required(root: &Root) -> Vec<&str> {
    let arguments = root.field.arguments.iter().filter(|(_, one)| !one.ty.nullable);
    arguments.map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn every_root_field_costs_one_round_trip() {
    let mut table = String::new();
    let mut scene = Scene::set().await;
    for root in roots().iter().filter(|root| root.keyword != "subscription") {
        if root.keyword == "mutation" {
            scene = Scene::set().await;
        }
        let arguments = required(root);
        let variables = scene.fill(&variables(root, &arguments));
        let document = operation(root, &arguments, &least(innermost(&root.field.ty).0));
        let (body, trips) = trips(&scene.world, &document, &variables).await;
        assert_eq!(body.get("errors"), None, "{document} {body}");
        let most = MORE_THAN_ONE.iter().find(|(name, _)| *name == root.name).map_or(1, |(_, most)| *most);
        assert!((1..=most).contains(&trips), "{} waits for the database {trips} times", root.name);
        table += &format!("{} {}: {trips}\n", root.keyword, root.name);
    }
    insta::assert_snapshot!(table);
}

/// A way to one object of each type that is more than a plain value.
fn ways() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    vec![
        ("User", "query { me ", " }", ""),
        ("AnalysisRequest", "query ($id: ID!) { analysisRequest(id: $id) ", " }", "$answered"),
        ("LinkedAccount", "query ($id: ID!) { node(id: $id) { ... on LinkedAccount ", " } }", "$account"),
        ("AgentTask", "query ($id: ID!) { node(id: $id) { ... on AgentTask ", " } }", "$task"),
        ("ProposedAction", "query ($id: ID!) { node(id: $id) { ... on ProposedAction ", " } }", "$action"),
        ("AnalysisRequestConnection", "query { listAnalysisRequests(first: 2) ", " }", ""),
        ("ProposedActionConnection", "query { listProposedActions(first: 2) ", " }", ""),
    ]
}

#[tokio::test]
async fn every_field_of_an_object_costs_one_round_trip_more_at_most() {
    let scene = Scene::set().await;
    let mut table = String::new();
    for (ty, before, after, id) in ways() {
        let variables = if id.is_empty() { json!({}) } else { json!({"id": scene.of(id)}) };
        for (name, field) in fields(ty) {
            let document = format!("{before}{{ {name} {} }}{after}", least(innermost(&field.ty).0));
            let (body, trips) = trips(&scene.world, &document, &variables).await;
            assert_eq!(body.get("errors"), None, "{document} {body}");
            assert!((1..=2).contains(&trips), "{ty}.{name} waits for the database {trips} times");
            if trips > 1 {
                table += &format!("{ty}.{name}\n");
            }
        }
    }
    // These are read when they are asked for; everything else comes with its object.
    insta::assert_snapshot!(table);
}

/// The heaviest that can be asked for within the bounds, by a name.
fn heaviest() -> Vec<(&'static str, String, Value)> {
    let everything = |ty| selection(ty, Extent::Everything);
    let page = |arguments: &str, node: &str| {
        format!(
            "{{ listAnalysisRequests({arguments}) {{ edges {{ cursor node {node} }} pageInfo {{ endCursor }} }} }}"
        )
    };
    let actions = |arguments: &str, node: &str| {
        format!("{{ listProposedActions({arguments}) {{ edges {{ cursor node {node} }} totalCount }} }}")
    };
    let nodes = ["$user", "$account", "$answered", "$request", "$task", "$action", "$executed", "$step"];
    let node = |(index, name): (usize, &&str)| (format!("v{index}"), json!(name));
    let definitions: Vec<_> = (0..nodes.len()).map(|index| format!("$v{index}: ID!")).collect();
    let nested: Vec<_> = (0..nodes.len())
        .map(|index| {
            format!(
                "n{index}: node(id: $v{index}) {{ ... on User {{ linkedAccounts {{ id }} usage {{ analyses }} }}
                 ... on AnalysisRequest {{ tasks {{ id }} proposedActions {{ id audit {{ event }} }} }}
                 ... on ProposedAction {{ analysisRequest {{ tasks {{ id }} linkedAccount {{ id }} }} audit {{ event }} }} }}"
            )
        })
        .collect();
    let counts: Vec<_> = SHAPE
        .types
        .get("AnalysisRequestStatus")
        .into_iter()
        .flat_map(|kind| match kind {
            api::shape::Kind::Enum(values) => values.iter().cloned().collect(),
            _ => Vec::new(),
        })
        .map(|status| {
            format!(
                "{}: listAnalysisRequests(first: 0, status: {status}) {{ totalCount }}",
                status.to_lowercase()
            )
        })
        .collect();
    vec![
        ("me with everything", format!("{{ me {} }}", everything("User")), json!({})),
        (
            "a question with everything",
            format!("query ($id: ID!) {{ analysisRequest(id: $id) {} }}", everything("AnalysisRequest")),
            json!({"id": "$answered"}),
        ),
        (
            "an action with everything",
            format!("query ($id: ID!) {{ node(id: $id) {{ ... on ProposedAction {} }} }}", everything("ProposedAction")),
            json!({"id": "$action"}),
        ),
        (
            "a page of 100 questions with tasks, actions and stores",
            page("first: 100", "{ id prompt status tasks { id status } proposedActions { id status } linkedAccount { id status } }"),
            json!({}),
        ),
        (
            "the last page of 100 questions with answers and costs",
            page("last: 100", "{ id result { summary caveats rawData } cost { ceilingCents } clarification { question } }"),
            json!({}),
        ),
        (
            "a page of 100 actions with their log and question",
            actions("first: 100", "{ id status preview { hash } analysisRequest { prompt linkedAccount { id } } }"),
            json!({}),
        ),
        (
            "a page of actions of one question, with their logs",
            "query ($id: ID) { listProposedActions(first: 50, analysisRequestId: $id) { edges { node { id audit { event } } } totalCount } }".to_owned(),
            json!({"id": "$answered"}),
        ),
        (
            "eight nodes with what hangs on them",
            format!("query ({}) {{ {} }}", definitions.join(", "), nested.join("\n")),
            Value::Object(nodes.iter().enumerate().map(node).collect()),
        ),
        ("a count for each status", format!("{{ {} }}", counts.join(" ")), json!({})),
        (
            "a dashboard",
            format!(
                "{{ me {{ email preferences {{ budgetCentsPerAnalysis }} usage {{ analyses }} linkedAccounts {{ id sync {{ state }} }} }} {} {} metrics {{ name }} }}",
                "listAnalysisRequests(first: 20) { edges { node { id prompt status progress tasks { status } } } totalCount }",
                "listProposedActions(first: 20, status: PROPOSED) { edges { node { id description } } totalCount }"
            ),
            json!({}),
        ),
        (
            "a question that is asked",
            format!(
                "mutation ($input: SubmitAnalysisRequestInput!) {{ submitAnalysisRequest(input: $input) {{ analysisRequest {} userErrors {{ code }} }} }}",
                everything("AnalysisRequest")
            ),
            json!({"input": {"prompt": "How?", "linkedAccountId": "$account", "idempotencyKey": "heavy"}}),
        ),
    ]
}

#[tokio::test]
async fn the_heaviest_operations_cost_what_is_committed() {
    let scene = Scene::set().await;
    let world = &scene.world;
    let mut table = String::new();
    for (name, document, variables) in heaviest() {
        let variables = scene.fill(&variables);
        let before = world.statements_by_name().await;
        let (body, trips) = trips(world, &document, &variables).await;
        assert_eq!(body.get("errors"), None, "{name}: {body}");
        let after = world.statements_by_name().await;
        let calls: BTreeMap<_, _> = after
            .into_iter()
            .map(|(statement, calls)| {
                (before.get(&statement).map_or(calls, |earlier| calls - earlier), statement)
            })
            .filter(|(calls, _)| *calls > 0)
            .map(|(calls, statement)| (statement, calls))
            .collect();
        let cost = &body["extensions"]["cost"];
        table += &format!("# {name}: {trips} round trips, cost {cost}\n");
        let all: i64 = calls.iter().filter(|(name, _)| name.contains('.')).map(|(_, calls)| calls).sum();
        for (statement, calls) in calls {
            table += &format!("{calls} {statement}\n");
        }
        table += &format!("{all} in all\n");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_leaf_can_be_put_anywhere() {
    let mut value = json!({});
    put(&mut value, &["a".to_owned(), "b".to_owned()], json!(1));
    assert_eq!(value, json!({"a": {"b": 1}}));
}
