//! A cancellation changes one member of a checkpoint, whatever else the checkpoint holds. So it can be written where the
//! checkpoint lies, without reading it first.

use serde_json::{Value, json};

use crate::analysis::state::{Phase, State};
use crate::analysis::{self, Event};

/// What a cancellation writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cancellation {
    /// The checkpoint of an analysis that has none yet.
    pub fresh: Value,
    /// To be put over the checkpoint, member by member.
    pub change: Value,
    /// How far the analysis is then.
    pub progress: f64,
}

/// The step [`Event::Cancelled`] of any open state, as a change of its checkpoint.
///
/// # Errors
/// Never: a checkpoint has a JSON form.
pub fn cancellation() -> Result<Cancellation, serde_json::Error> {
    let fresh = State::default();
    let cancelled = analysis::step(fresh.clone(), &Event::Cancelled).state;
    Ok(Cancellation {
        fresh: serde_json::to_value(&fresh)?,
        progress: analysis::progress(&cancelled),
        change: json!({ "phase": serde_json::to_value::<Phase>(cancelled.phase)? }),
    })
}
