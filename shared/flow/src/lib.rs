//! Floor 1, pure and total: what an analysis decides. `analysis::step(state, event) -> (state, commands)`.

pub mod analysis;
pub mod plan;
