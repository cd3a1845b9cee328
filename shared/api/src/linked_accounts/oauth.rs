//! Connecting a store. What comes in is checked; a server that is not an app of Shopify's says so.

use async_graphql::{Context, InputObject, Result, SimpleObject};
use domain::limits::OAUTH_QUERY_BYTES_MAX;
use shopify::shop_domain::ShopDomain;

use crate::errors::{UserError, UserErrorCode};
use crate::idempotency;
use crate::identity;
use crate::linked_accounts::LinkedAccount;

/// The store that is to be connected.
#[derive(InputObject)]
pub(crate) struct StartShopifyOAuthInput {
    /// The store's own address: `fruits.myshopify.com`.
    pub(crate) shop_domain: String,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// What Shopify sent the merchant back with.
#[derive(InputObject)]
pub(crate) struct CompleteShopifyOAuthInput {
    /// The whole query string of the page that Shopify led back to; at most 4,096 bytes.
    pub(crate) query: String,
    /// The same key with the same input gives the first answer again; at most 255 characters, kept for 30 days.
    pub(crate) idempotency_key: Option<String>,
}

/// Where the merchant is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, SimpleObject)]
pub(crate) struct ShopifyOAuthStartPayload {
    /// Shopify's page that asks for consent.
    pub(crate) authorization_url: Option<String>,
    /// Comes back from there unchanged.
    pub(crate) state: Option<String>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// A store that was connected.
#[derive(Clone, Debug, Default, SimpleObject)]
pub(crate) struct CompleteShopifyOAuthPayload {
    /// As it stands now.
    pub(crate) linked_account: Option<LinkedAccount>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

pub(crate) async fn start(
    ctx: &Context<'_>,
    input: StartShopifyOAuthInput,
) -> Result<ShopifyOAuthStartPayload> {
    identity::require(ctx).await?;
    let shop = ShopDomain::parse(&input.shop_domain).is_none().then(|| {
        let message = "This is not the address of a store: expected something like fruits.myshopify.com.";
        UserError::invalid("shopDomain", message)
    });
    let user_errors = checked(shop, input.idempotency_key.as_deref());
    Ok(ShopifyOAuthStartPayload { user_errors, ..ShopifyOAuthStartPayload::default() })
}

pub(crate) async fn complete(
    ctx: &Context<'_>,
    input: CompleteShopifyOAuthInput,
) -> Result<CompleteShopifyOAuthPayload> {
    identity::require(ctx).await?;
    let query = query_rule(&input.query).map(|message| UserError::invalid("query", message));
    let user_errors = checked(query, input.idempotency_key.as_deref());
    Ok(CompleteShopifyOAuthPayload { user_errors, ..CompleteShopifyOAuthPayload::default() })
}

/// What is wrong with the input, or else with this server.
fn checked(broken: Option<UserError>, key: Option<&str>) -> Vec<UserError> {
    let errors: Vec<_> = broken.into_iter().chain(idempotency::broken_rule(key)).collect();
    if errors.is_empty() { vec![not_configured()] } else { errors }
}

fn not_configured() -> UserError {
    let message = "Connecting Shopify stores is not configured on this server.";
    UserError::new(UserErrorCode::ExternalServiceError, message)
}

/// RFC 3986, 3.4: what may stand in a query string is printable ASCII without spaces.
fn query_rule(query: &str) -> Option<String> {
    let bytes = query.len();
    if bytes > OAUTH_QUERY_BYTES_MAX {
        Some(format!("The query string has {bytes} bytes; at most {OAUTH_QUERY_BYTES_MAX} are allowed."))
    } else if query.is_empty() {
        Some("The query string is empty.".to_owned())
    } else if !query.bytes().all(|byte| byte.is_ascii_graphic()) {
        Some("This is not a query string: it holds what a URL cannot.".to_owned())
    } else {
        None
    }
}
