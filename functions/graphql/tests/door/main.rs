//! Through the door: real requests into `graphql::handle`, a real database behind it, whole answers compared.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod accounts;
mod actions;
mod away;
mod bad_input;
mod cancellations;
mod clarifications;
mod costs;
mod envelope;
mod events;
mod fuzz;
mod grid;
mod guesses;
mod guide;
mod limits;
mod pages;
mod passwords;
mod preferences;
mod refreshes;
mod results;
mod scene;
mod schema;
mod sessions;
mod submissions;
mod world;
