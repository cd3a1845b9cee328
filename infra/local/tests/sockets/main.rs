//! Sockets from outside: bare frames over TCP, events of API Gateway, and the same cases through both.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at what it does not expect"
)]

mod cases;
mod changes;
mod cuts;
mod events;
mod handshakes;
mod raw;
mod world;
