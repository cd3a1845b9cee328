//! Worlds in this process.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use cluster::Safety;
use local::client::Client;
use local::error::Error;
use local::progress::Progress;
use serde_json::{Value, json};

use crate::setting::{Home, sample};

const REGISTER: &str =
    "mutation R($input: RegisterInput!) { register(input: $input) { user { email } userErrors { code } } }";
const SEE: &str = "query S($id: ID!) { analysisRequest(id: $id) { prompt } }";

#[tokio::test(flavor = "multi_thread")]
async fn run_json_says_what_runs_and_goes_with_it() {
    let home = Home::new();
    let world = home.world().await.unwrap();
    world.announce().unwrap();
    let path = home.path().join("run.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let run: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let names: Vec<&str> = run.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "pid",
        "url",
        "websocket_url",
        "owner_database_url",
        "runtime_database_url",
        "simulator_url",
        "merchants",
    ];
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(run["pid"], std::process::id());
    assert_eq!(run["merchants"].as_array().unwrap().len(), 2);
    for merchant in run["merchants"].as_array().unwrap() {
        let mut client = Client::new(run["url"].as_str().unwrap()).unwrap();
        let password = merchant["password"].as_str().unwrap();
        let accounts = client.log_in(merchant["email"].as_str().unwrap(), password).await.unwrap();
        assert_eq!(accounts.len(), 1);
    }
    let owner = run["owner_database_url"].as_str().unwrap().to_owned();
    assert!(tokio_postgres::connect(&owner, tokio_postgres::NoTls).await.is_ok());
    world.stop().await.unwrap();
    assert!(!path.exists());
    assert!(tokio_postgres::connect(&owner, tokio_postgres::NoTls).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_world_in_the_same_home_is_told_of_the_first() {
    let home = Home::new();
    let world = home.world().await.unwrap();
    world.announce().unwrap();
    let url = world.run().url.clone();
    let Err(refusal) = home.world().await else { unreachable!("two worlds in one home") };
    assert!(
        matches!(&refusal, Error::AlreadyRunning { pid, url: running, .. } if *pid == std::process::id() && *running == url),
        "{refusal}"
    );
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named() {
    let home = Home::new();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let Err(refusal) = home.world_of(sample(), port, Safety::Fast).await else {
        unreachable!("two listeners on one port")
    };
    assert!(matches!(&refusal, Error::PortInUse { port: named } if *named == port), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_store_folder_is_named_with_file_line_and_column() {
    let home = Home::new();
    let broken = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(sample()).unwrap().flatten() {
        fs::copy(entry.path(), broken.path().join(entry.file_name())).unwrap();
    }
    let products = broken.path().join("products.csv");
    let table = fs::read_to_string(&products).unwrap();
    let (header, rows) = table.split_once('\n').unwrap();
    fs::write(&products, format!("{header}\nnumber-one{rows}")).unwrap();
    let Err(refusal) = home.world_of(broken.path().to_path_buf(), 0, Safety::Fast).await else {
        unreachable!("a broken store")
    };
    assert!(matches!(&refusal, Error::StoreFolder { .. }), "{refusal}");
    let said = refusal.to_string();
    assert!(said.contains("products.csv, line 2, column id: "), "{said}");
    // Nothing was left running: the home is free again.
    home.world().await.unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_comes_back_answered_and_nobody_else_sees_it() {
    let home = Home::new();
    let world = home.world().await.unwrap();
    let (alice, bob) = (&world.merchants()[0].merchant, &world.merchants()[1].merchant);
    let mut client = Client::new(&world.run().url).unwrap();
    client.log_in(&alice.email, &alice.password).await.unwrap();
    let id = client.submit("What were net sales by month?", None).await.unwrap();
    let request = client.wait(&id, &Progress::Silent).await.unwrap();
    assert_eq!(request["status"], "COMPLETED", "{request:#}");
    assert_eq!(request["result"]["plannedBy"], "rules");
    assert!(!request["result"]["figures"].as_array().unwrap().is_empty());
    client.log_in(&bob.email, &bob.password).await.unwrap();
    assert_eq!(client.call(SEE, json!({ "id": id })).await.unwrap(), json!({ "analysisRequest": null }));
    world.run_until_idle().await;
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_survives_the_death_of_postgresql() {
    let home = Home::new();
    let world = home.world_of(sample(), 0, Safety::Durable).await.unwrap();
    let alice = &world.merchants()[0].merchant;
    let mut client = Client::new(&world.run().url).unwrap();
    client.log_in(&alice.email, &alice.password).await.unwrap();
    let id = client.submit("What were net sales by month?", None).await.unwrap();
    let place = fs::read_to_string(home.path().join("postgres/place")).unwrap();
    let pid = fs::read_to_string(format!("{place}/data/postmaster.pid")).unwrap();
    let pid = rustix::process::Pid::from_raw(pid.lines().next().unwrap().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let request = loop {
        match client.wait(&id, &Progress::Silent).await {
            Ok(request) => break request,
            Err(Error::Refused { said, .. }) => assert!(said.ends_with("(UNAVAILABLE)"), "{said}"),
            Err(other) => unreachable!("{other}"),
        }
    };
    assert_eq!(request["status"], "COMPLETED", "{request:#}");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_is_an_explorer_that_loads_nothing_from_elsewhere() {
    let home = Home::new();
    let world = home.world().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = http.get(&world.run().url).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let page = page.text().await.unwrap();
    assert!(page.contains("<textarea") && !page.contains("http://") && !page.contains("https://"));
    let posted = http.post(&world.run().url).send().await.unwrap();
    assert_eq!(posted.status(), 405);
    let huge = vec![b' '; 2 * 1024 * 1024];
    let refused = http.post(format!("{}/graphql", world.run().url)).body(huge).send().await.unwrap();
    assert_eq!(refused.status(), 413);
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_store_is_told_so() {
    let home = Home::new();
    let world = home.world().await.unwrap();
    let (email, password) = ("carol@example.com", "a long enough sentence");
    let mut client = Client::new(&world.run().url).unwrap();
    let input = json!({ "input": { "email": email, "password": password } });
    let registered = client.call(REGISTER, input).await.unwrap();
    assert_eq!(registered, json!({ "register": { "user": { "email": email }, "userErrors": [] } }));
    assert_eq!(client.log_in(email, password).await.unwrap(), Vec::<Value>::new());
    let id = client.submit("How is my store doing?", None).await.unwrap();
    let request = client.wait(&id, &Progress::Silent).await.unwrap();
    assert_eq!((&request["status"], &request["errorCode"]), (&json!("FAILED"), &json!("NO_STORE")));
    world.stop().await.unwrap();
}
