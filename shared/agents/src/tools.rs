//! Class 3: typed, read-only capabilities. One file a tool; `NAME` and `ABOUT` are what a planner may read.

pub mod query_metrics;
pub mod refresh_mirror;

use std::time::Duration;

use domain::digest::Digest;
use flow::plan::Work;
use jiff::Timestamp;
use metrics::table::Table;
use serde::{Deserialize, Serialize};

/// Every tool there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    RefreshMirror,
    QueryMetrics,
}

/// What a tool hands in; the result of its task, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Done {
    /// The snapshot that the analysis reads, and the instant that it shows.
    Refreshed {
        snapshot: Digest,
        taken_at: Timestamp,
        loaded: bool,
    },
    Tables {
        tables: Vec<Table>,
    },
}

/// Why a tool handed in nothing. The texts are for the merchant.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// Another attempt may succeed, after `wait` at the earliest.
    #[error("{message}")]
    Retry { message: String, wait: Duration },
    /// None will.
    #[error("{0}")]
    Fail(String),
}

impl ToolError {
    pub(crate) fn retry(message: impl Into<String>) -> Self {
        Self::Retry { message: message.into(), wait: Duration::ZERO }
    }
}

impl From<store::error::Error> for ToolError {
    fn from(error: store::error::Error) -> Self {
        tracing::warn!(%error, "a tool could not use the database");
        let message = "The database could not be used.".to_owned();
        if error.is_retry() { Self::retry(message) } else { Self::Fail(message) }
    }
}

impl Tool {
    /// The tool that does a piece of work.
    pub const fn of(work: &Work) -> Self {
        match work {
            Work::RefreshMirror => Self::RefreshMirror,
            Work::QueryMetrics { .. } => Self::QueryMetrics,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::RefreshMirror => refresh_mirror::NAME,
            Self::QueryMetrics => query_metrics::NAME,
        }
    }

    pub const fn about(self) -> &'static str {
        match self {
            Self::RefreshMirror => refresh_mirror::ABOUT,
            Self::QueryMetrics => query_metrics::ABOUT,
        }
    }
}
