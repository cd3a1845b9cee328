//! Floor 1, pure and total: what an analysis decides. `analysis::step(state, event)` gives the next state and what is to
//! be done; it reads no clock, no row and no network, so a journal can be replayed, tabled and read.

pub mod analysis;
pub mod plan;
