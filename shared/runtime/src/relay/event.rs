//! The event that SQS would have made of an outbox row, field by field.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use jiff::Timestamp;

use super::dispatch::Item;

pub(super) fn event(queue: &str, items: &[Item], now: Timestamp) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = items.iter().map(|item| record(queue, item, now)).collect();
    event
}

fn record(queue: &str, item: &Item, now: Timestamp) -> SqsMessage {
    let sent = now.as_millisecond().to_string();
    let attributes = [
        ("ApproximateReceiveCount", (item.receives).to_string()),
        ("SentTimestamp", sent.clone()),
        ("ApproximateFirstReceiveTimestamp", sent),
        ("SenderId", "alatar".to_owned()),
    ];
    let mut record = SqsMessage::default();
    record.message_id = Some(item.id.to_string());
    record.receipt_handle = Some(format!("{}#{}", item.id, item.receives));
    record.body = Some(item.body.clone());
    record.attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    record.event_source = Some("aws:sqs".to_owned());
    record.event_source_arn = Some(format!("arn:aws:sqs:local:000000000000:{queue}"));
    record.aws_region = Some("local".to_owned());
    record
}
