//! Decisions as tables, as random journeys, and as checkpoints of the past.

mod plans;
mod random;
mod states;
mod table;
