//! Decisions as tables, as random journeys, and as checkpoints of the past.

#![expect(clippy::unwrap_used, reason = "what a test needs first fails the test")]

mod clarifications;
mod plans;
mod random;
mod states;
mod table;
