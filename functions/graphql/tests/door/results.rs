//! What the renderer stored is what the merchant reads.

use agents::renderer::answer::{
    Answer, Claim, Figure, FigurePeriod, Lineage, Visualization, VisualizationType,
};
use auth::Tenant;
use domain::ids::{AnalysisRequestId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::AnalysisRequestStatus;
use serde_json::{Value, json};
use store::turns::{self, Event, Save};
use testing::now;

use crate::world::{World, plan};

const WHOLE: &str = "query ($id: ID!) { analysisRequest(id: $id) { status progress errorCode errorMessage completedAt result {
    summary visualizations { type title data spec alternativeText }
    figures { id metric definition value unit currency period { from to timezone } segment formatted lineage }
    claims { id kind text figures } caveats rawData plannedBy snapshotAt snapshot proof } } }";

fn answer() -> Answer {
    let figure = Figure {
        id: "f1".to_owned(),
        metric: "net_sales".to_owned(),
        definition: "net_sales@1: gross sales less discounts and returns.".to_owned(),
        value: Some("10150303.52".to_owned()),
        unit: "money".to_owned(),
        currency: Some("GBP".to_owned()),
        period: Some(FigurePeriod {
            from: "2011-06-01T00:00:00+01:00".to_owned(),
            to: "2011-12-01T00:00:00+00:00".to_owned(),
            timezone: "Europe/London".to_owned(),
        }),
        segment: Some(json!({"country": "DE"})),
        formatted: "£10,150,303.52".to_owned(),
        lineage: Lineage {
            metric: "net_sales".to_owned(),
            version: 1,
            formula: "gross_sales - discounts - returns".to_owned(),
            inputs: None,
            table: "total".to_owned(),
            query_digest: "q".to_owned(),
            rows_digest: "r".to_owned(),
            snapshot: "s".to_owned(),
            rounding: "exact".to_owned(),
        },
    };
    let undefined = Figure {
        id: "f2".to_owned(),
        value: None,
        currency: None,
        period: None,
        segment: None,
        ..figure.clone()
    };
    Answer {
        summary: "Net sales were £10,150,303.52.".to_owned(),
        visualizations: vec![Visualization {
            kind: VisualizationType::LineChart,
            title: "Net sales by month".to_owned(),
            data: json!({"columns": [{"name": "net_sales", "type": "money"}], "rows": [["10150303.52"]]}),
            spec: json!({"mark": "line", "data": {"values": [{"y": 10150303.52}]}, "width": 400}),
            alternative_text: "A line.".to_owned(),
        }],
        figures: vec![figure, undefined],
        claims: vec![Claim {
            id: "c1".to_owned(),
            kind: "extreme".to_owned(),
            text: "It is the highest.".to_owned(),
            figures: vec!["f1".to_owned()],
        }],
        caveats: vec!["Test orders are left out.".to_owned()],
        raw_data: json!({"total": {"columns": ["net_sales"], "rows": [["10150303.52"]], "truncated": false}}),
        planned_by: "rules".to_owned(),
        snapshot_at: now(),
        snapshot: "0".repeat(64),
        proof: None,
    }
}

/// A question of Alice's that was answered; its id.
pub(crate) async fn answered(world: &World) -> String {
    let stored = serde_json::to_vec(&answer()).unwrap();
    ended(world, Some(&stored), None).await.as_str().unwrap().to_owned()
}

/// Alice's planned question, ended with these.
async fn ended(world: &World, result: Option<&[u8]>, error: Option<(AnalysisErrorCode, String)>) -> Value {
    let submit = "mutation { submitAnalysisRequest(input: {prompt: \"How?\"}) { analysisRequest { id } } }";
    let found = world.ask(Some(world.alice()), submit, json!({})).await.body;
    let id = found["data"]["submitAnalysisRequest"]["analysisRequest"]["id"].clone();
    let request = AnalysisRequestId::from_opaque(id.as_str().unwrap()).unwrap();
    end(world, world.alice(), request, result, error).await;
    id
}

/// Lets a question have the same answer as all.
pub(crate) async fn answer_to(world: &World, tenant: Tenant, request: AnalysisRequestId) {
    let stored = serde_json::to_vec(&answer()).unwrap();
    end(world, tenant, request, Some(&stored), None).await;
}

async fn end(
    world: &World,
    tenant: Tenant,
    request: AnalysisRequestId,
    result: Option<&[u8]>,
    error: Option<(AnalysisErrorCode, String)>,
) {
    plan(world, tenant, request).await;
    let mut tx = world.app.store.tenant(&tenant).await.unwrap();
    let message_id = MessageId::new();
    let loaded = turns::load(&mut tx, request, message_id).await.unwrap().unwrap();
    let to = if error.is_some() { AnalysisRequestStatus::Failed } else { AnalysisRequestStatus::Completed };
    let save = Save {
        request,
        version: loaded.version,
        message_id,
        events: vec![Event { kind: "ended", body: json!({}) }],
        agent_state: json!({"v": 1}),
        status: (loaded.status, to),
        progress: 1.0,
        result,
        error,
        account: None,
        tasks: Vec::new(),
        messages: Vec::new(),
        change: store::subscriptions::Change { id: MessageId::new(), body: "changed".to_owned() },
        now: now(),
    };
    turns::save(&mut tx, save).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_answer_is_read_as_it_was_rendered_and_by_its_merchant_alone() {
    let world = World::new().await;
    let stored = serde_json::to_vec(&answer()).unwrap();
    let id = ended(&world, Some(&stored), None).await;
    let found = world.ask(Some(world.alice()), WHOLE, json!({"id": id})).await;
    let expected = json!({
        "status": "COMPLETED", "progress": 1.0, "errorCode": null, "errorMessage": null,
        "completedAt": "2026-11-23T12:00:00Z", "result": serde_json::to_value(answer()).unwrap(),
    });
    // 00:00+00:00 and 00:00Z are one offset in two spellings.
    let text = found.body["data"]["analysisRequest"]
        .to_string()
        .replace("2011-12-01T00:00:00Z", "2011-12-01T00:00:00+00:00");
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    let bobs = world.ask(Some(world.bob()), WHOLE, json!({"id": id})).await;
    assert_eq!(bobs.body["data"], json!({"analysisRequest": null}));
}

#[tokio::test]
async fn a_question_without_an_answer_says_why() {
    let world = World::new().await;
    let why = (AnalysisErrorCode::NoStore, "Connect a store first.".to_owned());
    let id = ended(&world, None, Some(why)).await;
    let found = world.ask(Some(world.alice()), WHOLE, json!({"id": id})).await;
    let expected = json!({
        "status": "FAILED", "progress": 1.0, "errorCode": "NO_STORE", "errorMessage": "Connect a store first.",
        "completedAt": "2026-11-23T12:00:00Z", "result": null,
    });
    assert_eq!(found.body["data"]["analysisRequest"], expected);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_our_fault_and_hides_nothing_else() {
    let world = World::new().await;
    let id = ended(&world, Some(b"{\"summary\": \"half"), None).await;
    let document = "query ($id: ID!) { analysisRequest(id: $id) { status result { summary } } }";
    let found = world.ask(Some(world.alice()), document, json!({"id": id})).await;
    assert_eq!(
        (found.status, &found.body["data"]["analysisRequest"]),
        (200, &json!({"status": "COMPLETED", "result": null}))
    );
    let error = &found.body["errors"][0];
    assert_eq!(error["message"], "Something went wrong on our side.");
    assert_eq!(
        (&error["extensions"]["code"], error["extensions"]["requestId"].as_str().map(str::len)),
        (&json!("INTERNAL_SERVER_ERROR"), Some(36))
    );
}

#[tokio::test]
async fn an_answer_is_read_with_its_question_however_it_is_selected() {
    let world = World::new().await;
    let id = answered(&world).await;
    let ask = async |document: String| {
        let before = world.statements().await;
        let found = world.ask(Some(world.alice()), &document, json!({})).await;
        assert_eq!(found.body.get("errors"), None, "{}", found.body);
        (world.statements().await - before, found.body["data"].to_string())
    };
    let (one, _) = ask(format!("{{ analysisRequest(id: \"{id}\") {{ id }} }}")).await;
    let summary = answer().summary;
    for document in [
        format!("{{ analysisRequest(id: \"{id}\") {{ a: result {{ summary }} }} }}"),
        format!("{{ a: node(id: \"{id}\") {{ ... on AnalysisRequest {{ result {{ summary }} }} }} }}"),
        format!("{{ node(id: \"{id}\") {{ ...A }} }} fragment A on AnalysisRequest {{ ...B }} fragment B on AnalysisRequest {{ result {{ summary }} }}"),
        "{ listAnalysisRequests { edges { ...A } } } fragment A on AnalysisRequestEdge { node { result { summary } } }".to_owned(),
        "{ listAnalysisRequests { edges { node { id } } edges { node { result { summary } } } } }".to_owned(),
    ] {
        let (statements, said) = ask(document.clone()).await;
        assert_eq!((statements, said.contains(&summary)), (one, true), "{document}: {said}");
    }
}
