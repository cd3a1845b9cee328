//! One server for many processes: it comes with the first and goes after the last.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod home;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cluster::binaries::Search;
use home::Home;

/// The other processes of the test below; nothing when it is run as a test.
#[test]
fn holder() {
    let Some(home) = std::env::var_os("CLUSTER_TEST_HOME") else { return };
    let shared = cluster::shared(Path::new(&home), &Search::default()).unwrap();
    eprintln!("HOLDS {} {}", shared.started, shared.owner_url(cluster::FIRST_DATABASE).expose());
    let _ = std::io::stdin().read(&mut [0]);
}

struct Holder {
    child: Child,
    started: bool,
    url: String,
}

fn spawn(home: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holder", "--nocapture"])
        .env("CLUSTER_TEST_HOME", home)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn heard(mut child: Child) -> Holder {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("HOLDS ").map(str::to_owned)).unwrap();
    let (started, url) = line.split_once(' ').unwrap();
    Holder { child, started: started == "true", url: url.to_owned() }
}

fn answers(url: &str) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tokio_postgres::connect(url, tokio_postgres::NoTls)).is_ok()
}

fn gone(url: &str) {
    let end = Instant::now() + Duration::from_secs(20);
    while answers(url) {
        assert!(Instant::now() < end, "the server outlived its holders");
        std::thread::yield_now();
    }
}

#[test]
fn two_processes_share_one_server_that_outlives_neither() {
    let home = Home::new();
    let both = [spawn(home.path()), spawn(home.path())];
    let [mut first, mut second] = both.map(heard);
    assert_eq!(first.url, second.url);
    assert!(first.started != second.started, "exactly one of them started the server");
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    assert!(answers(&second.url));
    drop(second.child.stdin.take());
    second.child.wait().unwrap();
    // Whoever comes while it lingers keeps it.
    let mut third = heard(spawn(home.path()));
    assert_eq!((third.started, &third.url), (false, &second.url));
    third.child.kill().unwrap();
    third.child.wait().unwrap();
    gone(&third.url);
    let mut fourth = heard(spawn(home.path()));
    assert_eq!((fourth.started, &fourth.url), (true, &third.url));
    drop(fourth.child.stdin.take());
    fourth.child.wait().unwrap();
    gone(&third.url);
}
