//! How fast a store folder gets into the mirror, and how much memory that takes: the simulator and PostgreSQL are
//! processes of their own. `cargo run --release -p agents --example load -- FOLDER`.

use std::{
    error::Error,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use agents::retrieval::{Mirror, Phase, refresh};
use domain::{clock::Clock, ids::LinkedAccountId, secret::Secret};
use shopify::reader::client;
use store::linked_accounts;
use testing::TestDb;

const TOKEN: &str = "token";

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [serve, folder] if serve == "--serve" => simulate(Path::new(folder)).await,
        [folder] => measure(folder).await,
        _ => Err("which folder?".into()),
    }
}

/// The child: says its address, and ends with its standard input.
async fn simulate(folder: &Path) -> Result<(), Box<dyn Error>> {
    let store = Arc::new(shopify_sim::folder::load(folder)?);
    let now = store.shop.now.ok_or("the store has no now")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}\n{now}", listener.local_addr()?);
    tokio::spawn(shopify_sim::server::serve(listener, vec![(TOKEN.to_owned(), store)], Clock::Fixed(now)));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

async fn measure(folder: &str) -> Result<(), Box<dyn Error>> {
    let mut sim = Command::new(std::env::current_exe()?)
        .args(["--serve", folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut address = String::new();
    let mut said = BufReader::new(sim.stdout.take().ok_or("no output")?);
    said.read_line(&mut address)?;
    let db = TestDb::new().await;
    // The simulator's clock; its store is too large to be read here too.
    let mut now = String::new();
    said.read_line(&mut now)?;
    let now = now.trim().parse()?;
    let mut tx = db.store.tenant(&db.alice).await?;
    let new = linked_accounts::New {
        id: LinkedAccountId::new(),
        shop_domain: "measured.myshopify.com",
        access_token: &Secret::new(TOKEN),
        scopes: &[],
        now,
    };
    let account = linked_accounts::link(&mut tx, new).await?;
    tx.commit().await?;
    let wire = (client()?, Some(address.trim().parse()?));
    let mirror = Mirror::open(&db.store, db.alice, account, wire, Clock::Fixed(now)).await?;
    let start = Instant::now();
    let ends = std::sync::Mutex::new(Vec::<(Phase, f64, u64)>::new());
    let watch = |progress: agents::retrieval::Progress| {
        let Ok(mut ends) = ends.lock() else { return };
        let end = (progress.phase, start.elapsed().as_secs_f64(), progress.done);
        match ends.last_mut() {
            Some(last) if last.0 == progress.phase => *last = end,
            _ => ends.push(end),
        }
    };
    let loaded = refresh(&mirror, &watch).await?;
    let seconds = start.elapsed().as_secs_f64();
    let mut lines = 0;
    for (phase, end, done) in ends.into_inner()? {
        println!("{phase:?} until {end:.2} s: {done}");
        lines = if phase == Phase::Rows { done } else { lines };
    }
    let rate = lines as f64 / seconds;
    println!("{} orders, {lines} lines in {seconds:.2} s: {rate:.0} lines/s", loaded.coverage.orders);
    println!("{}", memory()?);
    let start = Instant::now();
    let again = refresh(&mirror, &watch_nothing).await?;
    println!("again in {:.1} ms, loaded: {}", start.elapsed().as_secs_f64() * 1e3, again.loaded);
    drop(sim.stdin.take());
    sim.wait()?;
    Ok(())
}

fn watch_nothing(_: agents::retrieval::Progress) {}

/// The largest resident set so far, as Linux counts it.
fn memory() -> Result<String, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    Ok(status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .collect::<Vec<_>>()
        .join(", "))
}
