//! The real wire: API Gateway's `@connections`, through its SDK.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::config::Builder;
use aws_sdk_apigatewaymanagement::primitives::Blob;
use runtime::config::{self, Config};
use url::Url;

use crate::wire::{Refused, Wire};

/// One call, its retries included: a client that cannot be reached holds nobody up.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// Connections of one API's stage.
#[derive(Clone, Debug)]
pub struct Connections {
    client: Client,
}

impl Connections {
    /// Over the stage that `ALATAR_WEBSOCKET_URL` names.
    ///
    /// # Errors
    /// When it names none.
    pub async fn from_environment(config: &Config) -> Result<Self, runtime::Error> {
        let url = config.websocket_url.as_ref().ok_or(config::Error::Missing {
            name: "ALATAR_WEBSOCKET_URL",
            expected: "the stage of the WebSocket API, https://id.execute-api.region.amazonaws.com/stage",
        })?;
        let timeouts = TimeoutConfig::builder().operation_timeout(CALL_TIMEOUT).build();
        let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await;
        Ok(Self::new(&aws, url))
    }

    /// Over a given stage.
    pub fn new(aws: &SdkConfig, stage: &Url) -> Self {
        let url = stage.as_str().trim_end_matches('/');
        let config = Builder::from(aws).endpoint_url(url).build();
        Self { client: Client::from_conf(config) }
    }
}

impl Wire for Connections {
    async fn post(&self, connection: &str, text: &str) -> Result<(), Refused> {
        let call = self.client.post_to_connection().connection_id(connection).data(Blob::new(text));
        let Err(error) = call.send().await else { return Ok(()) };
        let gone = error.as_service_error().is_some_and(|error| error.is_gone_exception());
        Err(refused(gone, &error))
    }

    async fn delete(&self, connection: &str) -> Result<(), Refused> {
        let Err(error) = self.client.delete_connection().connection_id(connection).send().await else {
            return Ok(());
        };
        let gone = error.as_service_error().is_some_and(|error| error.is_gone_exception());
        Err(refused(gone, &error))
    }
}

fn refused(gone: bool, error: &dyn std::fmt::Display) -> Refused {
    if gone {
        return Refused::Gone;
    }
    tracing::warn!(%error, "a call to a connection failed");
    Refused::Later
}
