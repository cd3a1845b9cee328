//! Makes, starts and stops the server of one process.

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use domain::secret::Secret;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::binaries::Binaries;
use crate::place::Place;
use crate::{Cluster, Error, Options, READY_MAX, STOP_MAX, Safety, keeper, ready};

const POLL: Duration = Duration::from_millis(5);
/// The end of the log that is repeated in an error.
const SAID_BYTES_MAX: usize = 600;

pub(crate) fn start(options: &Options) -> Result<Cluster, Error> {
    let place = Place::of(&options.home)?;
    let keeper = launch(&place, options)?;
    let path = place.password_file();
    let password = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    Ok(Cluster { place, password: Secret::new(password), keeper: Some(keeper), options: options.clone() })
}

/// A keeper whose server answers.
pub(crate) fn launch(place: &Place, options: &Options) -> Result<Child, Error> {
    let lock = lock(place, STOP_MAX)?;
    prepare(place, &options.binaries, options.safety)?;
    let mut keeper = spawn(place, &options.binaries, options.safety, lock, |command, place| {
        command.args(["-c", keeper::ALONE, "keeper"]).arg(place.log()).stdin(Stdio::piped());
    })?;
    match wait_until_ready(&mut keeper, place) {
        Ok(()) => Ok(keeper),
        Err(error) => {
            stop(keeper, place)?;
            Err(error)
        }
    }
}

/// The lock that a keeper holds while its server runs. An earlier server may still be stopping, so it is waited for.
pub(crate) fn lock(place: &Place, patience: Duration) -> Result<File, Error> {
    let path = place.file("lock");
    let file = File::options().create(true).append(true).open(&path).map_err(Error::io("open", &path))?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(Error::io("protect", &path))?;
    let end = Instant::now() + patience;
    while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if Instant::now() > end {
            return Err(Error::InUse { data: place.data() });
        }
        sleep(POLL);
    }
    // Whoever held it before has tidied up.
    place.own(place.sockets())?;
    Ok(file)
}

/// Makes the data folder where there is none; gives the owner's password.
pub(crate) fn prepare(place: &Place, binaries: &Binaries, safety: Safety) -> Result<Secret, Error> {
    let (data, password_file) = (place.data(), place.password_file());
    if let Ok(made) = fs::read_to_string(data.join("PG_VERSION")) {
        let made = made.trim().to_owned();
        if made != binaries.major().to_string() {
            return Err(Error::OtherMajor { data, made, found: binaries.major() });
        }
        let password = fs::read_to_string(&password_file).map_err(Error::io("read", &password_file))?;
        stop_orphan(place);
        return Ok(Secret::new(password));
    }
    let password = random_password()?;
    place.write_private(&password_file, password.expose())?;
    // Made beside and moved into place: a crash in the middle leaves no half cluster.
    let making = place.file("data.new");
    if making.exists() {
        fs::remove_dir_all(&making).map_err(Error::io("remove", &making))?;
    }
    place.own(&making)?;
    let mut initdb = place.command(binaries.program("initdb"));
    initdb.args(["-U", crate::OWNER, "-A", "scram-sha-256", "--locale=C", "-E", "UTF8", "--no-instructions"]);
    initdb.arg("--pwfile").arg(&password_file).arg("-D").arg(&making);
    if safety == Safety::Fast {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().map_err(Error::io("run", binaries.program("initdb")))?;
    if !output.status.success() {
        return Err(Error::Initdb { said: end_of(&String::from_utf8_lossy(&output.stderr)) });
    }
    fs::rename(&making, &data).map_err(Error::io("rename", &making))?;
    Ok(password)
}

fn random_password() -> Result<Secret, Error> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(Error::io("read", "/dev/urandom"))?;
    Ok(Secret::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// We hold the lock, so no keeper lives. Where one was killed the hard way, its server still runs: it is stopped.
/// PostgreSQL itself sees to the files of a server that is gone.
fn stop_orphan(place: &Place) {
    let file = place.data().join("postmaster.pid");
    let Some(pid) =
        fs::read_to_string(&file).ok().and_then(|text| text.lines().next()?.trim().parse::<i32>().ok())
    else {
        return;
    };
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok().or_else(|| {
        let said = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output().ok()?;
        String::from_utf8(said.stdout).ok()
    });
    if !name.is_some_and(|name| name.trim().ends_with("postgres")) {
        // The number may belong to another program by now, and PostgreSQL would take that one for a server.
        let _ = fs::remove_file(&file);
        return;
    }
    let Some(pid) = Pid::from_raw(pid) else { return };
    let _ = rustix::process::kill_process(pid, Signal::INT);
    let end = Instant::now() + STOP_MAX;
    while file.exists() && rustix::process::test_kill_process(pid).is_ok() && Instant::now() < end {
        sleep(POLL);
    }
}

/// Starts a keeper with the server's command line behind whatever `begin` has put there.
pub(crate) fn spawn(
    place: &Place,
    binaries: &Binaries,
    safety: Safety,
    lock: File,
    begin: impl FnOnce(&mut Command, &Place),
) -> Result<Child, Error> {
    place.write_private(&place.log(), "")?;
    let mut command = place.command("/bin/sh");
    begin(&mut command, place);
    command.arg(binaries.program("postgres")).arg("-D").arg(place.data()).arg("-k").arg(place.sockets());
    for setting in settings(binaries, safety) {
        command.arg("-c").arg(setting);
    }
    command.process_group(0).stdout(lock).stderr(Stdio::null());
    command.spawn().map_err(Error::io("run", "/bin/sh"))
}

fn settings(binaries: &Binaries, safety: Safety) -> Vec<String> {
    let mut out: Vec<String> = [
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "max_connections=100",
        "shared_buffers=128MB",
        "timezone=UTC",
        "log_timezone=UTC",
        // Nothing reads this log but the server itself.
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_wal_size=1GB",
        // Statements here are short: compiling and parallel workers cost more than they bring.
        "jit=off",
        "max_parallel_workers_per_gather=0",
    ]
    .map(str::to_owned)
    .to_vec();
    out.push(format!("port={}", ready::PORT));
    if safety == Safety::Fast {
        out.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    if binaries.has_statement_statistics() {
        out.push("shared_preload_libraries=pg_stat_statements".to_owned());
        if safety == Safety::Fast {
            // Each test has a database and its statements are entries of their own, also when it is gone: with the usual
            // 5,000 the server forgets what a test is about to count.
            out.push("pg_stat_statements.max=100000".to_owned());
        }
    }
    out
}

pub(crate) fn wait_until_ready(keeper: &mut Child, place: &Place) -> Result<(), Error> {
    let end = Instant::now() + READY_MAX;
    loop {
        if ready::answers(place.sockets()) {
            return Ok(());
        }
        let log = place.log();
        match keeper.try_wait() {
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => {
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(Error::DidNotStart { said: end_of(&said), log });
            }
        }
        if Instant::now() > end {
            return Err(Error::NotReady { log });
        }
        sleep(POLL);
    }
}

fn end_of(text: &str) -> String {
    let text = text.trim();
    let mut from = text.len().saturating_sub(SAID_BYTES_MAX);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..).unwrap_or_default().to_owned()
}

/// Lets go of the keeper and waits for it; a server that does not end is ended.
pub(crate) fn stop(mut keeper: Child, place: &Place) -> Result<(), Error> {
    drop(keeper.stdin.take());
    let group = i32::try_from(keeper.id()).ok().and_then(Pid::from_raw);
    for last_word in [Some(Signal::QUIT), Some(Signal::KILL), None] {
        let end = Instant::now() + STOP_MAX;
        while Instant::now() < end {
            if keeper.try_wait().map_err(Error::io("wait for", "/bin/sh"))?.is_some() {
                remove_sockets(place);
                return Ok(());
            }
            sleep(POLL);
        }
        if let (Some(group), Some(signal)) = (group, last_word) {
            let _ = kill_process_group(group, signal);
        }
    }
    Err(Error::InUse { data: place.data() })
}

/// The folder under the system's temporary one goes too when nothing else is in it and nobody else begins there.
fn remove_sockets(place: &Place) {
    if let Ok(_lock) = lock(place, Duration::ZERO) {
        let _ = fs::remove_dir(place.sockets());
    }
}
