//! Everything Alatar reads from a shop.

use std::time::Duration;

use domain::{facts, money::Currency, secret::Secret};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    bulk::{
        Bulk,
        operation::{self, State},
    },
    documents::Document,
    error::Error,
    shop_domain::ShopDomain,
    throttle::Bucket,
    wire,
};

pub mod refunds;
mod shop;

/// One answer of the API.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer longer than this is not one to a document of ours: 250 refunds of 50 lines are about 4 MB.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How long the reader itself tries again before it gives the error back.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub attempts_max: u32,
    /// Before the second attempt; doubled before each further one.
    pub backoff: Duration,
    /// A longer wait is the caller's to arrange.
    pub wait_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts_max: 4, backoff: Duration::from_millis(250), wait_max: Duration::from_secs(30) }
    }
}

/// Reads one shop. Cheap to make; keep one for as long as the work lasts, because it remembers the shop's bucket.
pub struct Reader {
    http: reqwest::Client,
    base: Option<Url>,
    shop: ShopDomain,
    token: Secret,
    patience: Patience,
    bucket: Bucket,
}

/// An HTTP client fit for a reader: it follows no redirect, since those would carry the token elsewhere.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("alatar/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Reader {
    /// `base` sends everything to a simulator instead of `https://{shop}`. `http` should be made by [`client`].
    pub fn new(http: reqwest::Client, base: Option<Url>, shop: ShopDomain, token: Secret) -> Self {
        Self { http, base, shop, token, patience: Patience::default(), bucket: Bucket::default() }
    }

    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The shop's own facts: currency, time zone, name, plan.
    pub async fn shop(&self) -> Result<facts::Shop, Error> {
        shop::read(self).await
    }

    /// Starts the bulk operation that reads everything of this kind, or what changed at or after `updated_since`.
    pub async fn start_bulk(
        &self,
        bulk: Bulk,
        updated_since: Option<Timestamp>,
    ) -> Result<operation::Started, Error> {
        operation::start(self, bulk, updated_since).await
    }

    /// How far the bulk operation with this global id is.
    pub async fn poll_bulk(&self, id: &str) -> Result<State, Error> {
        operation::poll(self, id).await
    }

    /// The refunds with these numbers and all their lines; numbers that the shop does not know are left out.
    pub async fn refund_lines(
        &self,
        currency: Currency,
        refunds: &[i64],
    ) -> Result<Vec<refunds::Refunded>, Error> {
        refunds::read(self, currency, refunds).await
    }

    /// Asks with patience: waits for the points that the document needs, and again where Shopify says to.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        document: Document,
        variables: impl Serialize,
    ) -> Result<T, Error> {
        let body = serde_json::to_vec(&serde_json::json!({"query": document.text, "variables": variables}))
            .map_err(|_| Error::NotJson { operation: document.name })?;
        let mut backoff = self.patience.backoff;
        let mut attempt = 1;
        loop {
            let full = self.bucket.wait(document.cost).min(self.patience.wait_max);
            if !full.is_zero() {
                tokio::time::sleep(full).await;
            }
            let error = match self.ask_once(document, body.clone()).await {
                Ok(data) => return Ok(data),
                Err(error) => error,
            };
            let wait = error.wait().unwrap_or(backoff);
            if !error.is_retry() || attempt >= self.patience.attempts_max || wait > self.patience.wait_max {
                return Err(error);
            }
            tracing::debug!(operation = document.name, attempt, %error, "shopify is asked again");
            tokio::time::sleep(wait).await;
            backoff *= 2;
            attempt += 1;
        }
    }

    async fn ask_once<T: DeserializeOwned>(&self, document: Document, body: Vec<u8>) -> Result<T, Error> {
        let mut token = HeaderValue::from_str(self.token.expose()).map_err(|_| Error::TokenRefused)?;
        token.set_sensitive(true);
        let request = self.http.post(self.endpoint()).timeout(REQUEST_TIMEOUT);
        let request =
            request.header("x-shopify-access-token", token).header(CONTENT_TYPE, "application/json");
        let response = request.body(body).send().await.map_err(|error| Error::from_transport(&error))?;
        wire::check_status(response.status(), response.headers())?;
        let body = collect(document, response).await?;
        let (data, level) = wire::read(document, &body);
        if let Some(level) = level {
            self.bucket.saw(level);
        }
        data
    }

    fn endpoint(&self) -> String {
        let place = match &self.base {
            Some(base) => base.as_str().trim_end_matches('/').to_owned(),
            None => format!("https://{}", self.shop),
        };
        format!("{place}/admin/api/{}/graphql.json", wire::API_VERSION)
    }

    /// A file is fetched over HTTPS, or from the simulator that the base names; never with the token.
    pub(crate) fn file_request(&self, url: &str) -> Result<reqwest::RequestBuilder, Error> {
        let url = Url::parse(url).map_err(|_| Error::FileAddress)?;
        let ours = self.base.as_ref().is_some_and(|base| base.origin() == url.origin());
        if !ours && (url.scheme() != "https" || self.base.is_some()) {
            return Err(Error::FileAddress);
        }
        Ok(self.http.get(url))
    }
}

async fn collect(document: Document, mut response: reqwest::Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Error::from_transport(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Error::TooLong { operation: document.name });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
