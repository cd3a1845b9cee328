//! The state folder: who works in it, what is running, who the demonstration merchants are, what time it is there.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::ids::UserId;
use domain::secret::Secret;
use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;

const RUN_FILE: &str = "run.json";
const MERCHANTS_FILE: &str = "merchants.json";
const CLOCK_FILE: &str = "clock.json";

/// Where a local Alatar keeps its state; the path is absolute.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

/// What `run.json` says to other tools while `alatar up` runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub pid: u32,
    pub url: String,
    pub websocket_url: String,
    pub owner_database_url: String,
    pub runtime_database_url: String,
    pub simulator_url: String,
    pub merchants: Vec<RunMerchant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMerchant {
    pub email: String,
    pub password: String,
    pub user_id: UserId,
}

/// A demonstration merchant, remembered so that the same store has the same one at every start.
#[derive(Clone, Serialize, Deserialize)]
pub struct Merchant {
    /// Which store, by role and content.
    pub store: String,
    pub email: String,
    pub password: String,
    pub shopify_token: String,
}

/// The time in each store's world when it was last looked at, and whose world it was last.
#[derive(Default, Serialize, Deserialize)]
struct LastSeen {
    store: String,
    at: BTreeMap<String, Timestamp>,
}

/// Held while one process works in the folder.
pub struct Lock(#[expect(dead_code, reason = "the lock is the open file")] File);

impl Home {
    /// Makes the folder, private to its user, when it is missing.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(Error::io("make the folder", path))?;
        path.canonicalize().map(Self).map_err(Error::io("read", path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// # Errors
    /// [`Error::AlreadyRunning`] or [`Error::HomeInUse`] when another process works here.
    pub fn lock(&self) -> Result<Lock, Error> {
        let path = self.file("lock");
        let file = File::options()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io("open", &path))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(Lock(file));
        }
        Err(match self.run() {
            Some(run) => Error::AlreadyRunning { home: self.0.clone(), pid: run.pid, url: run.url },
            None => Error::HomeInUse { home: self.0.clone() },
        })
    }

    /// What is running here; `None` when nothing is, also when the last run was killed.
    pub fn running(&self) -> Option<Run> {
        let path = self.file("lock");
        let file = File::options().append(true).open(path).ok()?;
        if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
            return None;
        }
        self.run()
    }

    fn run(&self) -> Option<Run> {
        self.read(RUN_FILE)
    }

    /// # Errors
    /// [`Error::Io`].
    pub fn write_run(&self, run: &Run) -> Result<(), Error> {
        self.write(RUN_FILE, run)
    }

    pub fn remove_run(&self) {
        // It may never have been written.
        let _ = fs::remove_file(self.file(RUN_FILE));
    }

    /// The merchant of a store, made on first use with a random password.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn merchant(&self, store: &str) -> Result<Merchant, Error> {
        let mut all: Vec<Merchant> = self.read(MERCHANTS_FILE).unwrap_or_default();
        if let Some(known) = all.iter().find(|merchant| merchant.store == store) {
            return Ok(known.clone());
        }
        let merchant = Merchant {
            store: store.to_owned(),
            email: format!("merchant-{}@demo.example", random(4)?),
            password: random(16)?,
            shopify_token: format!("shpat_{}", random(16)?),
        };
        all.push(merchant.clone());
        self.write(MERCHANTS_FILE, &all)?;
        Ok(merchant)
    }

    /// The latest time that this store's world has seen in this folder.
    pub fn last_seen(&self, store: &str) -> Option<Timestamp> {
        self.seen().at.remove(store)
    }

    /// The latest time of the world that was here last.
    pub fn now(&self) -> Option<Timestamp> {
        let LastSeen { store, mut at } = self.seen();
        at.remove(&store)
    }

    /// # Errors
    /// [`Error::Io`].
    pub fn see(&self, store: &str, now: Timestamp) -> Result<(), Error> {
        let LastSeen { mut at, .. } = self.seen();
        at.insert(store.to_owned(), now);
        self.write(CLOCK_FILE, &LastSeen { store: store.to_owned(), at })
    }

    fn seen(&self) -> LastSeen {
        self.read(CLOCK_FILE).unwrap_or_default()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.file(name)).ok()?).ok()
    }

    /// Whole or not at all, and for its user's eyes only.
    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let (path, scratch) = (self.file(name), self.file(&format!("{name}.new")));
        let written = || -> std::io::Result<()> {
            let _ = fs::remove_file(&scratch);
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&scratch)?;
            file.write_all(&serde_json::to_vec_pretty(value)?)?;
            file.write_all(b"\n")?;
            fs::rename(&scratch, &path)
        };
        written().map_err(Error::io("write", &path))
    }
}

/// This many random bytes as hexadecimal digits.
///
/// # Errors
/// [`Error::Io`] when the machine has no random numbers to give.
pub fn random(bytes: usize) -> Result<String, Error> {
    let mut out = vec![0; bytes];
    aws_lc_rs::rand::fill(&mut out)
        .map_err(|_| Error::io("take", "random numbers")(std::io::Error::other("the machine gives none")))?;
    Ok(out.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Merchant {
    pub fn password(&self) -> Secret {
        Secret::new(self.password.clone())
    }
}
