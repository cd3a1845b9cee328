//! Refresh tokens: opaque to clients, 32 random bytes behind the user's and the session's number. The numbers only say
//! where to look; what counts is the digest of the whole text, which is all that is kept.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::digest::Digest;
use domain::ids::{SessionId, UserId};
use domain::secret::Secret;
use uuid::Uuid;

/// So that whoever finds one in a log or a repository can tell what it is.
const PREFIX: &str = "alatar_rt_";
const SECRET_BYTES: usize = 32;
/// A token of ours has 86 bytes behind its prefix; nothing much longer is decoded.
const ENCODED_BYTES_MAX: usize = 128;

/// The machine gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("no refresh token could be made")]
pub struct Error;

/// A new token for its bearer, and the digest to keep of it.
#[derive(Debug)]
pub struct Issued {
    pub token: Secret,
    pub digest: Digest,
}

/// What a token's text leads to: nothing is proven before a row with this digest is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    pub user_id: UserId,
    pub session: SessionId,
    pub digest: Digest,
}

/// # Errors
/// When the machine gives no random bytes.
pub fn issue(user: UserId, session: SessionId) -> Result<Issued, Error> {
    let mut secret = [0; SECRET_BYTES];
    aws_lc_rs::rand::fill(&mut secret).map_err(|_| Error)?;
    Ok(of_secret(user, session, &secret))
}

pub(crate) fn of_secret(user: UserId, session: SessionId, secret: &[u8; SECRET_BYTES]) -> Issued {
    let bytes = [user.uuid().as_bytes(), session.uuid().as_bytes(), secret.as_slice()].concat();
    let text = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let digest = Digest::of(text.as_bytes());
    Issued { token: Secret::new(text), digest }
}

/// `None` for what cannot be a token of ours.
pub fn read(text: &str) -> Option<Presented> {
    let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() <= ENCODED_BYTES_MAX)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()?;
    let (user, rest) = bytes.split_first_chunk()?;
    let (session, secret) = rest.split_first_chunk()?;
    (secret.len() == SECRET_BYTES).then(|| Presented {
        user_id: UserId::from_uuid(Uuid::from_bytes(*user)),
        session: SessionId::from_uuid(Uuid::from_bytes(*session)),
        digest: Digest::of(text.as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use domain::digest::Digest;
    use domain::ids::{SessionId, UserId};

    use super::{Presented, issue, read};

    #[test]
    fn a_token_leads_to_its_session_and_its_own_digest() {
        let (alice, session) = (UserId::new(), SessionId::new());
        let (one, two) = (issue(alice, session).unwrap(), issue(alice, session).unwrap());
        let presented = Presented { user_id: alice, session, digest: one.digest };
        assert_eq!(read(one.token.expose()), Some(presented));
        assert_eq!(one.digest, Digest::of(one.token.expose().as_bytes()));
        assert_ne!(one.digest, two.digest);
    }

    #[test]
    fn what_is_no_token_of_ours_leads_nowhere() {
        let token = issue(UserId::new(), SessionId::new()).unwrap().token;
        let token = token.expose();
        let (short, long) = (&token[..token.len() - 4], format!("{token}AAAA"));
        let huge = format!("{token}{}", "A".repeat(200_000));
        for text in
            ["", "alatar_rt_", "alatar_rt_!", &token[10..], short, &long, &huge, &token.to_uppercase()]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
