//! Who asks: read from the bearer token alone.

use std::net::IpAddr;

use async_graphql::{Context, Error};
use auth::Tenant;
use auth::keys::Keys;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;

use crate::errors::{Code, Fault};

/// Who a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// No token came along.
    Nobody,
    Known(Tenant),
    /// A token came along that is forged, expired or none of ours.
    Refused,
}

impl Identity {
    pub(crate) fn read(headers: &HeaderMap, keys: &Keys, now: Timestamp) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Self::Nobody,
            (Some(value), None) => value,
            (Some(_), Some(_)) => return Self::Refused,
        };
        let token = value.to_str().ok().and_then(|text| text.split_once(' '));
        let tenant = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let tenant = tenant.and_then(|(_, token)| auth::from_token(keys, token.trim(), now).ok());
        tenant.map_or(Self::Refused, Self::Known)
    }

    pub(crate) fn tenant(self) -> Option<Tenant> {
        match self {
            Self::Known(tenant) => Some(tenant),
            Self::Nobody | Self::Refused => None,
        }
    }
}

/// Where a request came from, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) Option<IpAddr>);

/// Where the request came from; what came by no request came from nowhere.
pub(crate) fn client(ctx: &Context<'_>) -> Option<IpAddr> {
    ctx.data_opt::<Client>().and_then(|client| client.0)
}

/// The tenant of the request.
///
/// # Errors
/// `UNAUTHENTICATED` without one.
pub(crate) fn tenant(ctx: &Context<'_>) -> Result<Tenant, Error> {
    ctx.data::<Identity>()?.tenant().ok_or_else(|| Code::Unauthenticated.raise(UNAUTHENTICATED))
}

/// The same for an answer that needs nothing of the tenant's: asks whether their session lives, which every other answer
/// does on its way.
///
/// # Errors
/// `UNAUTHENTICATED` without a tenant or when their session has ended.
pub(crate) async fn require(ctx: &Context<'_>) -> Result<(), Error> {
    let tenant = tenant(ctx)?;
    let mut tx =
        ctx.data::<crate::Context>()?.store.tenant_read_only_once(&tenant).await.map_err(Fault::from)?;
    Ok(store::sessions::require(&mut tx).await.map_err(Fault::from)?)
}

pub(crate) const UNAUTHENTICATED: &str =
    "Log in and send the access token: \"authorization: Bearer <token>\".";
