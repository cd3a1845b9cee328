//! The shop's own facts.

use domain::{facts, money::Currency};
use serde::Deserialize;

use crate::{documents::SHOP, error::Error, reader::Reader};

#[derive(Deserialize)]
struct Data {
    shop: Shop,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shop {
    name: String,
    myshopify_domain: String,
    currency_code: String,
    iana_timezone: String,
    taxes_included: bool,
    plan: Plan,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    public_display_name: String,
}

pub(super) async fn read(reader: &Reader) -> Result<facts::Shop, Error> {
    let Data { shop } = reader.ask(SHOP, serde_json::Map::new()).await?;
    let bad = |field| Error::Field { operation: SHOP.name, field };
    let currency = Currency::parse(&shop.currency_code).ok_or(bad("currencyCode"))?;
    // A zone we cannot cut days in is refused here, not in the middle of an answer.
    jiff::tz::TimeZone::get(&shop.iana_timezone).map_err(|_| bad("ianaTimezone"))?;
    Ok(facts::Shop {
        name: shop.name,
        myshopify_domain: shop.myshopify_domain,
        currency,
        iana_timezone: shop.iana_timezone,
        taxes_included: shop.taxes_included,
        plan: shop.plan.public_display_name,
    })
}
