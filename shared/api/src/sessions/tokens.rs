//! Both tokens of a session.

use auth::refresh::{self, Issued};
use auth::{Tenant, token};
use domain::ids::{SessionId, UserId};
use domain::secret::Secret;
use jiff::Timestamp;
use store::sessions::NewSession;

use super::AuthPayload;
use crate::errors::Fault;
use crate::scalars::DateTime;
use crate::users::User;

/// Both tokens, made before the rows are that they stand for: nobody gets them unless those are there.
pub(super) struct Tokens {
    access: Secret,
    expires_at: Timestamp,
    pub(super) refresh: Issued,
    /// Who the access token speaks for.
    pub(super) tenant: Tenant,
    session: SessionId,
}

impl Tokens {
    /// For a session that is to be opened, or whose bearer has proven themselves.
    pub(super) fn issue(
        services: &crate::Context,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let failed = |error: token::Error| Fault::internal(&error);
        let (access, expires_at) = token::issue(&services.keys, user, session, now).map_err(failed)?;
        let tenant = auth::from_token(&services.keys, access.expose(), now).map_err(failed)?;
        let refresh = refresh::issue(user, session).map_err(|error| Fault::internal(&error))?;
        Ok(Self { access, expires_at, refresh, tenant, session })
    }

    pub(super) fn new_session(&self) -> NewSession {
        NewSession { id: self.session, refresh_token: self.refresh.digest }
    }

    pub(super) fn hand_over(self, user: store::users::User) -> AuthPayload {
        AuthPayload {
            access_token: Some(self.access.expose().to_owned()),
            refresh_token: Some(self.refresh.token.expose().to_owned()),
            expires_at: Some(DateTime::from(self.expires_at)),
            user: Some(User::new(self.tenant, user)),
            user_errors: Vec::new(),
        }
    }
}
