//! From text to types, one variable at a time.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use domain::secret::Secret;
use url::Url;

use super::{Config, Environment, Error, Llm, RateLimits, Shopify, Telemetry, keys};

const PORT_DEFAULT: u16 = 8080;
const HOME_DEFAULT: &str = ".alatar";
const DATABASE_EXPECTED: &str = "a PostgreSQL URL, postgres://user:password@host:5432/database";
const URL_EXPECTED: &str = "an absolute http or https URL";

pub(super) struct Lookup<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup }
    }

    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn parsed<T: FromStr>(&self, name: &'static str, expected: &'static str) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Error::Malformed { name, expected })
    }

    fn secret(&self, name: &'static str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    fn url(&self, name: &'static str) -> Result<Option<Url>, Error> {
        let Some(text) = self.text(name) else { return Ok(None) };
        web_url(&text).map(Some).ok_or(Error::Malformed { name, expected: URL_EXPECTED })
    }
}

pub(super) fn config(lookup: &Lookup<'_>) -> Result<Config, Error> {
    let environment = environment(lookup)?;
    let home = lookup.text("ALATAR_HOME").map_or_else(|| PathBuf::from(HOME_DEFAULT), PathBuf::from);
    let port = lookup.parsed("ALATAR_PORT", "a port number between 0 and 65535")?.unwrap_or(PORT_DEFAULT);
    let clock_start = lookup.parsed("ALATAR_CLOCK_START", "an instant such as 2026-03-01T09:00:00Z")?;
    Ok(Config {
        environment,
        port,
        clock_start,
        pg_bin: lookup.text("ALATAR_PG_BIN").map(PathBuf::from),
        rate_limits: rate_limits(lookup, environment)?,
        database_url: database_url(lookup, environment)?,
        signing_key: keys::key(lookup, "ALATAR_SIGNING_KEY", "signing.key", environment, &home)?,
        master_key: keys::key(lookup, "ALATAR_MASTER_KEY", "master.key", environment, &home)?,
        allowed_origins: allowed_origins(lookup)?,
        shopify: Shopify {
            client_id: lookup.text("SHOPIFY_CLIENT_ID"),
            client_secret: lookup.secret("SHOPIFY_CLIENT_SECRET"),
            api_base: lookup.url("SHOPIFY_API_BASE")?,
        },
        llm: Llm {
            base_url: lookup.url("LLM_BASE_URL")?,
            api_key: lookup.secret("LLM_API_KEY"),
            model: lookup.text("LLM_MODEL"),
        },
        websocket_url: lookup.url("ALATAR_WEBSOCKET_URL")?,
        queue_urls: queue_urls(lookup)?,
        telemetry: Telemetry {
            filter: lookup.text("RUST_LOG"),
            json: lookup.text("AWS_LAMBDA_FUNCTION_NAME").is_some() || environment != Environment::Local,
            service: lookup.text("OTEL_SERVICE_NAME"),
            otlp_endpoint: lookup.url("OTEL_EXPORTER_OTLP_ENDPOINT")?,
        },
        home,
    })
}

fn environment(lookup: &Lookup<'_>) -> Result<Environment, Error> {
    match lookup.text("ALATAR_ENV").as_deref() {
        None | Some("local") => Ok(Environment::Local),
        Some("staging") => Ok(Environment::Staging),
        Some("production") => Ok(Environment::Production),
        Some(_) => Err(Error::Malformed { name: "ALATAR_ENV", expected: "local, staging or production" }),
    }
}

fn rate_limits(lookup: &Lookup<'_>, environment: Environment) -> Result<Option<RateLimits>, Error> {
    const NAME: &str = "ALATAR_RATE_LIMITS";
    const EXPECTED: &str = "off (never in production), or a list such as analyses_per_hour=20,requests_per_minute=1200,\
                            failed_logins_per_account=10,failed_logins_per_address=100,registrations_per_address=100";
    let malformed = || Error::Malformed { name: NAME, expected: EXPECTED };
    let mut limits = RateLimits::default();
    let Some(text) = lookup.text(NAME) else { return Ok(Some(limits)) };
    if text == "off" {
        return if environment == Environment::Production { Err(malformed()) } else { Ok(None) };
    }
    for pair in text.split(',') {
        let (name, value) = pair.split_once('=').ok_or_else(malformed)?;
        let value = value.trim().parse().ok().filter(|value| *value > 0).ok_or_else(malformed)?;
        match name.trim() {
            "analyses_per_hour" => limits.analyses_per_hour = value,
            "requests_per_minute" => limits.requests_per_minute = value,
            "failed_logins_per_account" => limits.failed_logins_per_account = value,
            "failed_logins_per_address" => limits.failed_logins_per_address = value,
            "registrations_per_address" => limits.registrations_per_address = value,
            _ => return Err(malformed()),
        }
    }
    Ok(Some(limits))
}

fn database_url(lookup: &Lookup<'_>, environment: Environment) -> Result<Option<Secret>, Error> {
    const NAME: &str = "DATABASE_URL";
    match lookup.text(NAME) {
        None if environment == Environment::Local => Ok(None),
        None => Err(Error::Missing { name: NAME, expected: DATABASE_EXPECTED }),
        Some(text) => match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(Some(Secret::new(text))),
            Ok(_) | Err(_) => Err(Error::Malformed { name: NAME, expected: DATABASE_EXPECTED }),
        },
    }
}

fn allowed_origins(lookup: &Lookup<'_>) -> Result<Vec<String>, Error> {
    const NAME: &str = "ALATAR_ALLOWED_ORIGINS";
    const EXPECTED: &str = "a list of origins such as https://app.example.com,https://example.com";
    let Some(text) = lookup.text(NAME) else { return Ok(Vec::new()) };
    let origin = |part: &str| {
        let url = web_url(part.trim())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        bare.then(|| url.origin().ascii_serialization())
    };
    text.split(',')
        .map(|part| origin(part).ok_or(Error::Malformed { name: NAME, expected: EXPECTED }))
        .collect()
}

fn queue_urls(lookup: &Lookup<'_>) -> Result<BTreeMap<String, Url>, Error> {
    const NAME: &str = "ALATAR_QUEUE_URLS";
    const EXPECTED: &str =
        "a list such as orchestrator=https://sqs.eu-central-1.amazonaws.com/1/orchestrator";
    let Some(text) = lookup.text(NAME) else { return Ok(BTreeMap::new()) };
    let pair = |part: &str| {
        let (queue, url) = part.split_once('=')?;
        Some((queue.trim().to_owned(), web_url(url.trim())?))
    };
    text.split(',')
        .map(|part| pair(part).ok_or(Error::Malformed { name: NAME, expected: EXPECTED }))
        .collect()
}

fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
