//! The way to SQS. A row leaves the outbox when SQS has taken its message; what SQS refuses stays for the sweep.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::clock::Clock;
use domain::ids::MessageId;
use domain::limits::{MESSAGE_BATCH_MAX, MESSAGE_BYTES_MAX};
use jiff::Timestamp;
use store::Store;
use store::outbox::Outgoing;
use url::Url;

use crate::config::Config;
use crate::relay::ledger::{Ledger, Settlement};

/// SQS delays a message no longer; what is due later waits in the outbox.
const DELAY_SECONDS_MAX: i64 = 900;

#[derive(Clone)]
pub struct Sender {
    client: Client,
    queue_urls: Arc<BTreeMap<String, Url>>,
    ledger: Ledger,
}

impl Sender {
    pub fn new(aws: &SdkConfig, config: &Config, store: Store, clock: Clock) -> Self {
        Self {
            client: Client::new(aws),
            queue_urls: Arc::new(config.queue_urls.clone()),
            ledger: Ledger::new(store, clock),
        }
    }

    pub(crate) async fn send(&self, messages: Vec<Outgoing>) {
        let now = self.ledger.now();
        let mut by_queue: BTreeMap<String, Vec<Outgoing>> = BTreeMap::new();
        for message in messages {
            if delay_seconds(&message, now) <= DELAY_SECONDS_MAX {
                by_queue.entry(message.queue.clone()).or_default().push(message);
            }
        }
        let mut taken = Vec::new();
        for (queue, messages) in by_queue {
            let Some(url) = self.queue_urls.get(&queue) else {
                tracing::error!(
                    queue,
                    "ALATAR_QUEUE_URLS names no such queue; its messages wait in the outbox"
                );
                continue;
            };
            for batch in batches(messages) {
                taken.extend(self.send_batch(url, batch, now).await);
            }
        }
        let settlement = Settlement { done: taken, failed: Vec::new() };
        if settlement.is_empty() {
            return;
        }
        if let Err(error) = self.ledger.settle(&settlement).await {
            tracing::warn!(%error, "sent messages stay in the outbox and will be sent twice");
        }
    }

    /// The ids that SQS has taken.
    async fn send_batch(&self, url: &Url, batch: Vec<Outgoing>, now: Timestamp) -> Vec<MessageId> {
        let entries = batch.iter().filter_map(|message| {
            let delay = i32::try_from(delay_seconds(message, now)).ok();
            let entry = SendMessageBatchRequestEntry::builder().id(message.id.to_string());
            entry.message_body(&message.body).set_delay_seconds(delay).build().ok()
        });
        let request = self.client.send_message_batch().queue_url(url.as_str());
        match request.set_entries(Some(entries.collect())).send().await {
            Ok(answer) => {
                for refused in answer.failed() {
                    tracing::warn!(message = refused.id(), code = refused.code(), "SQS refused a message");
                }
                answer
                    .successful()
                    .iter()
                    .filter_map(|entry| entry.id().parse().ok())
                    .map(MessageId::from_uuid)
                    .collect()
            }
            Err(error) => {
                tracing::warn!(%error, "SQS cannot be reached; the messages wait in the outbox");
                Vec::new()
            }
        }
    }
}

/// Whole seconds until the message is due, rounded up; 0 for what is due.
fn delay_seconds(message: &Outgoing, now: Timestamp) -> i64 {
    let wait = message.available_at.duration_since(now);
    (wait.as_secs() + i64::from(wait.subsec_nanos() > 0)).max(0)
}

/// Cuts into batches of ten entries and 256 KiB at most.
fn batches(messages: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let entries_max = usize::try_from(MESSAGE_BATCH_MAX).unwrap_or(1);
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let fits = bytes + message.body.len() <= MESSAGE_BYTES_MAX;
        match batches.last_mut().filter(|batch| fits && batch.len() < entries_max) {
            Some(batch) => {
                bytes += message.body.len();
                batch.push(message);
            }
            None => {
                bytes = message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}
