//! The `alatar` command as processes.

#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use local::client::Client;
use local::home::Run;
use local::progress::Progress;
use rustix::process::{Pid, Signal};

use crate::setting::{Home, alatar, sample};

fn command(home: &Home, words: &[&str]) -> Command {
    let mut command = Command::new(alatar());
    command.args(words).env("ALATAR_HOME", home.path()).env_remove("DATABASE_URL").current_dir(home.path());
    command
}

fn run(home: &Home, words: &[&str]) -> Output {
    command(home, words).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `alatar up` over the sample store; killed where the test ends before it does.
struct Up {
    child: Child,
    run: Run,
}

impl Up {
    fn start(home: &Home) -> Self {
        let data = sample();
        let words = ["up", "--port", "0", "--data", data.to_str().unwrap()];
        let child = command(home, &words).stdout(Stdio::null()).spawn().unwrap();
        let run = Run {
            pid: 0,
            url: String::new(),
            websocket_url: String::new(),
            owner_database_url: String::new(),
            runtime_database_url: String::new(),
            simulator_url: String::new(),
            merchants: Vec::new(),
        };
        let mut up = Self { child, run };
        let end = Instant::now() + Duration::from_secs(120);
        while up.run.pid != up.child.id() {
            assert!(up.child.try_wait().unwrap().is_none() && Instant::now() < end, "up did not come up");
            let read = std::fs::read(home.path().join("run.json")).unwrap_or_default();
            up.run = serde_json::from_slice(&read).unwrap_or(up.run.clone());
        }
        up
    }

    fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_demonstration_answers_and_leaves_nothing_running() {
    let home = Home::new();
    let data = sample();
    let data = data.to_str().unwrap();
    let asked = run(&home, &["demo", "--data", data, "What were net sales by month?"]);
    assert_eq!(asked.status.code(), Some(0), "{}", said(&asked));
    let shown = String::from_utf8(asked.stdout).unwrap();
    assert!(
        shown.starts_with("What were net sales by month?\n\n") && shown.contains("Planned by rules"),
        "{shown}"
    );
    let json = run(&home, &["demo", "--data", data, "--json", "What were net sales by month?"]);
    let request: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(request["status"], "COMPLETED");
    let refused = run(&home, &["ask", "--data", data, "colourless green ideas"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert_eq!(cluster_answers(home.path()), None);
}

fn cluster_answers(home: &Path) -> Option<()> {
    let place = std::fs::read_to_string(home.join("postgres/place")).unwrap();
    std::os::unix::net::UnixStream::connect(Path::new(&place).join(".s.PGSQL.5432")).ok().map(drop)
}

#[test]
fn an_analysis_that_was_cut_off_by_a_kill_is_completed_after_the_next_start() {
    let home = Home::new();
    let mut first = Up::start(&home);
    let refused = run(&home, &["up", "--port", "0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains(&format!("process {}", first.run.pid)), "{}", said(&refused));
    let merchant = first.run.merchants.first().unwrap().clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ask = async {
        let mut client = Client::new(&first.run.url).unwrap();
        client.log_in(&merchant.email, &merchant.password).await.unwrap();
        client.submit("What were net sales by month?", None).await.unwrap()
    };
    let id = runtime.block_on(ask);
    first.signal(Signal::KILL);
    first.child.wait().unwrap();
    let mut second = Up::start(&home);
    assert_eq!(second.run.merchants, first.run.merchants);
    let read = async {
        let mut client = Client::new(&second.run.url).unwrap();
        client.log_in(&merchant.email, &merchant.password).await.unwrap();
        client.wait(&id, &Progress::Silent).await.unwrap()
    };
    let request = runtime.block_on(read);
    assert_eq!(request["status"], "COMPLETED", "{request:#}");
    let seeded = run(&home, &["seed"]);
    assert_eq!(seeded.status.code(), Some(0), "{}", said(&seeded));
    second.signal(Signal::TERM);
    assert_eq!(second.child.wait().unwrap().code(), Some(0));
    assert!(!home.path().join("run.json").exists());
}

#[test]
fn migrations_go_down_and_up_again() {
    let home = Home::new();
    for (words, expected) in [
        (["migrate", "up"], "applied: 0001"),
        (["migrate", "up"], "nothing to be applied"),
        (["migrate", "status"], "0001"),
        (["migrate", "down"], "reverted: "),
    ] {
        let output = run(&home, &words);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && shown.contains(expected), "{words:?}: {shown}{}", said(&output));
    }
}

#[test]
fn a_malformed_setting_is_named() {
    let home = Home::new();
    let output = command(&home, &["up"]).env("ALATAR_PORT", "eighty").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("ALATAR_PORT"), "{}", said(&output));
}
