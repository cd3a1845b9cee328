//! The loading of mirrors: real PostgreSQL, the simulator's wire, and a shop that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "retrieval/crashes.rs"]
mod crashes;
#[path = "retrieval/faults.rs"]
mod faults;
#[path = "retrieval/loads.rs"]
mod loads;
#[path = "retrieval/shops.rs"]
mod shops;
