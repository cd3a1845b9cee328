//! What a merchant decides is one statement with its key and its line in the log, in one round trip.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use domain::actions::ActionType;
use domain::ids::{AnalysisRequestId, MessageId, ProposedActionId};
use domain::status::ProposedActionStatus;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::analysis_requests::{self, Answers, Submit, Submitted};
use store::error::Error;
use store::linked_accounts::{self, Unlink, Unlinked};
use store::pages::Size;
use store::proposed_actions::{self, Change, Chosen, New, Page, Preview, Reject, Rejected};
use store::user_preferences::{self, Changed, Preferences};
use store::{TenantTx, audit_log, seed};
use testing::TestDb;

async fn request(db: &TestDb) -> AnalysisRequestId {
    let submit = Submit {
        id: AnalysisRequestId::new(),
        account: Some(db.alice_account),
        prompt: "How were sales?",
        idempotency_key: None,
        per_hour_max: None,
        message_id: MessageId::new(),
        message: "sealed".to_owned(),
        now: db.now,
    };
    let id = submit.id;
    let mut tx = db.store.tenant_once(&db.alice).await.unwrap();
    assert!(matches!(analysis_requests::submit(&mut tx, submit).await.unwrap(), Submitted::Created(_)));
    tx.commit().await.unwrap();
    id
}

async fn propose(db: &TestDb, request: AnalysisRequestId, rows: usize) -> Result<ProposedActionId, Error> {
    let change = Change {
        object: "Mug".to_owned(),
        field: "price".to_owned(),
        before: None,
        after: Some("1".to_owned()),
    };
    let id = ProposedActionId::new();
    let new = New {
        id,
        request,
        action_type: ActionType::UpdateProductPrice,
        description: "Lower the price.",
        parameters: &json!({}),
        preview: &Preview { rows: vec![change; rows], ..Preview::default() },
        preview_hash: &[7; 32],
        expected_effect: &json!([]),
        expires_at: db.now + SignedDuration::from_hours(1),
        now: db.now,
    };
    let mut tx = db.store.tenant_once(&db.alice).await.unwrap();
    proposed_actions::insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// Does one thing in a transaction for one statement, which refuses a second, and counts the waits for the server.
macro_rules! once {
    ($db:expr, $tenant:expr, |$tx:ident| $work:expr) => {{
        let mut $tx: TenantTx = $db.store.tenant_once(&$tenant).await.unwrap();
        let done = $work.await.unwrap();
        assert_eq!($tx.round_trips(), 1);
        $tx.commit().await.unwrap();
        done
    }};
}

fn change(now: Timestamp, budget: i32) -> user_preferences::Change<'static> {
    user_preferences::Change {
        preferred_llm: None,
        notifications_enabled: None,
        budget_cents_per_analysis: Some(budget),
        idempotency_key: Some("k"),
        now,
    }
}

#[tokio::test]
async fn every_decision_and_every_read_for_it_costs_one_round_trip() {
    let db = TestDb::new().await;
    let request = request(&db).await;
    let id = propose(&db, request, 1).await.unwrap();
    let chosen = Chosen { status: &[ProposedActionStatus::Proposed], request: Some(request) };
    let subject = audit_log::subject(id.uuid(), ProposedActionId::KIND);
    let reject = || Reject { id, reason: Some("No."), idempotency_key: Some("k"), now: db.now };
    let unlink = || Unlink { id: db.alice_account, idempotency_key: Some("k"), now: db.now };
    for size in [Size::First(5), Size::Last(5)] {
        for chosen in [chosen, Chosen::default()] {
            let page = Page { size, chosen, ..Page::default() };
            assert_eq!(once!(db, db.alice, |tx| proposed_actions::page(&mut tx, page)).len(), 1);
        }
    }
    assert_eq!(once!(db, db.alice, |tx| proposed_actions::count(&mut tx, chosen)), 1);
    assert_eq!(once!(db, db.alice, |tx| proposed_actions::load(&mut tx, id)).unwrap().id, id);
    assert_eq!(once!(db, db.alice, |tx| proposed_actions::list_of_requests(&mut tx, &[request])).len(), 1);
    assert!(!once!(db, db.alice, |tx| proposed_actions::consider(&mut tx, id, db.now)).unwrap().lapsed);
    for _ in 0..2 {
        assert!(matches!(
            once!(db, db.alice, |tx| proposed_actions::reject(&mut tx, reject())),
            Rejected::Done(action) if action.status == ProposedActionStatus::Rejected
        ));
        assert!(matches!(
            once!(db, db.alice, |tx| linked_accounts::unlink(&mut tx, unlink())),
            Unlinked::Done(account) if account.status == linked_accounts::Status::Unlinked
        ));
    }
    let log = once!(db, db.alice, |tx| audit_log::of_subjects(&mut tx, std::slice::from_ref(&subject), 20));
    let written = audit_log::Written {
        subject: subject.clone(),
        event: "action_rejected".to_owned(),
        detail: json!({"reason": "No."}),
        at: db.now,
    };
    assert_eq!(log, [written]);
    once!(db, db.alice, |tx| user_preferences::change(&mut tx, change(db.now, 7)));
    assert_eq!(once!(db, db.alice, |tx| analysis_requests::load_many(&mut tx, &[request])).len(), 1);
    assert_eq!(once!(db, db.alice, |tx| analysis_requests::results(&mut tx, &[request])), []);

    // Bob: nothing of it is there.
    let bobs = Page { size: Size::First(5), ..Page::default() };
    assert_eq!(once!(db, db.bob, |tx| proposed_actions::page(&mut tx, bobs)), []);
    assert_eq!(once!(db, db.bob, |tx| proposed_actions::count(&mut tx, Chosen::default())), 0);
    assert_eq!(once!(db, db.bob, |tx| proposed_actions::load(&mut tx, id)), None);
    assert_eq!(once!(db, db.bob, |tx| proposed_actions::list_of_requests(&mut tx, &[request])), []);
    assert_eq!(once!(db, db.bob, |tx| proposed_actions::consider(&mut tx, id, Timestamp::MAX)), None);
    assert_eq!(once!(db, db.bob, |tx| proposed_actions::reject(&mut tx, reject())), Rejected::NotFound);
    assert_eq!(once!(db, db.bob, |tx| linked_accounts::unlink(&mut tx, unlink())), Unlinked::NotFound);
    assert_eq!(once!(db, db.bob, |tx| audit_log::of_subjects(&mut tx, &[subject], 20)), []);
    assert_eq!(once!(db, db.bob, |tx| analysis_requests::load_many(&mut tx, &[request])), []);
    assert_eq!(once!(db, db.bob, |tx| analysis_requests::results(&mut tx, &[request])), []);
}

#[tokio::test]
async fn a_key_is_kept_for_thirty_days_and_a_refusal_keeps_none() {
    let db = TestDb::new().await;
    let with_budget =
        |budget| Changed::Done(Preferences { budget_cents_per_analysis: budget, ..Preferences::default() });
    let almost = db.now + SignedDuration::from_hours(24 * 30) - SignedDuration::from_micros(1);
    let later = db.now + SignedDuration::from_hours(24 * 30);
    let cases = [
        (db.now, 7, with_budget(7)),
        (almost, 7, with_budget(7)),
        (almost, 8, Changed::KeyReused),
        (later, 8, with_budget(8)),
        (later, 7, Changed::KeyReused),
    ];
    for (now, budget, expected) in cases {
        let found = once!(db, db.alice, |tx| user_preferences::change(&mut tx, change(now, budget)));
        assert_eq!(found, expected, "{now} {budget}");
    }
    let id = propose(&db, request(&db).await, 1).await.unwrap();
    let reject = |id, now| Reject { id, reason: None, idempotency_key: Some("r"), now };
    let nowhere = ProposedActionId::new();
    let found = once!(db, db.alice, |tx| proposed_actions::reject(&mut tx, reject(nowhere, db.now)));
    assert_eq!(found, Rejected::NotFound);
    let found = once!(db, db.alice, |tx| proposed_actions::reject(&mut tx, reject(id, db.now)));
    assert!(matches!(found, Rejected::Done(_)), "what was refused may be tried under its key again");
}

#[tokio::test]
async fn answers_are_read_only_where_they_are_wanted() {
    let db = TestDb::new().await;
    let id = request(&db).await;
    let answer = "{}".to_owned() + &" ".repeat(9_000);
    let owner = db.owner().await;
    let store = "update analysis_requests set result = $2 where id = $1";
    owner.execute(store, &[&id.uuid(), &answer.as_bytes()]).await.unwrap();
    for (answers, expected) in [(Answers::Read, Some(answer.clone().into_bytes())), (Answers::LeftOut, None)]
    {
        let found = once!(db, db.alice, |tx| analysis_requests::load_with(&mut tx, id, answers));
        assert_eq!(found.unwrap().result, expected);
        let page = analysis_requests::Page { answers, ..analysis_requests::Page::default() };
        let found = once!(db, db.alice, |tx| analysis_requests::page(&mut tx, page));
        assert_eq!(found[0].result, expected);
    }
    let found = once!(db, db.alice, |tx| analysis_requests::load_many(&mut tx, &[id]));
    assert_eq!(found[0].result, None);
    let found = once!(db, db.alice, |tx| analysis_requests::results(&mut tx, &[id]));
    assert_eq!(found, [(id, answer.into_bytes())]);
    assert_eq!(once!(db, db.bob, |tx| analysis_requests::results(&mut tx, &[id])), []);
}

#[tokio::test]
async fn a_preview_has_fifty_changes_at_most_and_a_request_shows_three_actions() {
    let db = TestDb::new().await;
    let request = request(&db).await;
    let refused = propose(&db, request, 51).await.unwrap_err();
    assert!(refused.to_string().contains("proposed_actions_changes_check"), "{refused}");
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(propose(&db, request, 50).await.unwrap());
    }
    let shown = once!(db, db.alice, |tx| proposed_actions::list_of_requests(&mut tx, &[request]));
    assert_eq!(shown.iter().map(|action| action.id).collect::<Vec<_>>(), ids[..3]);
}

#[tokio::test]
async fn the_seed_proposes_an_action_with_its_preview_to_each_tenant() {
    let db = TestDb::new().await;
    for (tenant, account) in [(db.alice, db.alice_account), (db.bob, db.bob_account)] {
        let mut tx = db.store.tenant(&tenant).await.unwrap();
        seed::every_table(&mut tx, account, db.now).await.unwrap();
        tx.commit().await.unwrap();
        let found = once!(db, tenant, |tx| proposed_actions::page(&mut tx, Page::default()));
        let [action] = found.as_slice() else { unreachable!("{found:?}") };
        assert_eq!((action.id.uuid(), action.preview.rows.len()), (account.uuid(), 1));
        assert_eq!(
            (action.preview_hash.len(), action.missing_scopes()),
            (32, vec!["write_customers".to_owned()])
        );
        let subject = audit_log::subject(action.id.uuid(), ProposedActionId::KIND);
        assert_eq!(once!(db, tenant, |tx| audit_log::of_subjects(&mut tx, &[subject], 5)).len(), 1);
    }
}
