//! Through the door: real requests into `graphql::handle`, a real database behind it, whole answers compared.

mod away;
mod envelope;
mod events;
mod limits;
mod operations;
mod pages;
mod results;
mod sessions;
mod submissions;
mod world;
