//! A third maker of [`Tenant`], for tests alone. It works in no session, as a queue message does.

use domain::ids::{SessionId, UserId};

use crate::Tenant;
use crate::refresh::{Issued, of_secret};

pub const fn tenant(user_id: UserId) -> Tenant {
    Tenant { user_id, session: None }
}

/// A refresh token that is the same at each run.
pub fn refresh_token(user: UserId, session: SessionId) -> Issued {
    of_secret(user, session, &[7; 32])
}
