//! A cancellation beside turns and tasks, whichever comes first.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use auth::Tenant;
use domain::department::Department;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId};
use domain::status::{AgentTaskStatus, AnalysisRequestStatus as Status};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::agent_tasks::{self, Finish, Outcome};
use store::analysis_requests::{self, Submit};
use store::cancellations::{self, Cancel, Cancelled};
use store::error::Error;
use store::outbox::{NewMessage, Outgoing};
use store::subscriptions::{self, Change, Subscribe};
use store::turns::{self, Event, NewTask, Save};
use testing::TestDb;
use uuid::Uuid;

struct Asked {
    db: TestDb,
    request: AnalysisRequestId,
}

fn change() -> Change {
    Change { id: MessageId::new(), body: "changed".to_owned() }
}

async fn asked() -> Asked {
    let db = TestDb::new().await;
    let request = AnalysisRequestId::new();
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let submit = Submit {
        id: request,
        account: None,
        prompt: "How were sales?",
        idempotency_key: None,
        per_hour_max: None,
        message_id: MessageId::new(),
        message: "sealed".to_owned(),
        now: db.now,
    };
    analysis_requests::submit(&mut tx, submit).await.unwrap();
    tx.commit().await.unwrap();
    Asked { db, request }
}

impl Asked {
    /// A turn that gives one task out, from the version it has seen.
    fn save(&self, version: i32, task: AgentTaskId) -> Save<'static> {
        let from = if version == 0 { Status::Pending } else { Status::Processing };
        Save {
            request: self.request,
            version,
            message_id: MessageId::new(),
            events: vec![Event { kind: "planned", body: json!({}) }],
            agent_state: json!({"v": 1, "phase": "working", "turns_left": 20}),
            status: (from, Status::Processing),
            progress: 0.5,
            result: None,
            error: None,
            account: None,
            tasks: vec![NewTask {
                id: task,
                department: Department::DataRetrieval,
                description: "Refresh".to_owned(),
                work: json!("refresh_mirror"),
            }],
            messages: Vec::new(),
            change: change(),
            now: self.db.now,
        }
    }

    async fn turn(&self, version: i32) -> Result<AgentTaskId, Error> {
        let task = AgentTaskId::new();
        let mut tx = self.db.store.tenant(&self.db.alice).await?;
        turns::save(&mut tx, self.save(version, task)).await?;
        tx.commit().await.map(|_| task)
    }

    async fn cancel(&self, tenant: &Tenant) -> (Cancelled, Vec<Outgoing>, u32) {
        let cancel = Cancel {
            request: self.request,
            idempotency_key: None,
            fresh: json!({"v": 1, "phase": "new", "turns_left": 24}),
            over: json!({"phase": {"done": {"ending": "cancelled"}}}),
            progress: 1.0,
            change: change(),
            now: self.db.now,
        };
        let mut tx = self.db.store.tenant_once(tenant).await.unwrap();
        let cancelled = cancellations::cancel(&mut tx, cancel).await.unwrap();
        let round_trips = tx.round_trips();
        (cancelled, tx.commit().await.unwrap(), round_trips)
    }

    async fn begin(&self, task: AgentTaskId) -> bool {
        let mut tx = self.db.store.tenant(&self.db.alice).await.unwrap();
        let begun = agent_tasks::begin(&mut tx, task, self.db.now).await.unwrap();
        tx.commit().await.unwrap();
        begun.is_some()
    }

    async fn finish(&self, task: AgentTaskId, outcome: Outcome<'_>) -> Result<Vec<Outgoing>, Error> {
        let report = NewMessage {
            id: MessageId::new(),
            queue: "orchestrator",
            body: "sealed".to_owned(),
            available_at: self.db.now,
        };
        let mut tx = self.db.store.tenant(&self.db.alice).await?;
        let finish = Finish { task, outcome, messages: vec![report], now: self.db.now };
        agent_tasks::finish(&mut tx, finish).await?;
        tx.commit().await
    }

    async fn tasks(&self) -> Vec<AgentTaskStatus> {
        let mut tx = self.db.store.tenant_read_only(&self.db.alice).await.unwrap();
        let tasks = agent_tasks::of_requests(&mut tx, &[self.request]).await.unwrap();
        tasks.into_iter().map(|task| task.status).collect()
    }

    /// Kinds and versions in the journal, and the checkpoint.
    async fn journal(&self) -> (Vec<(String, i32)>, Option<Value>) {
        let owner = self.db.owner().await;
        let events =
            "select kind, version from analysis_events where request_id = $1 order by version, ordinal";
        let rows = owner.query(events, &[&self.request.uuid()]).await.unwrap();
        let state = "select agent_state from analysis_requests where id = $1";
        let state = owner.query_one(state, &[&self.request.uuid()]).await.unwrap().get(0);
        (rows.iter().map(|row| (row.get(0), row.get(1))).collect(), state)
    }
}

#[tokio::test]
async fn it_ends_the_request_in_one_round_trip_with_journal_and_checkpoint() {
    let asked = asked().await;
    let (cancelled, sent, round_trips) = asked.cancel(&asked.db.alice).await;
    let Cancelled::Done(request) = cancelled else { panic!("{cancelled:?}") };
    assert_eq!((request.status, request.version, sent, round_trips), (Status::Cancelled, 1, vec![], 1));
    assert_eq!(request.completed_at, Some(asked.db.now));
    let done = json!({"v": 1, "phase": {"done": {"ending": "cancelled"}}, "turns_left": 24});
    let events = vec![("asked".to_owned(), 0), ("cancelled".to_owned(), 1)];
    assert_eq!(asked.journal().await, (events.clone(), Some(done.clone())));
    let (again, _, _) = asked.cancel(&asked.db.alice).await;
    assert_eq!(again, Cancelled::Ended(Status::Cancelled));
    assert_eq!(asked.journal().await, (events, Some(done)));
}

#[tokio::test]
async fn every_open_task_is_closed_and_its_end_is_a_conflict_that_writes_nothing() {
    let asked = asked().await;
    let [pending, running, retrying, completed] =
        [asked.turn(0).await, asked.turn(1).await, asked.turn(2).await, asked.turn(3).await]
            .map(Result::unwrap);
    for task in [running, retrying, completed] {
        assert!(asked.begin(task).await);
    }
    asked.finish(retrying, Outcome::Retrying { message: "busy" }).await.unwrap();
    asked.finish(completed, Outcome::Completed { result: b"{}" }).await.unwrap();
    let (cancelled, ..) = asked.cancel(&asked.db.alice).await;
    assert!(matches!(cancelled, Cancelled::Done(_)));
    let closed = AgentTaskStatus::Cancelled;
    assert_eq!(asked.tasks().await, [closed, closed, closed, AgentTaskStatus::Completed]);
    let count = "select count(*) from outbox";
    let before: i64 = asked.db.owner().await.query_one(count, &[]).await.unwrap().get(0);
    for task in [pending, running, retrying, completed] {
        assert!(!asked.begin(task).await, "no task of it begins");
        for outcome in [Outcome::Completed { result: b"{}" }, Outcome::Failed { message: "it broke" }] {
            let late = asked.finish(task, outcome).await;
            assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
        }
    }
    assert_eq!(asked.tasks().await, [closed, closed, closed, AgentTaskStatus::Completed]);
    let after: i64 = asked.db.owner().await.query_one(count, &[]).await.unwrap().get(0);
    assert_eq!(after, before, "no report either");
    let late = asked.turn(4).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "nor a turn that had loaded it before: {late:?}");
    assert_eq!(asked.tasks().await.len(), 4);
}

#[tokio::test]
async fn it_waits_for_the_turn_that_runs_and_closes_what_that_turn_gives_out() {
    let asked = asked().await;
    let mut turn = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    turns::load(&mut turn, asked.request, MessageId::new()).await.unwrap().unwrap();
    let goes_on = async {
        turns::save(&mut turn, asked.save(0, AgentTaskId::new())).await.unwrap();
        turn.commit().await.unwrap();
    };
    let ((cancelled, ..), ()) = tokio::join!(asked.cancel(&asked.db.alice), goes_on);
    let Cancelled::Done(request) = cancelled else { panic!("{cancelled:?}") };
    assert_eq!((request.status, request.version), (Status::Cancelled, 2));
    assert_eq!(asked.tasks().await, [AgentTaskStatus::Cancelled]);
    let (events, state) = asked.journal().await;
    assert_eq!(events.last().unwrap(), &("cancelled".to_owned(), 2));
    let done = json!({"v": 1, "phase": {"done": {"ending": "cancelled"}}, "turns_left": 20});
    assert_eq!(state, Some(done), "over the checkpoint that the turn left");
}

#[tokio::test]
async fn bob_finds_nothing_to_cancel() {
    let asked = asked().await;
    let before = asked.journal().await;
    let (cancelled, sent, _) = asked.cancel(&asked.db.bob).await;
    assert_eq!((cancelled, sent), (Cancelled::NotThere, Vec::new()));
    assert_eq!(asked.journal().await, before);
}

#[tokio::test]
async fn who_is_subscribed_is_told() {
    let asked = asked().await;
    let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    let subscribe = Subscribe {
        request: asked.request,
        id: Uuid::now_v7(),
        socket: "s",
        operation: "1",
        document: "subscription",
        operation_name: None,
        variables: &json!({}),
        until: asked.db.now + SignedDuration::from_mins(15),
        now: asked.db.now,
    };
    subscriptions::subscribe(&mut tx, subscribe).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let (cancelled, sent, _) = asked.cancel(&asked.db.alice).await;
    assert!(matches!(cancelled, Cancelled::Done(_)));
    let told: Vec<_> = sent.iter().map(|message| (message.queue.as_str(), message.body.as_str())).collect();
    assert_eq!(told, [("updates", "changed")]);
    let (again, sent, _) = asked.cancel(&asked.db.alice).await;
    assert_eq!((again, sent), (Cancelled::Ended(Status::Cancelled), Vec::new()), "and of nothing twice");
}
