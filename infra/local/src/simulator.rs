//! The simulator as a process of its own: what it is told on standard input, what it says on standard output.
//!
//! A child reads one [`Order`], says [`Ready`] or [`Refusal`] in one line, and ends with its standard input.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use domain::clock::Clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shopify_sim::{folder, server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use url::Url;

use crate::error::Error;

/// Which stores to serve, and from which moment on.
#[derive(Serialize, Deserialize)]
pub struct Order {
    pub stores: Vec<Served>,
    pub port: u16,
    /// The world's time at this moment; real time where absent.
    pub now: Option<Timestamp>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Served {
    pub folder: PathBuf,
    pub domain: String,
    pub access_token: String,
}

/// The first line of standard output.
#[derive(Serialize, Deserialize)]
pub struct Ready {
    pub url: String,
    pub stores: Vec<Served>,
}

#[derive(Serialize, Deserialize)]
struct Refusal {
    folder: PathBuf,
    reason: String,
}

/// A running simulator; dropping it ends it.
pub struct Simulator {
    child: Child,
    pub url: Url,
}

impl Simulator {
    /// Starts `program sim --child` and waits until it serves.
    ///
    /// # Errors
    /// [`Error::StoreFolder`] when it refuses a folder, [`Error::Simulator`] otherwise.
    pub async fn start(program: &Path, order: &Order) -> Result<Self, Error> {
        let failed = |what: &str, error: &dyn std::fmt::Display| Error::Simulator(format!("{what}: {error}"));
        let mut child = Command::new(program)
            .args(["sim", "--child"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The terminal's Ctrl-C is for us: we end it in our own order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed("it cannot be run", &error))?;
        let mut order = serde_json::to_vec(order).map_err(|error| failed("its order", &error))?;
        order.push(b'\n');
        if let Some(stdin) = &mut child.stdin {
            stdin.write_all(&order).await.map_err(|error| failed("it does not listen", &error))?;
        }
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .await
                .map_err(|error| failed("it says nothing", &error))?;
        }
        if let Ok(Refusal { folder, reason }) = serde_json::from_str(&line) {
            return Err(Error::StoreFolder { folder, reason });
        }
        let ready: Ready = serde_json::from_str(&line).map_err(|_| failed("it ended", &line.trim()))?;
        let url = Url::parse(&ready.url).map_err(|error| failed("its address", &error))?;
        Ok(Self { child, url })
    }

    /// Ends it and waits until it has.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        // It holds nothing that could be lost; one that does not end is killed when this value goes.
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.child.wait()).await;
    }
}

/// The child's whole life.
///
/// # Errors
/// [`Error::Simulator`] when the order cannot be read; a refused folder is said on standard output.
pub async fn obey() -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Simulator(error.to_string());
    let (ordered, mut order) = mpsc::channel(1);
    // Standard input has no readiness: a thread waits for it, and ends with the process.
    std::thread::spawn(move || {
        let mut line = String::new();
        let mut input = std::io::stdin().lock();
        let read = std::io::BufRead::read_line(&mut input, &mut line).map(|_| line);
        if ordered.blocking_send(read).is_ok() {
            // What comes after the order means nothing; the end of it means that whoever ordered has gone.
            let _ = std::io::copy(&mut input, &mut std::io::sink());
        }
    });
    let line = order.recv().await.ok_or_else(|| failed(&"no order came"))?.map_err(|error| failed(&error))?;
    let serving = match serve(serde_json::from_str(&line).map_err(|error| failed(&error))?).await {
        Ok((ready, serving)) => {
            say(&ready)?;
            serving
        }
        Err(Error::StoreFolder { folder, reason }) => {
            return say(&Refusal { folder, reason });
        }
        Err(other) => return Err(other),
    };
    tokio::select! {
        ended = serving => ended.map_err(|error| failed(&error)),
        _ = order.recv() => Ok(()),
    }
}

/// Loads the folders and listens; the future serves until it is dropped.
///
/// # Errors
/// [`Error::StoreFolder`], [`Error::PortInUse`] or [`Error::Listen`].
pub async fn serve(order: Order) -> Result<(Ready, impl Future<Output = std::io::Result<()>> + Send), Error> {
    let mut stores = Vec::new();
    for served in &order.stores {
        let folder = served.folder.clone();
        let loaded = tokio::task::spawn_blocking(move || folder::load(&folder)).await;
        let loaded = loaded.map_err(|error| Error::Simulator(error.to_string()))?;
        let refused = |reason: folder::Error| Error::StoreFolder {
            folder: served.folder.clone(),
            reason: reason.to_string(),
        };
        stores.push((served.access_token.clone(), Arc::new(loaded.map_err(refused)?)));
    }
    let listener = crate::listen(order.port).await?;
    let address = listener.local_addr().map_err(|source| Error::Listen { port: order.port, source })?;
    let ready = Ready { url: format!("http://{address}"), stores: order.stores };
    Ok((ready, server::serve(listener, stores, order.now.map_or(Clock::Real, Clock::starting_at))))
}

/// One line of JSON for whoever started us.
///
/// # Errors
/// [`Error::Simulator`] when nobody reads it.
pub fn say<T: Serialize>(value: &T) -> Result<(), Error> {
    let mut line = serde_json::to_string(value).map_err(|error| Error::Simulator(error.to_string()))?;
    line.push('\n');
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, line.as_bytes())
        .and_then(|()| std::io::Write::flush(&mut out))
        .map_err(|error| Error::Simulator(error.to_string()))
}
