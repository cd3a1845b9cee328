//! A question becomes a request, a line of its journal and a message, all or none, once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test needs first fails the test")]

use domain::ids::{AnalysisRequestId, LinkedAccountId, MessageId};
use domain::status::AnalysisRequestStatus;
use jiff::{SignedDuration, Timestamp};
use store::analysis_requests::{self, AnalysisRequest, Page, Submit, Submitted};
use store::error::Error;
use store::outbox::Outgoing;
use store::pages::{Position, Size};
use testing::TestDb;

fn question(db: &TestDb, now: Timestamp) -> Submit<'static> {
    Submit {
        id: AnalysisRequestId::new(),
        account: Some(db.alice_account),
        prompt: "How were sales last month?",
        idempotency_key: None,
        per_hour_max: Some(20),
        message_id: MessageId::new(),
        message: "sealed".to_owned(),
        now,
    }
}

async fn submit(db: &TestDb, tenant: &auth::Tenant, submit: Submit<'_>) -> (Submitted, Vec<Outgoing>) {
    let mut tx = db.store.tenant_once(tenant).await.unwrap();
    let submitted = analysis_requests::submit(&mut tx, submit).await.unwrap();
    (submitted, tx.commit().await.unwrap())
}

fn created(submitted: Submitted) -> AnalysisRequest {
    match submitted {
        Submitted::Created(request) => request,
        other => panic!("{other:?}"),
    }
}

async fn rows(db: &TestDb) -> Vec<i64> {
    let sql = "select (select count(*) from analysis_requests), (select count(*) from analysis_events),
        (select count(*) from outbox), (select count(*) from idempotency_keys)";
    let row = db.owner().await.query_one(sql, &[]).await.unwrap();
    (0..4).map(|i| row.get(i)).collect()
}

#[tokio::test]
async fn a_question_is_written_with_its_journal_and_its_message() {
    let db = TestDb::new().await;
    let question = question(&db, db.now);
    let (id, message_id) = (question.id, question.message_id);
    let (submitted, sent) = submit(&db, &db.alice, question).await;
    let expected = AnalysisRequest {
        id,
        prompt: "How were sales last month?".to_owned(),
        status: AnalysisRequestStatus::Pending,
        result: None,
        error_code: None,
        error_message: None,
        linked_account_id: Some(db.alice_account),
        plan: None,
        clarification: None,
        progress: 0.0,
        created_at: db.now,
        updated_at: db.now,
        completed_at: None,
        version: 0,
    };
    assert_eq!(created(submitted), expected);
    let message = Outgoing {
        id: message_id,
        queue: "orchestrator".to_owned(),
        body: "sealed".to_owned(),
        available_at: db.now,
        receives: 1,
    };
    assert_eq!(sent, [message]);
    assert_eq!(rows(&db).await, [1, 1, 1, 0]);

    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    assert_eq!(analysis_requests::load(&mut tx, id).await.unwrap(), Some(expected));
    let mut tx = db.store.tenant(&db.bob).await.unwrap();
    assert_eq!(analysis_requests::load(&mut tx, id).await.unwrap(), None);
}

#[tokio::test]
async fn the_same_key_gives_the_first_answer_and_another_input_is_refused() {
    let db = TestDb::new().await;
    let keyed = |prompt| Submit { idempotency_key: Some("k1"), prompt, ..question(&db, db.now) };
    let (first, _) = submit(&db, &db.alice, keyed("one")).await;
    let first = created(first);
    let (again, sent) = submit(&db, &db.alice, keyed("one")).await;
    assert_eq!((again, sent), (Submitted::Repeated(first.clone()), Vec::new()));
    let (other, sent) = submit(&db, &db.alice, keyed("two")).await;
    assert_eq!((other, sent), (Submitted::KeyReused, Vec::new()));
    let other_account = Submit { account: None, ..keyed("one") };
    assert_eq!(submit(&db, &db.alice, other_account).await.0, Submitted::KeyReused);
    assert_eq!(rows(&db).await, [1, 1, 1, 1]);

    let bobs = Submit { account: Some(db.bob_account), ..keyed("one") };
    let (bobs, _) = submit(&db, &db.bob, bobs).await;
    assert_ne!(created(bobs).id, first.id, "another tenant's key is another key");

    let later = db.now + SignedDuration::from_hours(24 * 30);
    let (later, _) = submit(&db, &db.alice, Submit { now: later, ..keyed("two") }).await;
    assert_ne!(created(later).id, first.id, "a key is kept for 30 days");
}

#[tokio::test]
async fn another_tenants_account_is_not_there() {
    let db = TestDb::new().await;
    for account in [db.bob_account, LinkedAccountId::new()] {
        let (submitted, sent) =
            submit(&db, &db.alice, Submit { account: Some(account), ..question(&db, db.now) }).await;
        assert_eq!((submitted, sent), (Submitted::NoAccount, Vec::new()));
    }
    assert_eq!(rows(&db).await, [0, 0, 0, 0]);
    let (submitted, _) = submit(&db, &db.alice, Submit { account: None, ..question(&db, db.now) }).await;
    assert_eq!(created(submitted).linked_account_id, None);
}

#[tokio::test]
async fn an_hour_has_so_many_questions_for_each_tenant() {
    let db = TestDb::new().await;
    let at = |minutes: i64| db.now + SignedDuration::from_mins(minutes);
    let limited = |minutes| Submit { per_hour_max: Some(3), account: None, ..question(&db, at(minutes)) };
    for minute in 0..3 {
        created(submit(&db, &db.alice, limited(minute)).await.0);
    }
    let (fourth, sent) = submit(&db, &db.alice, limited(45)).await;
    assert_eq!(fourth, Submitted::TooMany { retry_after: SignedDuration::from_mins(15) });
    assert_eq!(sent, Vec::new());
    created(submit(&db, &db.bob, limited(45)).await.0);
    let unlimited = Submit { per_hour_max: None, ..limited(45) };
    created(submit(&db, &db.alice, unlimited).await.0);
    let repeated = Submit { idempotency_key: Some("k"), per_hour_max: None, ..limited(46) };
    let first = created(submit(&db, &db.alice, repeated).await.0);
    let repeated = Submit { idempotency_key: Some("k"), ..limited(47) };
    assert_eq!(
        submit(&db, &db.alice, repeated).await.0,
        Submitted::Repeated(first),
        "an old answer is never too many"
    );
    assert_eq!(
        submit(&db, &db.alice, limited(61)).await.0,
        Submitted::TooMany { retry_after: SignedDuration::from_mins(1) }
    );
    created(submit(&db, &db.bob, limited(61)).await.0);
}

#[tokio::test]
async fn twenty_at_once_with_one_key_are_one_request() {
    let db = TestDb::with_pool(8).await;
    let attempts = (0..20).map(|_| {
        let keyed = Submit { idempotency_key: Some("k"), per_hour_max: Some(5), ..question(&db, db.now) };
        submit(&db, &db.alice, keyed)
    });
    let outcomes = futures_util::future::join_all(attempts).await;
    let created = outcomes.iter().filter(|(outcome, _)| matches!(outcome, Submitted::Created(_))).count();
    let repeated = outcomes.iter().filter(|(outcome, _)| matches!(outcome, Submitted::Repeated(_))).count();
    assert_eq!((created, repeated), (1, 19));
    assert_eq!(rows(&db).await, [1, 1, 1, 1]);
}

#[tokio::test]
async fn ten_at_once_do_not_pass_the_rate() {
    let db = TestDb::with_pool(8).await;
    let attempts =
        (0..10).map(|_| submit(&db, &db.alice, Submit { per_hour_max: Some(4), ..question(&db, db.now) }));
    let outcomes = futures_util::future::join_all(attempts).await;
    let created = outcomes.iter().filter(|(outcome, _)| matches!(outcome, Submitted::Created(_))).count();
    assert_eq!((created, rows(&db).await), (4, vec![4, 4, 4, 0]));
}

#[tokio::test]
async fn pages_run_from_newest_to_oldest_and_show_the_tenants_own_alone() {
    let db = TestDb::new().await;
    let mut alices = Vec::new();
    for minute in 0..5 {
        let at = db.now + SignedDuration::from_mins(minute / 2);
        let (mine, _) = submit(&db, &db.alice, Submit { account: None, ..question(&db, at) }).await;
        alices.insert(0, created(mine));
        submit(&db, &db.bob, Submit { account: None, ..question(&db, at) }).await;
    }
    let position = |i: usize| Some(Position { created_at: alices[i].created_at, id: alices[i].id.uuid() });
    let pending = [AnalysisRequestStatus::Pending];
    let done = [AnalysisRequestStatus::Completed, AnalysisRequestStatus::Failed];
    let cases = [
        (Page { size: Size::First(2), ..Page::default() }, 0..2),
        (Page { size: Size::First(9), ..Page::default() }, 0..5),
        (Page { size: Size::First(2), after: position(1), ..Page::default() }, 2..4),
        (Page { size: Size::Last(2), ..Page::default() }, 3..5),
        (Page { size: Size::Last(2), before: position(3), ..Page::default() }, 1..3),
        (
            Page {
                size: Size::First(9),
                after: position(0),
                before: position(4),
                status: &pending,
                ..Page::default()
            },
            1..4,
        ),
        (Page { size: Size::First(9), status: &done, ..Page::default() }, 0..0),
        (Page { size: Size::First(0), ..Page::default() }, 0..0),
    ];
    let mut tx = db.store.tenant_read_only(&db.alice).await.unwrap();
    for (page, expected) in cases {
        let found = analysis_requests::page(&mut tx, page.clone()).await.unwrap();
        assert_eq!(found, alices[expected], "{page:?}");
    }
    assert_eq!(analysis_requests::count(&mut tx, &[]).await.unwrap(), 5);
    assert_eq!(analysis_requests::count(&mut tx, &pending).await.unwrap(), 5);
    assert_eq!(analysis_requests::count(&mut tx, &done).await.unwrap(), 0);
}

#[tokio::test]
async fn one_statement_is_begun_and_committed_in_one_round_trip_and_a_second_one_is_refused() {
    let db = TestDb::new().await;
    let question = question(&db, db.now);
    let id = question.id;
    let mut tx = db.store.tenant_once(&db.alice).await.unwrap();
    created(analysis_requests::submit(&mut tx, question).await.unwrap());
    assert_eq!(tx.round_trips(), 1);
    let mut read = db.store.tenant_read_only_once(&db.alice).await.unwrap();
    assert!(
        analysis_requests::load(&mut read, id).await.unwrap().is_some(),
        "committed before the first commit"
    );
    let again = analysis_requests::load(&mut read, id).await;
    assert!(matches!(again, Err(Error::Aborted)), "{again:?}");
    assert_eq!(tx.commit().await.unwrap().len(), 1, "its message is handed over");
    let mut bobs = db.store.tenant_read_only_once(&db.bob).await.unwrap();
    assert_eq!(analysis_requests::load(&mut bobs, id).await.unwrap(), None);
    let mut write = db.store.tenant_read_only_once(&db.alice).await.unwrap();
    let refused = analysis_requests::submit(&mut write, self::question(&db, db.now)).await;
    assert!(refused.is_err(), "read only stays read only");
    assert_eq!(rows(&db).await, [1, 1, 1, 0]);
}
