//! Floor 3: who does the work. The orchestrator's turns (`orchestrator`, `driver`), the six departments and their tools
//! (`departments`, `desk`, `tools`), the planner and the renderer by rules, and the loading of mirrors.

pub mod context;
pub mod departments;
pub mod desk;
pub mod driver;
pub mod orchestrator;
pub mod planner;
pub mod renderer;
pub mod retrieval;
pub mod snapshots;
pub mod tools;

use domain::ids::MessageId;
use store::outbox::Outgoing;

/// What a handled message leaves to be done with the queue, after the commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Handled {
    pub send: Vec<Outgoing>,
    /// Messages that wait for their time and have lost their meaning. To deliver them does no harm.
    pub forget: Vec<MessageId>,
}

/// Why a message could not be handled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Worth another delivery. The text goes to the log: it holds no data.
    #[error("{0}")]
    Retry(String),
    /// No delivery will ever succeed.
    #[error("{0}")]
    Refuse(&'static str),
}

impl From<store::error::Error> for Error {
    /// A store that refuses for good is a fault of ours; the queue's bound on deliveries ends it.
    fn from(error: store::error::Error) -> Self {
        Self::Retry(error.to_string())
    }
}
