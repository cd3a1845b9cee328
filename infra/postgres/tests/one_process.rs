//! A server of one process: started, kept, stopped, and gone with its holder.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod home;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cluster::binaries::{Binaries, Search};
use cluster::{Cluster, Error, Options, Safety};
use domain::secret::Secret;
use home::Home;

fn options(home: &Path) -> Options {
    Options {
        home: home.to_path_buf(),
        binaries: Binaries::find(&Search::default()).unwrap(),
        safety: Safety::Fast,
    }
}

fn ask(url: &Secret, statement: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(url.expose(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let messages = client.simple_query(statement).await.unwrap();
        messages
            .into_iter()
            .filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
            .collect()
    })
}

/// Waits until nothing answers on the socket of this URL.
fn gone(url: &Secret) -> bool {
    let config: tokio_postgres::Config = url.expose().parse().unwrap();
    let [tokio_postgres::config::Host::Unix(folder)] = config.get_hosts() else { return false };
    let socket = folder.join(".s.PGSQL.5432");
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if std::os::unix::net::UnixStream::connect(&socket).is_err() {
            return true;
        }
        std::thread::yield_now();
    }
    false
}

#[test]
fn what_was_stored_is_there_after_a_second_start() {
    let home = Home::new();
    let first = Cluster::start(&options(home.path())).unwrap();
    let url = first.owner_url(cluster::FIRST_DATABASE);
    ask(&url, "create table kept (word text); insert into kept values ('here')");
    first.stop().unwrap();
    assert!(gone(&url));
    let second = Cluster::start(&options(home.path())).unwrap();
    assert_eq!(second.owner_url(cluster::FIRST_DATABASE), url);
    assert_eq!(ask(&url, "select word from kept"), ["here"]);
    drop(second);
    assert!(gone(&url));
}

#[test]
fn a_server_that_was_killed_is_revived_with_its_data() {
    let home = Home::new();
    let mut cluster = Cluster::start(&Options { safety: Safety::Durable, ..options(home.path()) }).unwrap();
    let url = cluster.owner_url(cluster::FIRST_DATABASE);
    ask(&url, "create table kept (word text); insert into kept values ('here')");
    assert!(!cluster.revive().unwrap());
    let pid = std::fs::read_to_string(home.place().join("data/postmaster.pid")).unwrap();
    let pid = rustix::process::Pid::from_raw(pid.lines().next().unwrap().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while !cluster.revive().unwrap() {
        assert!(Instant::now() < end, "its end was not noticed");
    }
    assert_eq!(ask(&url, "select word from kept"), ["here"]);
}

#[test]
fn the_server_is_private_and_never_root() {
    let home = Home::new();
    let cluster = Cluster::start(&options(home.path())).unwrap();
    let url = cluster.owner_url(cluster::FIRST_DATABASE);
    assert_eq!(ask(&url, "show listen_addresses"), [""]);
    let wrong = url.expose().replace("alatar:", "alatar:x");
    let config: tokio_postgres::Config = wrong.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(config.connect(tokio_postgres::NoTls)).is_err(), "a wrong password is refused");
    let place = home.place();
    let data = std::fs::metadata(place.join("data")).unwrap();
    assert_ne!(data.uid(), 0);
    assert_eq!(data.mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(place.join("owner.password")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_second_start_in_the_same_folder_waits_for_the_first_to_stop() {
    let home = Home::new();
    let first = Cluster::start(&options(home.path())).unwrap();
    let same = options(home.path());
    // The patience for an earlier server that is still stopping ends sooner when the first one stops meanwhile.
    let waiting =
        std::thread::spawn(move || Cluster::start(&same).map(|cluster| cluster.owner_url("postgres")));
    assert_eq!(ask(&first.owner_url("postgres"), "select 1"), ["1"]);
    let url = first.owner_url("postgres");
    first.stop().unwrap();
    assert_eq!(waiting.join().unwrap().unwrap(), url);
}

#[test]
fn missing_and_wrong_programs_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let search = Search { explicit: Some(empty.path()), ..Search::default() };
    let refusal = Binaries::find(&search).unwrap_err();
    assert!(matches!(refusal, Error::NotPrograms { .. }), "{refusal}");
    for (name, said) in [("initdb", ""), ("postgres", "echo 'postgres (PostgreSQL) 14.9'")] {
        let path = empty.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{said}\n")).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let refusal = Binaries::find(&search).unwrap_err();
    assert!(matches!(&refusal, Error::TooOld { version, .. } if version == "14.9"), "{refusal}");
}

/// The other process of the test below; nothing when it is run as a test.
#[test]
fn holder() {
    let Some(home) = std::env::var_os("CLUSTER_TEST_HOME") else { return };
    let cluster = Cluster::start(&options(Path::new(&home))).unwrap();
    eprintln!("URL {}", cluster.owner_url(cluster::FIRST_DATABASE).expose());
    std::thread::park();
}

#[test]
fn a_killed_holder_leaves_no_server_and_its_data_opens_again() {
    let home = Home::new();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holder", "--nocapture"])
        .env("CLUSTER_TEST_HOME", home.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stderr.take().unwrap()).lines();
    let url =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("URL ").map(Secret::new)).unwrap();
    ask(&url, "create table kept (word text); insert into kept values ('here')");
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(gone(&url));
    let again = Cluster::start(&options(home.path())).unwrap();
    assert_eq!(ask(&again.owner_url(cluster::FIRST_DATABASE), "select word from kept"), ["here"]);
}
