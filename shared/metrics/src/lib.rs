//! Floor 1, pure: what Alatar can compute. The catalogue of metrics and dimensions, typed queries, periods in the
//! shop's time zone, immutable column segments, and the kernels that answer a query over a snapshot of them.

pub mod catalogue;
pub mod columns;
pub mod kernel;
pub mod period;
pub mod query;
pub mod rounding;
pub mod segment;
pub mod snapshot;
pub mod table;
