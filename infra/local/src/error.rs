//! What goes wrong around an analysis: cause and cure in one or two lines, and an exit code.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Config(#[from] runtime::config::Error),
    #[error("{0}")]
    Cluster(#[from] cluster::Error),
    #[error("{doing}: {source}")]
    Store { doing: &'static str, source: store::error::Error },
    #[error("{doing}: {said}")]
    Database { doing: &'static str, said: String },
    #[error(
        "the server that DATABASE_URL names cannot be used: {0}.\nCheck the URL, that the server runs and that its role may create roles; or unset it to use a private PostgreSQL."
    )]
    DatabaseUrl(store::error::Error),
    #[error("alatar is already running in {} (process {pid}, {url}).\nAsk it with `alatar ask`, stop it, or set ALATAR_HOME to another folder.", home.display())]
    AlreadyRunning { home: PathBuf, pid: u32, url: String },
    #[error("another alatar works in {} just now.\nWait until it has finished, or set ALATAR_HOME to another folder.", home.display())]
    HomeInUse { home: PathBuf },
    #[error(
        "port {port} of 127.0.0.1 is in use by another program.\nStop that one, or choose another port with --port (0 takes any free one)."
    )]
    PortInUse { port: u16 },
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen { port: u16, source: io::Error },
    #[error("the store folder {} cannot be used: {reason}", folder.display())]
    StoreFolder { folder: PathBuf, reason: String },
    #[error("the twin store was not written: {0}")]
    Twin(#[from] shopify_sim::twin::Error),
    #[error("the simulator did not start: {0}")]
    Simulator(String),
    #[error("{0}")]
    Runtime(#[from] runtime::Error),
    #[error("the demonstration merchant could not be set up: {0}")]
    Merchant(String),
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("no answer from {url}: {said}")]
    Http { url: String, said: String },
    #[error("{url} refused: {said}")]
    Refused { url: String, said: String },
    #[error(
        "the analysis did not end within {seconds} seconds; it goes on where alatar is running.\nAsk again for its result, or look at the log."
    )]
    Deadline { seconds: u64 },
    #[error("{0}")]
    Failed(String),
    #[error(
        "{0}\nAnswer it with the mutation answerClarification while alatar is up; the explorer at its address takes it by hand."
    )]
    AskedBack(String),
    #[error("stopped")]
    Interrupted,
}

impl Error {
    pub fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    pub fn store(doing: &'static str) -> impl FnOnce(store::error::Error) -> Self {
        move |source| Self::Store { doing, source }
    }

    /// 1: the analysis failed. 2: what was asked for is wrong, or not clear yet. 3: the machine does not let us. 130: stopped by hand.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Failed(_) | Self::Deadline { .. } | Self::Refused { .. } => 1,
            Self::AskedBack(_)
            | Self::Config(_)
            | Self::Cluster(cluster::Error::NotPrograms { .. })
            | Self::AlreadyRunning { .. }
            | Self::HomeInUse { .. }
            | Self::PortInUse { .. }
            | Self::StoreFolder { .. }
            | Self::Twin(_) => 2,
            Self::Cluster(_)
            | Self::Store { .. }
            | Self::Database { .. }
            | Self::DatabaseUrl(_)
            | Self::Listen { .. }
            | Self::Simulator(_)
            | Self::Runtime(_)
            | Self::Merchant(_)
            | Self::Io { .. }
            | Self::Http { .. } => 3,
            Self::Interrupted => 130,
        })
    }
}
