//! One server for many test processes.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use domain::secret::Secret;
use rustix::fs::{FlockOperation, OFlags, flock};

use crate::binaries::{Binaries, Search};
use crate::place::Place;
use crate::{Error, READY_MAX, STOP_MAX, Safety, keeper, ready, server};

const POLL: Duration = Duration::from_millis(2);
/// How long a keeper may take to acknowledge a holder before the holder speaks again.
const ACKNOWLEDGE_MAX: Duration = Duration::from_millis(500);

/// A hold on the shared server; dropping it, or ending in any other way, lets go.
#[derive(Debug)]
pub struct Shared {
    place: Place,
    password: Secret,
    _pipe: File,
    /// Whether this call started the server: whatever databases of earlier runs lie there belong to nobody.
    pub started: bool,
}

impl Shared {
    /// A URL for the owner of everything.
    pub fn owner_url(&self, database: &str) -> Secret {
        crate::owner_url(&self.place, &self.password, database)
    }
}

pub(crate) fn join(home: &Path, search: &Search<'_>) -> Result<Shared, Error> {
    let place = Place::of(home)?;
    // One process at a time looks and starts.
    let turn_path = place.file("turn");
    let turn =
        File::options().create(true).append(true).open(&turn_path).map_err(Error::io("open", &turn_path))?;
    flock(&turn, FlockOperation::LockExclusive)
        .map_err(|error| Error::io("lock", &turn_path)(error.into()))?;
    let end = Instant::now() + READY_MAX;
    loop {
        if let Some(pipe) = hold(&place)? {
            let path = place.password_file();
            let password = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
            return Ok(Shared { place, password: Secret::new(password), _pipe: pipe, started: false });
        }
        match server::lock(&place, Duration::ZERO) {
            Ok(lock) => return first(place, search, lock),
            // Its keeper lives: it is between two turns, or stopping.
            Err(Error::InUse { .. }) if Instant::now() < end => sleep(POLL),
            Err(error) => return Err(error),
        }
    }
}

fn first(place: Place, search: &Search<'_>, lock: File) -> Result<Shared, Error> {
    let binaries = Binaries::find(search)?;
    let password = match server::prepare(&place, &binaries, Safety::Fast) {
        // Test data is worth nothing: another version begins anew.
        Err(Error::OtherMajor { data, .. }) => {
            fs::remove_dir_all(&data).map_err(Error::io("remove", &data))?;
            server::prepare(&place, &binaries, Safety::Fast)?
        }
        other => other?,
    };
    let (pipe, acknowledged) = (place.file("holders"), place.file("holders.acknowledged"));
    place.write_private(&acknowledged, "")?;
    let _ = fs::remove_file(&pipe);
    let made = place
        .command("mkfifo")
        .args(["-m", "600"])
        .arg(&pipe)
        .status()
        .map_err(Error::io("run", "mkfifo"))?;
    if !made.success() {
        return Err(Error::io("make the pipe", &pipe)(std::io::Error::other("mkfifo failed")));
    }
    let mut keeper = server::spawn(&place, &binaries, Safety::Fast, lock, |command, place| {
        command.args(["-c", keeper::SHARED, "keeper"]).arg(place.log()).arg(&pipe).arg(&acknowledged);
        command.stdin(Stdio::null());
    })?;
    server::wait_until_ready(&mut keeper, &place)?;
    let end = Instant::now() + STOP_MAX;
    while Instant::now() < end {
        if let Some(pipe) = hold(&place)? {
            return Ok(Shared { place, password, _pipe: pipe, started: true });
        }
        sleep(POLL);
    }
    Err(Error::NotReady { log: place.log() })
}

/// Opens the pipe and is acknowledged; `None` when no keeper is listening just now.
fn hold(place: &Place) -> Result<Option<File>, Error> {
    let path = place.file("holders");
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let Ok(mut pipe) = File::options().write(true).custom_flags(nonblocking).open(&path) else {
        return Ok(None);
    };
    let name = format!("{} {:?}", std::process::id(), Instant::now());
    let line = format!("{}\n", domain::digest::Digest::of(name.as_bytes()));
    let acknowledged = place.file("holders.acknowledged");
    if pipe.write_all(line.as_bytes()).is_err() {
        return Ok(None);
    }
    let end = Instant::now() + ACKNOWLEDGE_MAX;
    while Instant::now() < end {
        let said = fs::read_to_string(&acknowledged).map_err(Error::io("read", &acknowledged))?;
        if said.contains(line.as_str()) {
            return Ok(ready::answers(place.sockets()).then_some(pipe));
        }
        sleep(POLL);
    }
    Ok(None)
}
