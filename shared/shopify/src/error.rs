//! What can go wrong between us and Shopify. No variant carries the token, an address with a signature, or a body.

use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("Shopify refused the access token: the store must be connected again")]
    TokenRefused,
    #[error("the shop is frozen: its plan is unpaid")]
    ShopFrozen,
    #[error("Shopify forbids this call")]
    Forbidden,
    #[error("Shopify knows no such shop")]
    ShopNotFound,
    #[error("the shop is locked")]
    ShopLocked,
    #[error("Shopify answered with the unexpected status {status}")]
    Status { status: u16 },
    #[error("Shopify asks us to wait {} ms", wait.as_millis())]
    Throttled { wait: Duration },
    #[error("the operation {operation} costs more than Shopify allows for one")]
    TooCostly { operation: &'static str },
    #[error("Shopify is unavailable (status {status})")]
    Unavailable { status: u16 },
    #[error("Shopify reported a fault of its own in {operation}")]
    Fault { operation: &'static str },
    #[error("Shopify cannot be reached")]
    Unreachable,
    #[error("Shopify did not answer in time")]
    TimedOut,
    #[error("the connection to Shopify was cut")]
    Cut,
    #[error("the answer to {operation} is longer than we accept")]
    TooLong { operation: &'static str },
    #[error("the answer to {operation} is not the JSON we asked for")]
    NotJson { operation: &'static str },
    #[error("the answer to {operation} lacks {field}, or it cannot be read")]
    Field { operation: &'static str, field: &'static str },
    /// Shopify leaves such a field null and answers the rest: what comes is partial, and partial is not zero.
    #[error("access to {path} is denied in {operation}")]
    AccessDenied { operation: &'static str, path: String },
    /// Shopify ignores a filter it does not know and answers with everything.
    #[error("Shopify did not understand a filter of {operation} ({code})")]
    SearchIgnored { operation: &'static str, code: String },
    #[error("Shopify refused {operation} ({})", codes.join(", "))]
    Refused { operation: &'static str, codes: Vec<String> },
    #[error("as many bulk operations run for this shop as Shopify allows")]
    BulkBusy,
    #[error("Shopify rejected the document of {operation} ({})", codes.join(", "))]
    Rejected { operation: &'static str, codes: Vec<String> },
    #[error("Shopify answered in version {answered} of its API, {asked} was asked for")]
    Version { asked: &'static str, answered: String },
    #[error("the file of the bulk operation is no longer there")]
    FileGone,
    #[error("the address of the bulk operation's file is not one we fetch from")]
    FileAddress,
    #[error("line {line} of the bulk operation's file: {field}: {problem}")]
    Line { line: u64, field: String, problem: &'static str },
}

/// How long to wait before a bulk operation is tried again while others run.
const BULK_BUSY_WAIT: Duration = Duration::from_secs(10);

impl Error {
    /// Whether the same call may succeed later; otherwise somebody has to change something first.
    pub const fn is_retry(&self) -> bool {
        match self {
            Self::Throttled { .. }
            | Self::Unavailable { .. }
            | Self::Fault { .. }
            | Self::Unreachable
            | Self::TimedOut
            | Self::Cut
            | Self::NotJson { .. }
            | Self::BulkBusy
            | Self::FileGone => true,
            Self::TokenRefused
            | Self::ShopFrozen
            | Self::Forbidden
            | Self::ShopNotFound
            | Self::ShopLocked
            | Self::Status { .. }
            | Self::TooCostly { .. }
            | Self::TooLong { .. }
            | Self::Field { .. }
            | Self::AccessDenied { .. }
            | Self::SearchIgnored { .. }
            | Self::Refused { .. }
            | Self::Rejected { .. }
            | Self::Version { .. }
            | Self::FileAddress
            | Self::Line { .. } => false,
        }
    }

    /// How long Shopify wants us to wait, where it says so.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Throttled { wait } => Some(*wait),
            Self::BulkBusy => Some(BULK_BUSY_WAIT),
            _ => None,
        }
    }

    /// What the transport said, without the address that its own text would repeat.
    pub(crate) fn from_transport(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_connect() {
            Self::Unreachable
        } else if error.is_builder() {
            Self::FileAddress
        } else {
            Self::Cut
        }
    }
}
