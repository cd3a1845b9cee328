//! The shop itself.

use super::{Fields, object, row};
use crate::server::value::{Type, Value};

pub(super) const SHOP: Fields = &[
    ("id", |_, _, _| Some(Value::Gid(Type::Shop, 1))),
    ("name", |world, _, _| Some(Value::Text(&world.store.shop.name))),
    ("myshopifyDomain", |world, _, _| Some(Value::Text(&world.store.shop.myshopify_domain))),
    ("primaryDomain", |_, _, _| object(Type::Domain, 1)),
    ("url", |world, _, _| Some(Value::Owned(format!("https://{}", world.store.shop.myshopify_domain)))),
    ("email", |_, _, _| Some(Value::Text("owner@example.com"))),
    ("contactEmail", |_, _, _| Some(Value::Text("owner@example.com"))),
    ("description", |_, _, _| None),
    ("currencyCode", |world, _, _| Some(Value::Text(world.store.shop.currency.code()))),
    ("currencyFormats", |_, _, _| object(Type::CurrencyFormats, 1)),
    ("enabledPresentmentCurrencies", |world, _, _| {
        Some(Value::Texts(vec![world.store.shop.currency.code()]))
    }),
    ("ianaTimezone", |world, _, _| Some(Value::Text(&world.store.shop.iana_timezone))),
    ("timezoneOffsetMinutes", |world, _, _| {
        let offset = world.store.shop.timezone.to_offset(world.now);
        Some(Value::Int(i64::from(offset.seconds() / 60)))
    }),
    ("timezoneOffset", |world, _, _| {
        let seconds = world.store.shop.timezone.to_offset(world.now).seconds();
        let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
        Some(Value::Owned(format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)))
    }),
    ("taxesIncluded", |_, _, _| Some(Value::Flag(false))),
    ("taxShipping", |_, _, _| Some(Value::Flag(false))),
    ("unitSystem", |_, _, _| Some(Value::Text("METRIC_SYSTEM"))),
    ("weightUnit", |_, _, _| Some(Value::Text("KILOGRAMS"))),
    ("createdAt", |world, _, _| Some(Value::Time(world.store.shop.created_at.unwrap_or_default()))),
    ("updatedAt", |world, _, _| Some(Value::Time(world.store.shop.created_at.unwrap_or_default()))),
    ("plan", |_, _, _| object(Type::ShopPlan, 1)),
    ("shopAddress", |_, _, _| object(Type::ShopAddress, 1)),
    ("features", |_, _, _| object(Type::ShopFeatures, 1)),
    ("setupRequired", |_, _, _| Some(Value::Flag(false))),
];

pub(super) const PLAN: Fields = &[
    ("publicDisplayName", |world, _, _| Some(Value::Text(&world.store.shop.plan))),
    ("displayName", |world, _, _| Some(Value::Text(&world.store.shop.plan))),
    ("shopifyPlus", |world, _, _| Some(Value::Flag(world.store.shop.plan.contains("Plus")))),
    ("partnerDevelopment", |_, _, _| Some(Value::Flag(false))),
];

pub(super) const ADDRESS: Fields = &[
    ("id", |_, _, _| Some(Value::Gid(Type::ShopAddress, 1))),
    ("countryCodeV2", |_, _, _| None),
    ("provinceCode", |_, _, _| None),
    ("city", |_, _, _| None),
    ("zip", |_, _, _| None),
];

pub(super) const FEATURES: Fields = &[("storefront", |_, _, _| Some(Value::Flag(true)))];

pub(super) const DOMAIN: Fields = &[
    ("id", |_, _, _| Some(Value::Gid(Type::Domain, 1))),
    ("host", |world, _, _| Some(Value::Text(&world.store.shop.myshopify_domain))),
    ("url", |world, _, _| Some(Value::Owned(format!("https://{}", world.store.shop.myshopify_domain)))),
    ("sslEnabled", |_, _, _| Some(Value::Flag(true))),
];

pub(super) const CURRENCY_FORMATS: Fields = &[
    ("moneyFormat", |_, _, _| Some(Value::Text("{{amount}}"))),
    ("moneyWithCurrencyFormat", |world, _, _| {
        Some(Value::Owned(format!("{{{{amount}}}} {}", world.store.shop.currency)))
    }),
    ("moneyInEmailsFormat", |_, _, _| Some(Value::Text("{{amount}}"))),
    ("moneyWithCurrencyInEmailsFormat", |world, _, _| {
        Some(Value::Owned(format!("{{{{amount}}}} {}", world.store.shop.currency)))
    }),
];

/// Stands for the number itself; `-1 - n` is "at least n".
pub(super) const COUNT: Fields = &[
    ("count", |_, count, _| Some(Value::Int(if count < 0 { -1 - count } else { count }))),
    ("precision", |_, count, _| Some(Value::Text(if count < 0 { "AT_LEAST" } else { "EXACT" }))),
];

/// How many variants a product has.
pub(super) fn variants_of(world: &crate::server::value::World<'_>, product: i64) -> Option<i64> {
    i64::try_from(row(&world.store.products, product)?.variants.len()).ok()
}
