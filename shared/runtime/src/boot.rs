//! A start on Lambda: settings, secrets, telemetry, connections, in this order.

use std::collections::HashMap;

use aws_config::{BehaviorVersion, SdkConfig};
use store::{Settings, Store, roles, vault};
use uuid::Uuid;

use crate::Error;
use crate::app::App;
use crate::config::{self, Config};
use crate::queue::Queue;
use crate::sqs::send::Sender;
use crate::telemetry;

/// Connections of one function's instance: it works on few messages at once, and the database serves many instances.
const POOL_MAX: usize = 4;
/// Variables that may hold the ARN of a secret instead of its value.
const SECRETS: [&str; 5] =
    ["DATABASE_URL", "ALATAR_SIGNING_KEY", "ALATAR_MASTER_KEY", "SHOPIFY_CLIENT_SECRET", "LLM_API_KEY"];
const ARN_PREFIX: &str = "arn:aws:secretsmanager:";

/// The [`App`] of the Lambda function `name`.
///
/// # Errors
/// When a setting is wrong, a secret cannot be read, or a connection cannot be prepared.
pub async fn boot(name: &'static str) -> Result<App, Error> {
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let secrets = read_secrets(&aws).await?;
    let config = Config::from_env_with(&secrets)?;
    telemetry::init(&config.telemetry);
    tracing::info!(function = name, version = env!("CARGO_PKG_VERSION"), "starting");
    let owner = config.database_url.clone().ok_or(config::Error::Missing {
        name: "DATABASE_URL",
        expected: "a PostgreSQL URL: there is no embedded database on Lambda",
    })?;
    let store = Store::connect(Settings {
        runtime_url: roles::runtime_url(&owner)?,
        system_url: roles::system_url(&owner)?,
        pool_max: POOL_MAX,
        instance: Uuid::now_v7(),
        vault: vault::Keyring::new(config.master_key.expose())?,
    })?;
    let clock = config.clock(None);
    let queue = Queue::Sqs(Sender::new(&aws, &config, store.clone(), clock));
    App::new(config, clock, store, queue)
}

async fn read_secrets(aws: &SdkConfig) -> Result<HashMap<&'static str, String>, Error> {
    let client = aws_sdk_secretsmanager::Client::new(aws);
    let mut values = HashMap::new();
    for name in SECRETS {
        let Some(arn) = config::from_environment(name).filter(|value| value.starts_with(ARN_PREFIX)) else {
            continue;
        };
        let secret =
            client.get_secret_value().secret_id(arn).send().await.map_err(|_| Error::Secret { name })?;
        let value = secret.secret_string().ok_or(Error::Secret { name })?;
        values.insert(name, value.to_owned());
    }
    Ok(values)
}
