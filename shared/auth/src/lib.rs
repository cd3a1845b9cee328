//! Floor 1: who is asking. The two doors where a [`Tenant`] is born are [`from_token`] (a verified access token) and
//! [`open`] (an opened queue envelope); grep for them and the list is the audit. Beside them: the keys both doors use,
//! password hashing, and e-mail addresses as a type.
//!
//! ```compile_fail,E0451
//! // The field is private: nobody builds a tenant by hand.
//! let tenant = auth::Tenant { user_id: domain::ids::UserId::new(), session: None };
//! ```
//!
//! ```compile_fail,E0277
//! // Nor reads one from a text that anybody could have written.
//! let tenant: auth::Tenant = serde_json::from_str("{}").unwrap();
//! ```

pub mod email;
pub mod envelope;
pub mod keys;
pub mod pass;
pub mod password;
pub mod refresh;
pub mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;

use domain::ids::{MessageId, SessionId, UserId};
use jiff::Timestamp;

use crate::keys::Keys;

/// The proof that work is done for this user. It cannot be built outside this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenant {
    user_id: UserId,
    session: Option<SessionId>,
}

impl Tenant {
    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The session that the work is done in and that must not have ended; none for work that a queue message brought.
    pub const fn session(&self) -> Option<SessionId> {
        self.session
    }
}

/// A queue message that one of our own functions sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    pub tenant: Tenant,
    pub id: MessageId,
    pub message: envelope::Message,
}

/// The first door: a verified access token. Whether its session still lives is asked of the database, together with the
/// first statement of each transaction.
///
/// # Errors
/// When the token is not ours, was changed, has expired or is not valid yet.
pub fn from_token(keys: &Keys, token: &str, now: Timestamp) -> Result<Tenant, token::Error> {
    token::verify(keys, token, now).map(|(tenant, _)| tenant)
}

/// The first door again, for a token that was verified before and exchanged for a pass.
///
/// # Errors
/// When the pass is not ours, or the token that it stands for has expired.
pub fn from_pass(keys: &Keys, pass: &str, now: Timestamp) -> Result<Tenant, pass::Error> {
    pass::open(keys, pass, now)
}

/// The second door: an opened queue envelope.
///
/// # Errors
/// When the body is too large, is not an envelope, or was not sealed with our key.
pub fn open(keys: &Keys, body: &str) -> Result<Opened, envelope::Error> {
    let (user_id, id, message) = envelope::unseal(keys, body)?;
    Ok(Opened { tenant: Tenant { user_id, session: None }, id, message })
}
