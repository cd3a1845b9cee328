//! One answer of the Admin API, taken apart: status, version, errors beside data, cost.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{documents::Document, error::Error, throttle::Level};

/// The version every document is validated against.
pub(crate) const API_VERSION: &str = "2026-10";
const VERSION_HEADER: &str = "x-shopify-api-version";
/// Used where a 429 does not say how long.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(2);
/// A code longer than this is not one of Shopify's.
const CODE_BYTES_MAX: usize = 64;

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct GraphqlError {
    #[serde(default)]
    path: Vec<serde_json::Value>,
    extensions: Option<ErrorExtensions>,
}

#[derive(Deserialize)]
struct ErrorExtensions {
    code: Option<String>,
}

#[derive(Deserialize)]
struct Extensions {
    cost: Option<Cost>,
    #[serde(default)]
    search: Vec<Search>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    requested_query_cost: Option<f64>,
    throttle_status: Option<Level>,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    warnings: Vec<Warning>,
}

#[derive(Deserialize)]
struct Warning {
    code: Option<String>,
}

/// What the status line says, before any body is read.
pub(crate) fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), Error> {
    match status.as_u16() {
        200 => check_version(headers),
        401 => Err(Error::TokenRefused),
        402 => Err(Error::ShopFrozen),
        403 => Err(Error::Forbidden),
        404 => Err(Error::ShopNotFound),
        423 => Err(Error::ShopLocked),
        429 => Err(Error::Throttled { wait: retry_after(headers) }),
        status @ 500..=599 => Err(Error::Unavailable { status }),
        status => Err(Error::Status { status }),
    }
}

/// `Retry-After` in seconds ("2.0" as Shopify writes it, or "2").
pub(crate) fn retry_after(headers: &HeaderMap) -> Duration {
    let seconds =
        headers.get("retry-after").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    seconds.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(RETRY_AFTER_DEFAULT)
}

/// A retired version is answered by a newer one without a word but this header.
fn check_version(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(VERSION_HEADER).map(|value| value.to_str().unwrap_or_default()) {
        Some(answered) if answered != API_VERSION => {
            Err(Error::Version { asked: API_VERSION, answered: code(answered) })
        }
        Some(_) | None => Ok(()),
    }
}

/// The data of an answer, and the bucket's level if it was told. Data beside an error is partial and counts as none.
pub(crate) fn read<T: DeserializeOwned>(
    document: Document,
    body: &[u8],
) -> (Result<T, Error>, Option<Level>) {
    let operation = document.name;
    let Ok(answer) = serde_json::from_slice::<Answer<T>>(body) else {
        return (Err(unreadable(document, body)), None);
    };
    let cost = answer.extensions.as_ref().and_then(|extensions| extensions.cost.as_ref());
    let level = cost.and_then(|cost| cost.throttle_status);
    if let Some(error) = first_error(document, &answer.errors, cost) {
        return (Err(error), level);
    }
    let mut warnings =
        answer.extensions.iter().flat_map(|ext| &ext.search).flat_map(|search| &search.warnings);
    if let Some(warning) = warnings.next() {
        let code = code(warning.code.as_deref().unwrap_or("no code"));
        return (Err(Error::SearchIgnored { operation, code }), level);
    }
    (answer.data.ok_or(Error::Field { operation, field: "data" }), level)
}

/// An error leaves required fields null, which no typed `data` survives: so errors are looked for again without it.
fn unreadable(document: Document, body: &[u8]) -> Error {
    let operation = document.name;
    match serde_json::from_slice::<Answer<serde::de::IgnoredAny>>(body) {
        Err(_) => Error::NotJson { operation },
        Ok(answer) => {
            let cost = answer.extensions.as_ref().and_then(|extensions| extensions.cost.as_ref());
            first_error(document, &answer.errors, cost).unwrap_or(Error::Field { operation, field: "data" })
        }
    }
}

fn first_error(document: Document, errors: &[GraphqlError], cost: Option<&Cost>) -> Option<Error> {
    let operation = document.name;
    let first = errors.first()?;
    let code_of = |error: &GraphqlError| error.extensions.as_ref().and_then(|ext| ext.code.clone());
    Some(match code_of(first).as_deref() {
        Some("THROTTLED") => {
            let requested = cost.and_then(|cost| cost.requested_query_cost).unwrap_or(document.cost.into());
            let level = cost.and_then(|cost| cost.throttle_status);
            let wait = level.map_or(RETRY_AFTER_DEFAULT, |level| level.wait(requested, Duration::ZERO));
            Error::Throttled { wait }
        }
        Some("MAX_COST_EXCEEDED") => Error::TooCostly { operation },
        Some("ACCESS_DENIED") => Error::AccessDenied { operation, path: path(&first.path) },
        Some("INTERNAL_SERVER_ERROR" | "TIMEOUT") => Error::Fault { operation },
        _ => {
            let codes = errors.iter().map(|error| code(code_of(error).as_deref().unwrap_or("no code")));
            Error::Rejected { operation, codes: codes.collect() }
        }
    })
}

fn path(parts: &[serde_json::Value]) -> String {
    let names = parts.iter().filter_map(|part| part.as_str());
    code(&names.collect::<Vec<_>>().join("."))
}

/// A word that a code or a field path may be made of; anything else is not repeated.
pub(crate) fn code(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    if text.len() <= CODE_BYTES_MAX && text.chars().all(plain) {
        text.to_owned()
    } else {
        "unreadable".to_owned()
    }
}
