//! What the metrics promise, shown against a second, slower implementation, by hand, and under bad input.

mod agreement;
mod building;
mod cases;
mod oracle;
mod periods;
mod refusals;
mod segments;

mod stores;
