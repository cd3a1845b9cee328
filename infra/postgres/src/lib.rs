//! A private PostgreSQL made of programs that are installed already.
//!
//! [`binaries`] finds them, [`place`] chooses folders that the server's user reaches (PostgreSQL refuses to run as
//! root, so root steps down), [`Cluster`] runs one server for one process, [`shared`] one server for many test
//! processes. A server is the child of a keeper, a few lines of `sh` that stop it as soon as nobody holds it any
//! more; so a program that is killed leaves nothing behind.

use std::path::PathBuf;
use std::process::Child;
use std::time::Duration;

use domain::secret::Secret;

use crate::place::Place;

pub mod binaries;
mod keeper;
pub mod place;
mod ready;
mod server;
pub mod shared;

/// The superuser of a cluster made here; it owns every database.
pub const OWNER: &str = "alatar";
/// The database that every cluster has from the start.
pub const FIRST_DATABASE: &str = "postgres";
/// How long a server may take until it answers: after a crash it replays its log first.
const READY_MAX: Duration = Duration::from_secs(60);
/// How long an earlier server of the same folder may take to stop, and ours when it is told to.
const STOP_MAX: Duration = Duration::from_secs(30);

/// Why there is no server: cause and cure in one or two lines.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "no PostgreSQL 15 or newer was found (looked in {looked}).\nInstall it (Debian: apt install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql), or name its bin folder in ALATAR_PG_BIN, or a server of yours in DATABASE_URL."
    )]
    NotFound { looked: String },
    #[error("PostgreSQL in {} is version {version}, too old: 15 or newer is needed.\nInstall a newer one, or name its bin folder in ALATAR_PG_BIN.", bin.display())]
    TooOld { bin: PathBuf, version: String },
    #[error("ALATAR_PG_BIN names {}, which does not hold the programs postgres and initdb ({reason}).\nName the bin folder of PostgreSQL 15 or newer.", bin.display())]
    NotPrograms { bin: PathBuf, reason: String },
    #[error("the PostgreSQL in {} cannot be reached by the user \"{account}\", under whom it must run (it refuses root).\nMove it out of a private folder, or start as an ordinary user.", bin.display())]
    Unreachable { bin: PathBuf, account: String },
    #[error(
        "started as root, and neither the user \"postgres\" nor \"nobody\" exists to run PostgreSQL (it refuses root).\nMake one of them, or start as an ordinary user."
    )]
    NoAccount,
    #[error("the folder {} is not ours alone (it must be a folder of user {uid} with mode 0700).\nRemove it or set TMPDIR to another place.", dir.display())]
    Untrusted { dir: PathBuf, uid: u32 },
    #[error(
        "no system temporary folder is short enough and open to PostgreSQL's user.\nSet TMPDIR to a short path that everyone may enter, for example /tmp."
    )]
    NoPlace,
    #[error("the database in {} was made by PostgreSQL {made}, but {found} was found.\nName the bin folder of a PostgreSQL {made} in ALATAR_PG_BIN, or move that folder away to begin anew.", data.display())]
    OtherMajor { data: PathBuf, made: String, found: u32 },
    #[error("the database in {} is in use by another process.\nStop the other one, or set ALATAR_HOME to another folder.", data.display())]
    InUse { data: PathBuf },
    #[error("initdb failed: {said}")]
    Initdb { said: String },
    #[error("PostgreSQL did not start: {said}\nIts log is {}.", log.display())]
    DidNotStart { said: String, log: PathBuf },
    #[error("PostgreSQL did not answer within {} seconds. Its log is {}.", READY_MAX.as_secs(), log.display())]
    NotReady { log: PathBuf },
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}

/// What is to run, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder whose cluster this is; made when it is missing. Its real place may be elsewhere ([`place`]).
    pub home: PathBuf,
    pub binaries: binaries::Binaries,
    pub safety: Safety,
}

/// What a crash of the server or the machine may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Nothing that was committed.
    Durable,
    /// What was committed last, or everything: nothing is forced to the disk. For tests.
    Fast,
}

/// A running server of this process; dropping it stops the server.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    password: Secret,
    keeper: Option<Child>,
    options: Options,
}

impl Cluster {
    /// Makes the cluster on first use and starts it; returns when it answers.
    ///
    /// # Errors
    /// [`Error`] with cause and cure; nothing is left running then.
    pub fn start(options: &Options) -> Result<Self, Error> {
        server::start(options)
    }

    /// A URL for the owner of everything, over a socket in a folder that is private to the server's user.
    pub fn owner_url(&self, database: &str) -> Secret {
        owner_url(&self.place, &self.password, database)
    }

    /// Starts the server again when it has ended by itself, for example because somebody killed it. Says whether it had.
    ///
    /// # Errors
    /// As [`Cluster::start`]; worth another try.
    pub fn revive(&mut self) -> Result<bool, Error> {
        let ended = match &mut self.keeper {
            Some(keeper) => keeper.try_wait().map_err(Error::io("wait for", "/bin/sh"))?.is_some(),
            None => true,
        };
        if ended {
            self.keeper = None;
            self.keeper = Some(server::launch(&self.place, &self.options)?);
        }
        Ok(ended)
    }

    /// Where the server writes what it has to say.
    pub fn log(&self) -> PathBuf {
        self.place.log()
    }

    /// Tells the server to stop, disconnecting its clients, and waits until it has.
    ///
    /// # Errors
    /// [`Error::Io`] when it could not be waited for.
    pub fn stop(mut self) -> Result<(), Error> {
        self.keeper.take().map_or(Ok(()), |keeper| server::stop(keeper, &self.place))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            // Nobody is left to be told; the keeper stops the server even if waiting for it failed.
            let _ = server::stop(keeper, &self.place);
        }
    }
}

fn owner_url(place: &Place, password: &Secret, database: &str) -> Secret {
    let host: String = place.sockets().to_string_lossy().chars().fold(String::new(), |mut out, letter| {
        if letter.is_ascii_alphanumeric() || "-._~".contains(letter) {
            out.push(letter);
        } else {
            let mut bytes = [0; 4];
            letter.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
        out
    });
    Secret::new(format!("postgresql://{OWNER}:{}@{host}:{}/{database}", password.expose(), ready::PORT))
}

/// Joins the one server that many processes share, starting it where none runs; it stops soon after the last
/// holder has gone, however that one went. What it stores does not survive a crash of the machine.
///
/// # Errors
/// [`Error`] with cause and cure.
pub fn shared(home: &std::path::Path, search: &binaries::Search<'_>) -> Result<shared::Shared, Error> {
    shared::join(home, search)
}
