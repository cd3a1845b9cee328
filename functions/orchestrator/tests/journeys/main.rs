//! Through the door: a question is submitted, messages travel through outbox and relay to the real handlers, over a
//! real PostgreSQL and a Shopify on the wire, and the answer is read from the rows.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

mod answers;
mod bad_messages;
mod budget;
mod cancellations;
mod clarifications;
mod crashes;
mod deliveries;
mod failures;
mod journal;
mod world;
