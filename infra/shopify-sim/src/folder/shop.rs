//! `store.json`: the store itself.

use std::io::ErrorKind;
use std::path::Path;

use domain::money::Currency;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Error, Reason};
use crate::store::Shop;

const FILE: &str = "store.json";

#[derive(Deserialize)]
struct Written {
    name: Option<String>,
    myshopify_domain: Option<String>,
    currency: Option<String>,
    iana_timezone: Option<String>,
    plan: Option<String>,
    created_at: Option<String>,
    now: Option<String>,
    source: Option<String>,
}

pub(super) fn read(folder: &Path) -> Result<Shop, Error> {
    let text = std::fs::read_to_string(folder.join(FILE)).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::NotFound => Reason::NotThere,
            ErrorKind::InvalidData => Reason::NotUtf8,
            _ => Reason::Unreadable(error.to_string()),
        };
        Error { file: folder.join(FILE).display().to_string(), line: None, column: None, reason }
    })?;
    let written: Written = serde_json::from_str(&text).map_err(|error| Error {
        file: FILE.to_owned(),
        line: u64::try_from(error.line()).ok(),
        column: None,
        reason: Reason::Unreadable(error.to_string()),
    })?;
    let currency = needed("currency", written.currency)?;
    let iana_timezone = needed("iana_timezone", written.iana_timezone)?;
    let timezone = TimeZone::get(&iana_timezone)
        .map_err(|_| wrong("iana_timezone", Reason::NotATimeZone(iana_timezone.clone())))?;
    let myshopify_domain = needed("myshopify_domain", written.myshopify_domain)?;
    if !is_shop_domain(&myshopify_domain) {
        return Err(wrong("myshopify_domain", Reason::NotAShopDomain(myshopify_domain)));
    }
    Ok(Shop {
        name: needed("name", written.name)?,
        myshopify_domain,
        currency: Currency::parse(&currency)
            .ok_or_else(|| wrong("currency", Reason::NotACurrency(currency)))?,
        iana_timezone,
        timezone,
        plan: written.plan.unwrap_or_else(|| "Basic".to_owned()),
        created_at: time("created_at", written.created_at)?,
        now: time("now", written.now)?,
        source: written.source,
    })
}

fn needed(column: &'static str, value: Option<String>) -> Result<String, Error> {
    value.filter(|value| !value.is_empty()).ok_or_else(|| wrong(column, Reason::Empty))
}

fn time(column: &'static str, value: Option<String>) -> Result<Option<Timestamp>, Error> {
    value.map(|text| text.parse().map_err(|_| wrong(column, Reason::NotATime(text)))).transpose()
}

fn wrong(column: &'static str, reason: Reason) -> Error {
    Error { file: FILE.to_owned(), line: None, column: Some(column), reason }
}

fn is_shop_domain(domain: &str) -> bool {
    domain.strip_suffix(".myshopify.com").is_some_and(|handle| {
        !handle.is_empty()
            && !handle.starts_with('-')
            && handle.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}
