//! What a verified access token is exchanged for where a conversation outlives one message: who speaks and until when,
//! sealed. It opens nothing at the HTTP door, so a row that holds one holds no token.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::ids::{SessionId, UserId};
use jiff::Timestamp;

use crate::keys::{Keys, Purpose};
use crate::{Tenant, token};

/// A pass of ours has about 150 bytes; nothing much longer is looked at.
const PASS_BYTES_MAX: usize = 512;

/// Why a pass is worth nothing.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    #[error("the pass is not one of ours")]
    Invalid,
    #[error("the token that it stands for has expired")]
    Expired,
}

/// Verifies a token and gives who it speaks for, the pass that stands for it, and when both end.
///
/// # Errors
/// When the token is not ours, was changed, has expired or is not valid yet.
pub fn exchange(
    keys: &Keys,
    token: &str,
    now: Timestamp,
) -> Result<(Tenant, String, Timestamp), token::Error> {
    let (tenant, until) = token::verify(keys, token, now)?;
    let session = tenant.session.map(|session| session.to_string()).unwrap_or_default();
    let text = format!("{}.{session}.{}", tenant.user_id, until.as_second());
    let mac = BASE64_URL_SAFE_NO_PAD.encode(keys.mac(Purpose::Pass, text.as_bytes()));
    Ok((tenant, format!("{text}.{mac}"), until))
}

pub(crate) fn open(keys: &Keys, pass: &str, now: Timestamp) -> Result<Tenant, Error> {
    if pass.len() > PASS_BYTES_MAX {
        return Err(Error::Invalid);
    }
    let (text, mac) = pass.rsplit_once('.').ok_or(Error::Invalid)?;
    let mac = BASE64_URL_SAFE_NO_PAD.decode(mac).map_err(|_| Error::Invalid)?;
    if !keys.verify(Purpose::Pass, text.as_bytes(), &mac) {
        return Err(Error::Invalid);
    }
    let mut parts = text.split('.');
    let (Some(user), Some(session), Some(until), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Error::Invalid);
    };
    let user_id = UserId::from_uuid(user.parse().map_err(|_| Error::Invalid)?);
    let session = match session {
        "" => None,
        id => Some(SessionId::from_uuid(id.parse().map_err(|_| Error::Invalid)?)),
    };
    let until: i64 = until.parse().map_err(|_| Error::Invalid)?;
    if until <= now.as_second() {
        return Err(Error::Expired);
    }
    Ok(Tenant { user_id, session })
}

#[cfg(test)]
mod tests {
    use domain::ids::{SessionId, UserId};
    use jiff::{SignedDuration, Timestamp};

    use super::{Error, exchange};
    use crate::keys::Keys;
    use crate::{from_pass, from_token, token};

    #[test]
    fn a_pass_stands_for_its_token_as_long_as_that_lives_and_opens_no_other_door() {
        let (keys, now): (_, Timestamp) = (Keys::derive(&[7; 32]), "2026-11-23T12:00:00Z".parse().unwrap());
        let (alice, session) = (UserId::new(), SessionId::new());
        let (token, expires) = token::issue(&keys, alice, session, now).unwrap();
        let (tenant, pass, until) = exchange(&keys, token.expose(), now).unwrap();
        assert_eq!((tenant.user_id(), tenant.session(), until), (alice, Some(session), expires));
        assert_eq!(from_pass(&keys, &pass, until - SignedDuration::from_secs(1)), Ok(tenant));
        assert_eq!(from_pass(&keys, &pass, until), Err(Error::Expired));
        assert_eq!(from_token(&keys, &pass, now), Err(token::Error::Invalid));
        assert_eq!(from_pass(&Keys::derive(&[8; 32]), &pass, now), Err(Error::Invalid));
        let bob = pass.replace(&alice.to_string(), &UserId::new().to_string());
        assert_eq!(from_pass(&keys, &bob, now), Err(Error::Invalid));
        for broken in ["", ".", "a.b.c.d", token.expose(), &pass[..pass.len() - 1], &"x".repeat(10_000)] {
            assert_eq!(from_pass(&keys, broken, now), Err(Error::Invalid), "{broken}");
        }
        assert_eq!(exchange(&keys, token.expose(), until), Err(token::Error::Expired));
    }
}
