//! Access tokens: JWT, HS256 and nothing else, 15 minutes. Times come from the caller's clock, so they are checked here
//! and not by the library, which would ask the machine.

use std::sync::LazyLock;

use domain::ids::{SessionId, UserId};
use domain::limits::ACCESS_TOKEN_SECONDS;
use domain::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Tenant;
use crate::keys::Keys;

const ISSUER: &str = "alatar";
const AUDIENCE: &str = "alatar-api";
const TYPE: &str = "at+jwt";
/// A token of ours has about 400 bytes; nothing much longer is looked at.
const TOKEN_BYTES_MAX: usize = 1_024;
/// How far the clocks of two of our machines may stand apart.
const SKEW_SECONDS_MAX: i64 = 5;

static VALIDATION: LazyLock<Validation> = LazyLock::new(|| {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
});

#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    #[error("the access token is not valid")]
    Invalid,
    #[error("the access token has expired")]
    Expired,
    #[error("the access token is not valid yet")]
    NotYet,
    #[error("the access token could not be signed")]
    Sign,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    /// The session that the token lives and ends with.
    sid: Uuid,
    /// Seconds since 1970, as all three.
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// A signed token for the user's session, and when it ends.
///
/// # Errors
/// [`Error::Sign`] when `now` is at the end of time or the library cannot sign.
pub fn issue(
    keys: &Keys,
    user_id: UserId,
    session: SessionId,
    now: Timestamp,
) -> Result<(Secret, Timestamp), Error> {
    let issued = Timestamp::from_second(now.as_second()).map_err(|_| Error::Sign)?;
    let expires =
        issued.checked_add(SignedDuration::from_secs(ACCESS_TOKEN_SECONDS)).map_err(|_| Error::Sign)?;
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(keys.token_id().to_owned());
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: user_id.uuid(),
        sid: session.uuid(),
        iat: issued.as_second(),
        nbf: issued.as_second(),
        exp: expires.as_second(),
    };
    let token = jsonwebtoken::encode(&header, &claims, keys.token_encoding()).map_err(|_| Error::Sign)?;
    Ok((Secret::new(token), expires))
}

/// Who the token speaks for, and when it ends.
pub(crate) fn verify(keys: &Keys, token: &str, now: Timestamp) -> Result<(Tenant, Timestamp), Error> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Error::Invalid);
    }
    let data = jsonwebtoken::decode::<Claims>(token, keys.token_decoding(), &VALIDATION).map_err(error)?;
    if data.header.typ.as_deref() != Some(TYPE) || data.header.kid.as_deref() != Some(keys.token_id()) {
        return Err(Error::Invalid);
    }
    let (now, claims) = (now.as_second(), data.claims);
    if claims.exp <= now {
        return Err(Error::Expired);
    }
    if claims.nbf.max(claims.iat) > now.saturating_add(SKEW_SECONDS_MAX) {
        return Err(Error::NotYet);
    }
    let until = Timestamp::from_second(claims.exp).map_err(|_| Error::Invalid)?;
    let session = Some(SessionId::from_uuid(claims.sid));
    Ok((Tenant { user_id: UserId::from_uuid(claims.sub), session }, until))
}

fn error(error: jsonwebtoken::errors::Error) -> Error {
    match error.kind() {
        ErrorKind::ExpiredSignature => Error::Expired,
        ErrorKind::ImmatureSignature => Error::NotYet,
        _ => Error::Invalid,
    }
}

#[cfg(test)]
mod tests;
