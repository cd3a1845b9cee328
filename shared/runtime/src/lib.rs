//! Floor 3: the shell around every function. Settings, telemetry, the `App` that handlers are given, queue messages in
//! and out, and the relay that is the queue where there is no SQS. Knows nothing of what a message means.

pub mod app;
#[cfg(feature = "aws")]
pub mod boot;
pub mod config;
pub mod queue;
pub mod relay;
pub mod sqs;
pub mod telemetry;

/// Why a process could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a setting is wrong")]
    Config(#[from] config::Error),
    #[error("the database could not be reached")]
    Store(#[from] store::error::Error),
    #[error("the HTTP client could not be built")]
    Http(#[from] reqwest::Error),
    #[error("the master key was refused")]
    Vault(#[from] store::vault::Error),
    #[cfg(feature = "aws")]
    #[error("the secret of {name} could not be read")]
    Secret { name: &'static str },
    #[error("the Lambda loop ended: {0}")]
    Lambda(lambda_runtime::Error),
}
