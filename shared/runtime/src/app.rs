//! What every handler is given.

use std::sync::Arc;
use std::time::Duration;

use auth::keys::Keys;
use auth::password::Hasher;
use domain::clock::Clock;
use store::Store;
use url::{Host, Url};

use crate::config::Config;
use crate::queue::Queue;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Silence on a connection; bulk results take long in all but never fall silent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const USER_AGENT: &str = concat!("alatar/", env!("CARGO_PKG_VERSION"));

/// One process's settings, connections and keys. Built once, cheap to clone.
#[derive(Clone)]
pub struct App {
    pub config: Arc<Config>,
    pub store: Store,
    pub keys: Keys,
    pub hasher: Hasher,
    pub clock: Clock,
    pub http: reqwest::Client,
    pub queue: Queue,
}

impl App {
    /// # Errors
    /// When the machine's TLS roots cannot be read.
    pub fn new(config: Config, clock: Clock, store: Store, queue: Queue) -> Result<Self, crate::Error> {
        let http = http_client(config.shopify.api_base.as_ref())?;
        let keys = Keys::derive(config.signing_key.expose());
        Ok(Self { config: Arc::new(config), store, keys, hasher: Hasher::new(), clock, http, queue })
    }
}

fn http_client(api_base: Option<&Url>) -> Result<reqwest::Client, crate::Error> {
    let builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .user_agent(USER_AGENT);
    // A redirect would carry a shop's token elsewhere.
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    // A simulator on this machine is not behind the machine's proxy.
    let builder = if api_base.is_some_and(is_loopback) { builder.no_proxy() } else { builder };
    Ok(builder.build()?)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
