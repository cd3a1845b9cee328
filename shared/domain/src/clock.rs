//! What time it is, as a value that is handed in.

use jiff::{SignedDuration, Timestamp};

/// A small copyable clock: real time, real time moved to a store's own "now", or a fixed instant for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    Real,
    /// Runs on from a chosen start: `now = real + shift`.
    Shifted(SignedDuration),
    Fixed(Timestamp),
}

impl Clock {
    /// A clock that shows `start` at this moment and runs on from there.
    pub fn starting_at(start: Timestamp) -> Self {
        Self::Shifted(start.duration_since(Self::Real.now()))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(self) -> Timestamp {
        match self {
            Self::Real => Timestamp::now(),
            Self::Shifted(shift) => Timestamp::now() + shift,
            Self::Fixed(at) => at,
        }
    }
}
