//! The way to SQS and back, against an SQS-compatible server on this machine (`AWS_ENDPOINT_URL`; `make test-aws`).

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use auth::envelope::{self, Message};
use aws_config::BehaviorVersion;
use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use domain::clock::Clock;
use domain::ids::{AnalysisRequestId, MessageId};
use jiff::SignedDuration;
use runtime::app::App;
use runtime::config::Config;
use runtime::queue::Queue;
use runtime::sqs;
use runtime::sqs::send::Sender;
use store::analysis_requests::{self, Submit};
use store::outbox::Outgoing;
use testing::TestDb;
use uuid::Uuid;

const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
/// One more than two batches of ten.
const MESSAGES: usize = 21;

struct Place {
    client: Client,
    queue_url: String,
    app: App,
    db: TestDb,
}

async fn place() -> Place {
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&aws);
    let name = format!("alatar-{}", Uuid::now_v7().simple());
    let created =
        client.create_queue().queue_name(name).attributes(QueueAttributeName::VisibilityTimeout, "30");
    let queue_url = created.send().await.unwrap().queue_url.unwrap();
    let config = Config::from_lookup(&|name| match name {
        "ALATAR_SIGNING_KEY" | "ALATAR_MASTER_KEY" => Some(KEY.to_owned()),
        "ALATAR_QUEUE_URLS" => Some(format!("orchestrator={queue_url}")),
        _ => None,
    })
    .unwrap();
    let db = TestDb::new().await;
    let queue = Queue::Sqs(Sender::new(&aws, &config, db.store.clone(), Clock::Real));
    let app = App::new(config, Clock::Real, db.store.clone(), queue).unwrap();
    Place { client, queue_url, app, db }
}

impl Place {
    async fn submit(&self) -> Outgoing {
        let (request, id) = (AnalysisRequestId::new(), MessageId::new());
        let mut tx = self.app.store.tenant(&self.db.alice).await.unwrap();
        let submit = Submit {
            id: request,
            account: None,
            prompt: "How is my store doing?",
            idempotency_key: None,
            per_hour_max: None,
            message_id: id,
            message: envelope::seal(&self.app.keys, &self.db.alice, id, &Message::Asked { request }),
            now: Clock::Real.now(),
        };
        analysis_requests::submit(&mut tx, submit).await.unwrap();
        tx.commit().await.unwrap().pop().unwrap()
    }

    /// What the event source mapping would hand to the function.
    async fn receive(&self) -> SqsEvent {
        let request = self.client.receive_message().queue_url(&self.queue_url);
        let received = request.max_number_of_messages(10).wait_time_seconds(1).send().await.unwrap();
        let mut event = SqsEvent::default();
        for message in received.messages.unwrap_or_default() {
            let mut record = SqsMessage::default();
            record.message_id = message.message_id;
            record.body = message.body;
            event.records.push(record);
        }
        event
    }

    async fn left(&self) -> BTreeSet<MessageId> {
        let rows = self.db.owner().await.query("select id from outbox", &[]).await.unwrap();
        rows.iter().map(|row| MessageId::from_uuid(row.get(0))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_arrives_once_and_leaves_the_outbox() {
    let place = place().await;
    let mut messages = Vec::new();
    for _ in 0..MESSAGES {
        messages.push(place.submit().await);
    }
    let expected: BTreeMap<MessageId, usize> = messages.iter().map(|message| (message.id, 1)).collect();
    // SQS delays no message for an hour: it waits in the outbox, as does one for a queue that is not configured.
    let mut late = place.submit().await;
    late.available_at += SignedDuration::from_hours(1);
    let mut lost = place.submit().await;
    lost.queue = "data_retrieval".to_owned();
    let waiting = BTreeSet::from([late.id, lost.id]);
    messages.extend([late, lost]);
    place.app.queue.send(messages).await;
    assert_eq!(place.left().await, waiting);

    let not_ours = place.client.send_message().queue_url(&place.queue_url).message_body("not ours");
    let not_ours = not_ours.send().await.unwrap().message_id.unwrap();
    let seen = Mutex::new(BTreeMap::new());
    let mut failed = Vec::new();
    let mut received = 0;
    while received <= MESSAGES {
        let event = place.receive().await;
        assert!(!event.records.is_empty(), "{received} of {} arrived", MESSAGES + 1);
        received += event.records.len();
        let response = sqs::each(&place.app, event, async |opened| {
            *seen.lock().unwrap().entry(opened.id).or_insert(0) += 1;
            Ok(())
        });
        failed.extend(response.await.batch_item_failures.into_iter().map(|item| item.item_identifier));
    }
    assert_eq!(seen.into_inner().unwrap(), expected);
    assert_eq!(failed, [not_ours]);
}
