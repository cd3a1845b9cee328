//! Every setting, read in one place and refused with the name of its variable. The README's table documents them.

mod keys;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use domain::clock::Clock;
use domain::limits::{
    ANALYSES_PER_HOUR, FAILED_LOGINS_PER_ACCOUNT, FAILED_LOGINS_PER_ADDRESS, REGISTRATIONS_PER_ADDRESS,
};
use domain::secret::Secret;
use jiff::Timestamp;
use url::Url;

/// The settings of a process.
#[derive(Clone, Debug)]
pub struct Config {
    pub environment: Environment,
    /// Where a local Alatar keeps its state: `ALATAR_HOME`, `.alatar` unless said otherwise.
    pub home: PathBuf,
    pub port: u16,
    /// The folder of the PostgreSQL binaries; found by itself where this is `None`.
    pub pg_bin: Option<PathBuf>,
    /// `None` where they are switched off, which production refuses.
    pub rate_limits: Option<RateLimits>,
    /// The instant at which the world's clock starts; real time where `None` and the store has none of its own.
    pub clock_start: Option<Timestamp>,
    /// The owner's connection; the embedded cluster where `None`.
    pub database_url: Option<Secret>,
    pub signing_key: Key,
    pub master_key: Key,
    /// Origins that CORS and the WebSocket's Origin check let in.
    pub allowed_origins: Vec<String>,
    pub shopify: Shopify,
    pub llm: Llm,
    /// Where pushes to WebSocket connections go on AWS: the API's stage, `https://id.execute-api.region.amazonaws.com/stage`.
    pub websocket_url: Option<Url>,
    /// SQS queue URLs by queue name (`orchestrator`, or a department's).
    pub queue_urls: BTreeMap<String, Url>,
    pub telemetry: Telemetry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    Local,
    Staging,
    Production,
}

/// How often one user or one address may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    pub analyses_per_hour: u32,
    pub requests_per_minute: u32,
    /// In 15 minutes.
    pub failed_logins_per_account: u32,
    /// In 15 minutes.
    pub failed_logins_per_address: u32,
    /// In 15 minutes.
    pub registrations_per_address: u32,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            analyses_per_hour: u32::try_from(ANALYSES_PER_HOUR).unwrap_or(u32::MAX),
            requests_per_minute: 1_200,
            failed_logins_per_account: FAILED_LOGINS_PER_ACCOUNT,
            failed_logins_per_address: FAILED_LOGINS_PER_ADDRESS,
            registrations_per_address: REGISTRATIONS_PER_ADDRESS,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Shopify {
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    /// Sends all shop traffic to one place, for example a simulator.
    pub api_base: Option<Url>,
}

#[derive(Clone, Debug, Default)]
pub struct Llm {
    pub base_url: Option<Url>,
    pub api_key: Option<Secret>,
    pub model: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    /// A `RUST_LOG` filter.
    pub filter: Option<String>,
    /// JSON lines, for a log collector; compact text for people otherwise.
    pub json: bool,
    /// `OTEL_SERVICE_NAME`, written into every JSON line.
    pub service: Option<String>,
    pub otlp_endpoint: Option<Url>,
}

/// Key material of 32 bytes or more. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    pub const BYTES_MIN: usize = 32;

    /// `None` for fewer than 32 bytes.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() >= Self::BYTES_MIN).then_some(Self(bytes))
    }

    /// The bytes themselves, for the one call that derives from them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A setting that stops the start. Values are never repeated: they may be secrets.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{name} is not set: it must be {expected}")]
    Missing { name: &'static str, expected: &'static str },
    #[error("{name} is malformed: it must be {expected}")]
    Malformed { name: &'static str, expected: &'static str },
    #[error("{name} is kept in {path}, which cannot be used: {source}")]
    KeyFile { name: &'static str, path: PathBuf, source: io::Error },
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_lookup(&from_environment)
    }

    /// Reads the process's environment, with the values of secrets that were fetched from elsewhere.
    #[cfg(feature = "aws")]
    pub(crate) fn from_env_with(
        secrets: &std::collections::HashMap<&'static str, String>,
    ) -> Result<Self, Error> {
        Self::from_lookup(&|name| secrets.get(name).cloned().or_else(|| from_environment(name)))
    }

    /// Reads settings from `lookup`; an empty value counts as unset.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        read::config(&read::Lookup::new(lookup))
    }

    /// The clock of this process. Locally a store may bring a start of its own, used where none is set.
    pub fn clock(&self, store_start: Option<Timestamp>) -> Clock {
        self.clock_start.or(store_start).map_or(Clock::Real, Clock::starting_at)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
