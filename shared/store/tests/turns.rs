//! A turn of the orchestrator and an attempt of a department, whichever way their messages come.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use domain::department::Department;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId};
use domain::refusal::AnalysisErrorCode;
use domain::status::{AgentTaskStatus, AnalysisRequestStatus as Status};
use jiff::SignedDuration;
use serde_json::json;
use store::agent_tasks::{self, AgentTask, Begun, Finish, Outcome};
use store::analysis_requests::{self, Submit, Submitted};
use store::error::Error;
use store::outbox::{NewMessage, Outgoing};
use store::turns::{self, Account, Event, Loaded, NewTask, Save, TaskResult};
use testing::TestDb;

struct Asked {
    db: TestDb,
    request: AnalysisRequestId,
    asked: MessageId,
}

async fn asked() -> Asked {
    let db = TestDb::new().await;
    let (request, asked) = (AnalysisRequestId::new(), MessageId::new());
    let mut tx = db.store.tenant(&db.alice).await.unwrap();
    let submit = Submit {
        id: request,
        account: None,
        prompt: "How were sales?",
        idempotency_key: None,
        per_hour_max: None,
        message_id: asked,
        message: "sealed".to_owned(),
        now: db.now,
    };
    assert!(matches!(analysis_requests::submit(&mut tx, submit).await.unwrap(), Submitted::Created(_)));
    tx.commit().await.unwrap();
    Asked { db, request, asked }
}

impl Asked {
    fn save(&self, version: i32, message_id: MessageId) -> Save<'static> {
        Save {
            request: self.request,
            version,
            message_id,
            events: vec![Event { kind: "planned", body: json!({"steps": 2}) }],
            agent_state: json!({"v": 1, "plan": {"steps": []}}),
            status: (Status::Processing, Status::Processing),
            progress: 0.5,
            result: None,
            error: None,
            account: None,
            tasks: Vec::new(),
            messages: Vec::new(),
            change: store::subscriptions::Change { id: MessageId::new(), body: "changed".to_owned() },
            now: self.db.now,
        }
    }

    fn message(&self, queue: &'static str) -> NewMessage {
        NewMessage { id: MessageId::new(), queue, body: "sealed".to_owned(), available_at: self.db.now }
    }

    /// The first turn: one task is given.
    async fn plan(&self) -> AgentTaskId {
        let task = AgentTaskId::new();
        let save = Save {
            status: (Status::Pending, Status::Processing),
            account: Some(self.db.alice_account),
            tasks: vec![NewTask {
                id: task,
                department: Department::DataRetrieval,
                description: "Refresh".to_owned(),
                work: json!("refresh_mirror"),
            }],
            messages: vec![self.message("data_retrieval")],
            ..self.save(0, self.asked)
        };
        self.turn(save).await.unwrap();
        task
    }

    async fn turn(&self, save: Save<'_>) -> Result<Vec<Outgoing>, Error> {
        let mut tx = self.db.store.tenant(&self.db.alice).await?;
        turns::save(&mut tx, save).await?;
        tx.commit().await
    }

    async fn load(&self, message: MessageId) -> Loaded {
        let mut tx = self.db.store.tenant(&self.db.alice).await.unwrap();
        turns::load(&mut tx, self.request, message).await.unwrap().unwrap()
    }

    async fn begin(&self, task: AgentTaskId) -> Option<Begun> {
        let mut tx = self.db.store.tenant(&self.db.alice).await.unwrap();
        let begun = agent_tasks::begin(&mut tx, task, self.db.now).await.unwrap();
        tx.commit().await.unwrap();
        begun
    }

    async fn finish(&self, task: AgentTaskId, outcome: Outcome<'_>) -> Result<Vec<Outgoing>, Error> {
        let mut tx = self.db.store.tenant(&self.db.alice).await?;
        let messages = vec![self.message("orchestrator")];
        agent_tasks::finish(&mut tx, Finish { task, outcome, messages, now: self.db.now }).await?;
        tx.commit().await
    }

    async fn counts(&self) -> [i64; 3] {
        let sql = "select (select count(*) from analysis_events), (select count(*) from agent_tasks),
            (select count(*) from outbox)";
        let row = self.db.owner().await.query_one(sql, &[]).await.unwrap();
        [row.get(0), row.get(1), row.get(2)]
    }
}

#[tokio::test]
async fn a_turn_loads_everything_and_saves_everything() {
    let asked = asked().await;
    let loaded = asked.load(asked.asked).await;
    let mut account = loaded.account.clone().unwrap();
    assert_eq!((account.id, account.shop.take(), account.snapshot), (asked.db.alice_account, None, None));
    assert_eq!(
        loaded,
        Loaded {
            prompt: "How were sales?".to_owned(),
            status: Status::Pending,
            agent_state: None,
            version: 0,
            created_at: asked.db.now,
            account: Some(account),
            choices: vec![(asked.db.alice_account, "alice.myshopify.com".to_owned())],
            seen: false,
            tasks: Vec::new(),
        }
    );

    let task = asked.plan().await;
    let loaded = asked.load(asked.asked).await;
    assert!(loaded.seen, "the message is in the journal");
    assert!(!asked.load(MessageId::new()).await.seen);
    assert_eq!((loaded.version, loaded.status), (1, Status::Processing));
    assert_eq!(loaded.agent_state, Some(json!({"v": 1, "plan": {"steps": []}})));
    let pending = TaskResult {
        id: task,
        department: Department::DataRetrieval,
        status: AgentTaskStatus::Pending,
        result: None,
        error_message: None,
    };
    assert_eq!(loaded.tasks, [pending]);
    assert_eq!(asked.counts().await, [2, 1, 2]);

    let mut tx = asked.db.store.tenant(&asked.db.bob).await.unwrap();
    assert_eq!(turns::load(&mut tx, asked.request, asked.asked).await.unwrap(), None);
}

#[tokio::test]
async fn a_stale_version_saves_nothing() {
    let asked = asked().await;
    asked.plan().await;
    let before = asked.counts().await;
    let stale = asked.save(0, MessageId::new());
    let conflict = asked.turn(stale).await.unwrap_err();
    assert!(matches!(conflict, Error::Conflict(_)) && conflict.is_retry(), "{conflict}");
    let wrong_status =
        Save { status: (Status::Pending, Status::Processing), ..asked.save(1, MessageId::new()) };
    assert!(matches!(asked.turn(wrong_status).await, Err(Error::Conflict(_))));
    assert_eq!(asked.counts().await, before);
}

#[tokio::test]
async fn a_message_is_in_the_journal_once() {
    let asked = asked().await;
    asked.plan().await;
    let before = asked.counts().await;
    let again = asked.turn(asked.save(1, asked.asked)).await.unwrap_err();
    assert!(matches!(again, Error::Conflict(_)), "{again}");
    assert_eq!((asked.counts().await, asked.load(asked.asked).await.version), (before, 1));
}

#[tokio::test]
async fn bob_can_neither_save_alices_turn_nor_touch_her_task() {
    let asked = asked().await;
    let task = asked.plan().await;
    let before = asked.counts().await;
    let mut tx = asked.db.store.tenant(&asked.db.bob).await.unwrap();
    turns::save(&mut tx, asked.save(1, MessageId::new())).await.unwrap();
    assert!(matches!(tx.commit().await, Err(Error::Conflict(_))));
    let mut tx = asked.db.store.tenant(&asked.db.bob).await.unwrap();
    assert_eq!(agent_tasks::begin(&mut tx, task, asked.db.now).await.unwrap(), None);
    assert_eq!(agent_tasks::of_requests(&mut tx, &[asked.request]).await.unwrap(), []);
    tx.commit().await.unwrap();
    let mut tx = asked.db.store.tenant(&asked.db.bob).await.unwrap();
    let outcome = Outcome::Completed { result: b"{}" };
    agent_tasks::finish(&mut tx, Finish { task, outcome, messages: Vec::new(), now: asked.db.now })
        .await
        .unwrap();
    assert!(matches!(tx.commit().await, Err(Error::Conflict(_))));
    assert_eq!(asked.counts().await, before);
}

#[tokio::test]
async fn a_task_runs_from_attempt_to_attempt_to_its_end() {
    let asked = asked().await;
    let task = asked.plan().await;
    let begun = asked.begin(task).await.unwrap();
    let account = begun.account.clone().map(|account: Account| account.id);
    assert_eq!(account, Some(asked.db.alice_account));
    let first = Begun {
        request: asked.request,
        department: Department::DataRetrieval,
        work: json!("refresh_mirror"),
        attempt: 1,
        account: begun.account.clone(),
        results: Vec::new(),
    };
    assert_eq!(begun, first);
    assert_eq!(asked.begin(task).await.unwrap().attempt, 2, "a lost delivery counts");
    asked.finish(task, Outcome::Retrying { message: "the shop is busy" }).await.unwrap();
    assert_eq!(asked.begin(task).await.unwrap().attempt, 3);

    let result = format!("[{}]", "1,".repeat(2_000));
    let sent = asked.finish(task, Outcome::Completed { result: result.as_bytes() }).await.unwrap();
    assert_eq!(sent.len(), 1);
    assert_eq!(asked.begin(task).await, None, "an ended task does not begin again");
    let twice = asked.finish(task, Outcome::Completed { result: b"[]" }).await;
    assert!(matches!(twice, Err(Error::Conflict(_))), "nor end again");

    let loaded = asked.load(MessageId::new()).await;
    assert_eq!(loaded.tasks[0].result.as_deref(), Some(result.as_bytes()));
    let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    let now = asked.db.now;
    assert_eq!(
        agent_tasks::of_requests(&mut tx, &[asked.request]).await.unwrap(),
        [AgentTask {
            id: task,
            request: asked.request,
            department: Department::DataRetrieval,
            description: "Refresh".to_owned(),
            status: AgentTaskStatus::Completed,
            retry_count: 2,
            error_message: None,
            started_at: Some(now),
            completed_at: Some(now),
        }]
    );
}

#[tokio::test]
async fn a_task_sees_the_results_before_it() {
    let asked = asked().await;
    let first = asked.plan().await;
    asked.begin(first).await.unwrap();
    asked.finish(first, Outcome::Completed { result: b"{\"snapshot\":1}" }).await.unwrap();
    let second = AgentTaskId::new();
    let task = NewTask {
        id: second,
        department: Department::QuantitativeAnalysis,
        description: "Compute".to_owned(),
        work: json!({"query_metrics": []}),
    };
    asked.turn(Save { tasks: vec![task], ..asked.save(1, MessageId::new()) }).await.unwrap();
    let begun = asked.begin(second).await.unwrap();
    assert_eq!(begun.results, [(first, b"{\"snapshot\":1}".to_vec())]);
}

#[tokio::test]
async fn an_ended_analysis_leaves_no_open_task_and_keeps_its_answer() {
    let asked = asked().await;
    let task = asked.plan().await;
    let answer = format!("{{\"summary\":\"{}\"}}", "good ".repeat(500));
    let done = Save {
        status: (Status::Processing, Status::Completed),
        progress: 1.0,
        result: Some(answer.as_bytes()),
        ..asked.save(1, MessageId::new())
    };
    asked.turn(done).await.unwrap();
    assert_eq!(asked.begin(task).await, None);
    assert_eq!(asked.load(MessageId::new()).await.tasks[0].status, AgentTaskStatus::Cancelled);
    let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    let request = analysis_requests::load(&mut tx, asked.request).await.unwrap().unwrap();
    assert_eq!(request.result.as_deref(), Some(answer.as_bytes()));
    assert_eq!((request.status, request.completed_at), (Status::Completed, Some(asked.db.now)));
    assert_eq!(request.plan, Some(json!({"steps": []})));
    let kept: i32 = asked
        .db
        .owner()
        .await
        .query_one("select octet_length(result) from analysis_requests", &[])
        .await
        .unwrap()
        .get(0);
    assert!(kept < 200, "{kept} bytes of {}", answer.len());
}

#[tokio::test]
async fn a_refused_analysis_says_why() {
    let asked = asked().await;
    let refused = Save {
        status: (Status::Pending, Status::Failed),
        error: Some((AnalysisErrorCode::NoData, "no orders in 2009".to_owned())),
        ..asked.save(0, asked.asked)
    };
    asked.turn(refused).await.unwrap();
    let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    let request = analysis_requests::load(&mut tx, asked.request).await.unwrap().unwrap();
    assert_eq!(request.error_code, Some(AnalysisErrorCode::NoData));
    assert_eq!(request.error_message.as_deref(), Some("no orders in 2009"));
}

#[tokio::test]
async fn two_turns_at_once_come_one_after_the_other() {
    let asked = asked().await;
    let mut first = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    turns::load(&mut first, asked.request, asked.asked).await.unwrap().unwrap();
    let second = async {
        let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
        let loaded = turns::load(&mut tx, asked.request, asked.asked).await.unwrap().unwrap();
        turns::save(&mut tx, asked.save(loaded.version, MessageId::new())).await.unwrap();
        (loaded.version, tx.commit().await.map(|sent| sent.len()))
    };
    let first = async {
        let save = Save { status: (Status::Pending, Status::Processing), ..asked.save(0, asked.asked) };
        turns::save(&mut first, save).await.unwrap();
        first.commit().await.unwrap();
    };
    let (_, (version, saved)) = futures_util::join!(first, second);
    assert_eq!((version, saved.unwrap()), (1, 0), "the second saw what the first had saved");
}

#[tokio::test]
async fn a_turn_takes_two_round_trips_and_an_attempts_end_takes_one() {
    let asked = asked().await;
    let task = asked.plan().await;
    asked.begin(task).await.unwrap();
    let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    turns::load(&mut tx, asked.request, MessageId::new()).await.unwrap();
    assert_eq!(tx.round_trips(), 1, "begin, tenant and load leave together");
    turns::save(&mut tx, asked.save(1, MessageId::new())).await.unwrap();
    assert_eq!(tx.round_trips(), 1, "save waits for the commit");
    tx.commit().await.unwrap();

    let mut tx = asked.db.store.tenant(&asked.db.alice).await.unwrap();
    let later = NewMessage {
        available_at: asked.db.now + SignedDuration::from_secs(30),
        ..asked.message("data_retrieval")
    };
    let outcome = Outcome::Retrying { message: "busy" };
    let finish = Finish { task, outcome, messages: vec![later], now: asked.db.now };
    agent_tasks::finish(&mut tx, finish).await.unwrap();
    assert_eq!(tx.round_trips(), 0);
    let sent = tx.commit().await.unwrap();
    assert_eq!(sent[0].receives, 0, "a message for later is nobody's yet");
}
