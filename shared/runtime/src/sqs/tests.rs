use std::sync::Mutex;

use auth::envelope::Message;
use auth::keys::Keys;
use auth::{Opened, envelope};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain::clock::Clock;
use domain::ids::{AgentTaskId, AnalysisRequestId, MessageId, UserId};
use domain::secret::Secret;
use store::{Settings, Store, vault};
use uuid::{Uuid, uuid};

use super::{Failure, each};
use crate::app::App;
use crate::config::Config;
use crate::queue::Queue;
use crate::relay;

const ASKED: &str = include_str!("../../../../events/orchestrator/asked.json");
const MIXED: &str = include_str!("../../../../events/orchestrator/mixed_batch.json");
const TASK: &str = include_str!("../../../../events/departments/task.json");

const SIGNING_KEY: &str = "YWxhdGFyLWV2ZW50cy1hcmUtbm90LWEtc2VjcmV0ISE=";
const USER: UserId = UserId::from_uuid(uuid!("01930000-0000-7000-8000-0000000000a1"));
const REQUEST: AnalysisRequestId =
    AnalysisRequestId::from_uuid(uuid!("01930000-0000-7000-8000-000000000001"));
const TASK_ID: AgentTaskId = AgentTaskId::from_uuid(uuid!("01930000-0000-7000-8000-000000000002"));

/// An app whose database is never asked.
fn app() -> App {
    let config = Config::from_lookup(&|name| match name {
        "ALATAR_SIGNING_KEY" | "ALATAR_MASTER_KEY" => Some(SIGNING_KEY.to_owned()),
        _ => None,
    })
    .unwrap();
    let url = || Secret::new("postgres://nobody@127.0.0.1:1/nothing");
    let vault = vault::Keyring::new(config.master_key.expose()).unwrap();
    let settings =
        Settings { runtime_url: url(), system_url: url(), pool_max: 1, instance: Uuid::nil(), vault };
    let (handle, _inbox) = relay::channel();
    App::new(config, Clock::Real, Store::connect(settings).unwrap(), Queue::Local(handle)).unwrap()
}

fn event(text: &str) -> SqsEvent {
    serde_json::from_str(text).unwrap()
}

fn failed(response: &SqsBatchResponse) -> Vec<u32> {
    let number = |id: &str| Uuid::parse_str(id).unwrap().as_fields().0;
    let mut failed: Vec<_> =
        response.batch_item_failures.iter().map(|item| number(&item.item_identifier)).collect();
    failed.sort_unstable();
    failed
}

#[tokio::test]
async fn a_payload_of_sqs_opens_as_what_was_sealed() {
    let seen = Mutex::new(Vec::new());
    let app = app();
    for text in [ASKED, TASK] {
        let response = each(&app, event(text), async |opened| {
            seen.lock().unwrap().push(opened);
            Ok(())
        });
        assert_eq!(failed(&response.await), [0; 0]);
    }
    let tenant = auth::testing::tenant(USER);
    let id =
        |last: u128| MessageId::from_uuid(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0000 + last));
    let asked = Opened { tenant, id: id(0x11), message: Message::Asked { request: REQUEST } };
    let task = Opened { tenant, id: id(0x1a), message: Message::Task { request: REQUEST, task: TASK_ID } };
    assert_eq!(seen.into_inner().unwrap(), [asked, task]);
    let keys = Keys::derive(b"alatar-events-are-not-a-secret!!");
    let body = event(ASKED).records[0].body.clone().unwrap();
    assert_eq!(envelope::seal(&keys, &tenant, asked.id, &asked.message), body, "seal the events anew");
}

#[tokio::test]
async fn bodies_that_are_not_ours_fail_alone() {
    let handled = Mutex::new(0);
    let app = app();
    let response = each(&app, event(MIXED), async |opened: Opened| {
        *handled.lock().unwrap() += 1;
        match opened.message {
            Message::Task { .. } | Message::Changed { .. } | Message::SessionEnded { .. } => {
                Err(Failure::Refuse("a task is not for the orchestrator"))
            }
            Message::Asked { .. }
            | Message::Answered { .. }
            | Message::Expired { .. }
            | Message::Reported { .. } => Ok(()),
        }
    });
    // Not JSON, another key, another queue's kind, a changed field, too long.
    assert_eq!(failed(&response.await), [4, 5, 6, 7, 8]);
    assert_eq!(handled.into_inner().unwrap(), 3);
}

#[tokio::test]
async fn a_retry_and_a_panic_fail_alone() {
    let mut event = event(MIXED);
    event.records.retain(|record| {
        ["00000003", "00000006", "00000009"].contains(&&record.message_id.as_ref().unwrap()[..8])
    });
    let app = app();
    let response = each(&app, event, async |opened: Opened| match opened.message {
        Message::Asked { .. } | Message::Answered { .. } | Message::Expired { .. } => Ok(()),
        Message::Task { .. } | Message::Changed { .. } | Message::SessionEnded { .. } => {
            Err(Failure::Retry("the database restarts".to_owned()))
        }
        Message::Reported { .. } => panic!("a fault of ours"),
    });
    assert_eq!(failed(&response.await), [6, 9]);
}

#[tokio::test]
async fn an_empty_batch_and_a_record_without_a_body_are_answered() {
    let app = app();
    let response = each(&app, SqsEvent::default(), async |_| Ok(())).await;
    assert_eq!(failed(&response), [0; 0]);
    let mut event = event(ASKED);
    event.records[0].body = None;
    assert_eq!(failed(&each(&app, event, async |_| Ok(())).await), [1]);
}
