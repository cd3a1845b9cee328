//! Refresh tokens: opaque to clients, 32 random bytes behind the user's number. The number only says where to look; what
//! counts is the digest of the whole text, which is all that is kept.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::digest::Digest;
use domain::ids::UserId;
use domain::secret::Secret;
use uuid::Uuid;

/// So that whoever finds one in a log or a repository can tell what it is.
const PREFIX: &str = "alatar_rt_";
const SECRET_BYTES: usize = 32;
const UUID_BYTES: usize = 16;

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
    pub digest: Digest,
}

/// # Errors
/// When the machine gives no random bytes.
pub fn issue(user: UserId) -> Result<Issued, Error> {
    let mut bytes = [0; UUID_BYTES + SECRET_BYTES];
    let (number, secret) = bytes.split_at_mut(UUID_BYTES);
    number.copy_from_slice(user.uuid().as_bytes());
    aws_lc_rs::rand::fill(secret).map_err(|_| Error)?;
    let text = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let digest = Digest::of(text.as_bytes());
    Ok(Issued { token: Secret::new(text), digest })
}

/// `None` for what cannot be a token of ours.
pub fn read(text: &str) -> Option<Presented> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
    let (number, secret) = bytes.split_at_checked(UUID_BYTES)?;
    let user_id = UserId::from_uuid(Uuid::from_slice(number).ok()?);
    (secret.len() == SECRET_BYTES).then(|| Presented { user_id, digest: Digest::of(text.as_bytes()) })
}

#[cfg(test)]
mod tests {
    use domain::digest::Digest;
    use domain::ids::UserId;

    use super::{Presented, issue, read};

    #[test]
    fn a_token_leads_to_its_user_and_its_own_digest() {
        let (alice, bob) = (UserId::new(), UserId::new());
        let (one, two) = (issue(alice).unwrap(), issue(alice).unwrap());
        assert_eq!(read(one.token.expose()), Some(Presented { user_id: alice, digest: one.digest }));
        assert_eq!(one.digest, Digest::of(one.token.expose().as_bytes()));
        assert_ne!(one.digest, two.digest);
        assert_ne!(read(issue(bob).unwrap().token.expose()).unwrap().user_id, alice);
    }

    #[test]
    fn what_is_no_token_of_ours_leads_nowhere() {
        let token = issue(UserId::new()).unwrap().token;
        let token = token.expose();
        let (short, long) = (&token[..token.len() - 4], format!("{token}AAAA"));
        for text in ["", "alatar_rt_", "alatar_rt_!", &token[10..], short, &long, &token.to_uppercase()] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
