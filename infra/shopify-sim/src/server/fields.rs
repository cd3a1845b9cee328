//! The resolvers: for each type that the simulator plays, its fields by their official names.

mod app;
mod bulk;
mod customers;
mod journeys;
mod lines;
mod money;
mod orders;
mod products;
mod refunds;
mod roots;
mod shop;

use super::value::{Arguments, Object, Resolve, Type, Value, World};

type Fields = &'static [(&'static str, Resolve)];

pub(super) fn resolver(kind: Type, name: &str) -> Option<Resolve> {
    of(kind).iter().find(|(field, _)| *field == name).map(|(_, resolve)| *resolve)
}

/// Always null.
pub(super) fn nothing<'a>(_: &World<'a>, _: i64, _: &Arguments) -> Option<Value<'a>> {
    None
}

/// Every field of a type that is answered.
pub(super) fn of(kind: Type) -> Fields {
    match kind {
        Type::AccessScope => app::ACCESS_SCOPE,
        Type::ApiVersion => app::API_VERSION,
        Type::App => app::APP,
        Type::AppInstallation => app::APP_INSTALLATION,
        Type::BulkOperation => bulk::BULK_OPERATION,
        Type::BulkOperationCancelPayload => bulk::CANCEL_PAYLOAD,
        Type::BulkOperationRunQueryPayload => bulk::RUN_QUERY_PAYLOAD,
        Type::BulkOperationUserError => bulk::USER_ERROR,
        Type::Count => shop::COUNT,
        Type::CurrencyFormats => shop::CURRENCY_FORMATS,
        Type::Customer => customers::CUSTOMER,
        Type::CustomerEmailAddress => customers::EMAIL_ADDRESS,
        Type::CustomerJourneySummary => journeys::JOURNEY,
        Type::CustomerStatistics => customers::STATISTICS,
        Type::CustomerVisit => journeys::VISIT,
        Type::DiscountAllocation => lines::ALLOCATION,
        Type::DiscountCodeApplication => lines::APPLICATION,
        Type::Domain => shop::DOMAIN,
        Type::InventoryItem => products::INVENTORY_ITEM,
        Type::LineItem => lines::LINE_ITEM,
        Type::MailingAddress => customers::ADDRESS,
        Type::ManualDiscountApplication => lines::MANUAL_APPLICATION,
        Type::MoneyBag => money::BAG,
        Type::MoneyV2 => money::MONEY,
        Type::Mutation => roots::MUTATION,
        Type::Order => orders::ORDER,
        Type::OrderTransaction => orders::TRANSACTION,
        Type::Product => products::PRODUCT,
        Type::ProductPriceRangeV2 => products::PRICE_RANGE,
        Type::ProductVariant => products::VARIANT,
        Type::QueryRoot => roots::QUERY,
        Type::Refund => refunds::REFUND,
        Type::RefundLineItem => refunds::LINE,
        Type::RefundShippingLine => refunds::SHIPPING_LINE,
        Type::Seo => products::SEO,
        Type::SelectedOption => products::OPTION,
        Type::ShippingLine => orders::SHIPPING_LINE,
        Type::Shop => shop::SHOP,
        Type::ShopAddress => shop::ADDRESS,
        Type::ShopFeatures => shop::FEATURES,
        Type::ShopPlan => shop::PLAN,
        Type::TaxLine => money::TAX_LINE,
        Type::UtmParameters => journeys::UTM,
    }
}

fn bag<'a>(minor: i64) -> Option<Value<'a>> {
    Some(Value::Object(Object::new(Type::MoneyBag, minor)))
}

fn money<'a>(minor: i64) -> Option<Value<'a>> {
    Some(Value::Object(Object::new(Type::MoneyV2, minor)))
}

fn object<'a>(kind: Type, at: impl Into<i64>) -> Option<Value<'a>> {
    Some(Value::Object(Object::new(kind, at)))
}

fn row<T>(rows: &[T], at: i64) -> Option<&T> {
    usize::try_from(at).ok().and_then(|at| rows.get(at))
}

/// Tags as Shopify lists them; in a store folder `;` stands between them.
fn tags(text: &str) -> Vec<&str> {
    text.split(';').map(str::trim).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests;
