//! Connections: TLS where the server offers it, and the time-outs that every one has.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use domain::limits::{
    IDLE_IN_TRANSACTION_TIMEOUT_MS, LOCK_TIMEOUT_MS, REQUEST_SECONDS, STATEMENT_TIMEOUT_MS,
};
use domain::secret::Secret;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

const CONNECT_SECONDS_MAX: u64 = 5;

pub(crate) fn pool(url: &Secret, size: usize) -> Result<Pool, Error> {
    let mut config = config(url)?;
    // Compiling a query at run time costs more than any of ours takes.
    config.options(format!(
        "-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} \
         -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c jit=off"
    ));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match tls(&config)? {
        Some(tls) => Manager::from_config(config, tls, recycling),
        None => Manager::from_config(config, NoTls, recycling),
    };
    Pool::builder(manager)
        .max_size(size.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(Duration::from_secs(REQUEST_SECONDS)))
        .create_timeout(Some(Duration::from_secs(CONNECT_SECONDS_MAX)))
        .build()
        .map_err(|_| Error::Connect("the pool needs an async runtime"))
}

/// One connection outside any pool, for the owner's work.
pub(crate) async fn connect(url: &Secret) -> Result<Client, Error> {
    let config = config(url)?;
    let failed = |error: tokio_postgres::Error| Error::of("connect", &error);
    match tls(&config)? {
        Some(tls) => {
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            tokio::spawn(connection);
            Ok(client)
        }
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            tokio::spawn(connection);
            Ok(client)
        }
    }
}

fn config(url: &Secret) -> Result<Config, Error> {
    let mut config: Config = url.expose().parse().map_err(|_| Error::Url)?;
    config.application_name("alatar").connect_timeout(Duration::from_secs(CONNECT_SECONDS_MAX));
    Ok(config)
}

/// None for sockets and where the URL forbids it: nothing needs to be read then.
fn tls(config: &Config) -> Result<Option<MakeRustlsConnect>, Error> {
    let is_remote = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
    if !is_remote || config.get_ssl_mode() == SslMode::Disable {
        return Ok(None);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|_| Error::Tls)?
        .with_no_client_auth();
    Ok(Some(MakeRustlsConnect::new(client)))
}
