//! What resolvers see and what they answer with.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use domain::clock::Clock;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::bulk::Job;
use super::operations::Operations;
use super::problem::Problem;
use crate::store::{Store, Text};

/// The types that the simulator plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Type {
    AccessScope,
    ApiVersion,
    App,
    AppInstallation,
    BulkOperation,
    BulkOperationCancelPayload,
    BulkOperationRunQueryPayload,
    BulkOperationUserError,
    Count,
    CurrencyFormats,
    Customer,
    CustomerEmailAddress,
    CustomerJourneySummary,
    CustomerStatistics,
    CustomerVisit,
    DiscountAllocation,
    DiscountCodeApplication,
    Domain,
    InventoryItem,
    LineItem,
    MailingAddress,
    ManualDiscountApplication,
    MoneyBag,
    MoneyV2,
    Mutation,
    Order,
    OrderTransaction,
    Product,
    ProductPriceRangeV2,
    ProductVariant,
    QueryRoot,
    Refund,
    RefundLineItem,
    RefundShippingLine,
    Seo,
    SelectedOption,
    ShippingLine,
    Shop,
    ShopAddress,
    ShopFeatures,
    ShopPlan,
    TaxLine,
    UtmParameters,
}

impl Type {
    pub(super) const ALL: [Self; 43] = [
        Self::AccessScope,
        Self::ApiVersion,
        Self::App,
        Self::AppInstallation,
        Self::BulkOperation,
        Self::BulkOperationCancelPayload,
        Self::BulkOperationRunQueryPayload,
        Self::BulkOperationUserError,
        Self::Count,
        Self::CurrencyFormats,
        Self::Customer,
        Self::CustomerEmailAddress,
        Self::CustomerJourneySummary,
        Self::CustomerStatistics,
        Self::CustomerVisit,
        Self::DiscountAllocation,
        Self::DiscountCodeApplication,
        Self::Domain,
        Self::InventoryItem,
        Self::LineItem,
        Self::MailingAddress,
        Self::ManualDiscountApplication,
        Self::MoneyBag,
        Self::MoneyV2,
        Self::Mutation,
        Self::Order,
        Self::OrderTransaction,
        Self::Product,
        Self::ProductPriceRangeV2,
        Self::ProductVariant,
        Self::QueryRoot,
        Self::Refund,
        Self::RefundLineItem,
        Self::RefundShippingLine,
        Self::Seo,
        Self::SelectedOption,
        Self::ShippingLine,
        Self::Shop,
        Self::ShopAddress,
        Self::ShopFeatures,
        Self::ShopPlan,
        Self::TaxLine,
        Self::UtmParameters,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AccessScope => "AccessScope",
            Self::ApiVersion => "ApiVersion",
            Self::App => "App",
            Self::AppInstallation => "AppInstallation",
            Self::BulkOperation => "BulkOperation",
            Self::BulkOperationCancelPayload => "BulkOperationCancelPayload",
            Self::BulkOperationRunQueryPayload => "BulkOperationRunQueryPayload",
            Self::BulkOperationUserError => "BulkOperationUserError",
            Self::Count => "Count",
            Self::CurrencyFormats => "CurrencyFormats",
            Self::Customer => "Customer",
            Self::CustomerEmailAddress => "CustomerEmailAddress",
            Self::CustomerJourneySummary => "CustomerJourneySummary",
            Self::CustomerStatistics => "CustomerStatistics",
            Self::CustomerVisit => "CustomerVisit",
            Self::DiscountAllocation => "DiscountAllocation",
            Self::DiscountCodeApplication => "DiscountCodeApplication",
            Self::Domain => "Domain",
            Self::InventoryItem => "InventoryItem",
            Self::LineItem => "LineItem",
            Self::MailingAddress => "MailingAddress",
            Self::ManualDiscountApplication => "ManualDiscountApplication",
            Self::MoneyBag => "MoneyBag",
            Self::MoneyV2 => "MoneyV2",
            Self::Mutation => "Mutation",
            Self::Order => "Order",
            Self::OrderTransaction => "OrderTransaction",
            Self::Product => "Product",
            Self::ProductPriceRangeV2 => "ProductPriceRangeV2",
            Self::ProductVariant => "ProductVariant",
            Self::QueryRoot => "QueryRoot",
            Self::Refund => "Refund",
            Self::RefundLineItem => "RefundLineItem",
            Self::RefundShippingLine => "RefundShippingLine",
            Self::Seo => "SEO",
            Self::SelectedOption => "SelectedOption",
            Self::ShippingLine => "ShippingLine",
            Self::Shop => "Shop",
            Self::ShopAddress => "ShopAddress",
            Self::ShopFeatures => "ShopFeatures",
            Self::ShopPlan => "ShopPlan",
            Self::TaxLine => "TaxLine",
            Self::UtmParameters => "UTMParameters",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An object: its type, and where it stands. What `at` means is the type's own affair: a row number for most, minor
/// units for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: Type,
    pub(super) at: i64,
}

impl Object {
    pub(super) fn new(kind: Type, at: impl Into<i64>) -> Self {
        Self { kind, at: at.into() }
    }
}

/// What a field is.
pub(super) enum Value<'a> {
    Flag(bool),
    Int(i64),
    /// A 64-bit number, which Shopify writes as a string.
    Big(i64),
    Text(&'a str),
    Owned(String),
    /// JSON as it stands.
    Raw(String),
    /// `gid://shopify/{type}/{id}`
    Gid(Type, i64),
    Time(Timestamp),
    /// Minor units, written as `Decimal` ("10.5").
    Decimal(i64),
    /// Minor units, written as `Money` ("10.50").
    Price(i64),
    Texts(Vec<&'a str>),
    Object(Object),
    Objects(Vec<Object>),
    Rows(Rows),
}

/// The rows of a connection, in the order in which they are paged.
pub(super) struct Rows {
    pub(super) kind: Type,
    pub(super) set: RowSet,
}

pub(super) enum RowSet {
    /// Rows that stand together, in the order of their ids.
    Range(Range<u32>),
    /// Sort key and row, sorted by both.
    Keyed(Vec<(i64, u32)>),
}

impl Rows {
    pub(super) fn range(kind: Type, range: &Range<u32>) -> Self {
        Self { kind, set: RowSet::Range(range.clone()) }
    }

    pub(super) fn len(&self) -> usize {
        match &self.set {
            RowSet::Range(range) => range.len(),
            RowSet::Keyed(rows) => rows.len(),
        }
    }

    /// Sort key and row at a place.
    pub(super) fn get(&self, at: usize) -> Option<(i64, u32)> {
        match &self.set {
            RowSet::Range(range) => range.clone().nth(at).map(|row| (0, row)),
            RowSet::Keyed(rows) => rows.get(at).copied(),
        }
    }
}

/// The arguments of a field, variables filled in.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// Where the field stands in the response.
    pub(super) key: String,
    pub(super) given: Map<String, Json>,
}

impl Arguments {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).and_then(Json::as_str)
    }

    pub(super) fn int(&self, name: &str) -> Option<i64> {
        self.given.get(name).and_then(Json::as_i64)
    }

    pub(super) fn is_null(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(Json::is_null)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.given.get(name).and_then(Json::as_bool).unwrap_or(false)
    }
}

/// One store as it is served.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) store: Arc<Store>,
    pub(super) operations: Operations,
    pub(super) clock: Clock,
    /// Numbers of bulk operations, one row of them for all stores of the server.
    pub(super) last_operation: Arc<AtomicI64>,
}

/// Everything one request sees.
pub(super) struct World<'a> {
    pub(super) served: &'a Arc<Served>,
    pub(super) store: &'a Store,
    pub(super) operations: &'a Operations,
    pub(super) now: Timestamp,
    /// How the client reached us (`http://127.0.0.1:4000`), for the addresses of downloads.
    pub(super) base_url: &'a str,
    pub(super) problems: RefCell<Vec<Problem>>,
    pub(super) searches: RefCell<Vec<Json>>,
    pub(super) user_errors: RefCell<Vec<UserError>>,
    /// Bulk operations to start when the request has been answered.
    pub(super) jobs: RefCell<Vec<Job>>,
}

/// One entry of a payload's `userErrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserError {
    pub(super) code: &'static str,
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl<'a> World<'a> {
    pub(super) fn new(served: &'a Arc<Served>, base_url: &'a str) -> Self {
        Self {
            served,
            store: &served.store,
            operations: &served.operations,
            now: served.clock.now(),
            base_url,
            problems: RefCell::default(),
            searches: RefCell::default(),
            user_errors: RefCell::default(),
            jobs: RefCell::default(),
        }
    }

    pub(super) fn text(&self, text: Text) -> &'a str {
        self.store.texts.get(text)
    }

    /// A field that failed while it was answered; the field itself is null.
    pub(super) fn fail(&self, key: &str, code: &'static str, message: String) {
        self.problems.borrow_mut().push(Problem::at_run_time(key, code, message));
    }

    /// The id behind an object that has one.
    pub(super) fn id(&self, object: Object) -> Option<i64> {
        let at = usize::try_from(object.at).ok()?;
        let store = self.store;
        match object.kind {
            Type::Order => store.orders.get(at).map(|row| row.id),
            Type::LineItem => store.lines.get(at).map(|row| row.id),
            Type::Refund => store.refunds.get(at).map(|row| row.id),
            Type::RefundLineItem => store.refund_lines.get(at).map(|row| row.id),
            Type::Product => store.products.get(at).map(|row| row.id),
            Type::ProductVariant | Type::InventoryItem => store.variants.get(at).map(|row| row.id),
            Type::Customer => store.customers.get(at).map(|row| row.id),
            _ => Some(object.at),
        }
    }
}

/// Answers one field of one object. `None` is null.
pub(super) type Resolve = for<'a> fn(&World<'a>, i64, &Arguments) -> Option<Value<'a>>;
