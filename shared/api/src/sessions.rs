//! Opening an account and a session.

use async_graphql::{InputObject, Result, SimpleObject};
use auth::email::Email;
use auth::refresh::Issued;
use auth::{Tenant, password, refresh, token};
use domain::ids::{SessionId, UserId};
use domain::limits::PASSWORD_BYTES_MAX;
use domain::secret::Secret;
use jiff::Timestamp;
use store::sessions::NewSession;
use store::users::{Credentials, NewUser, Registered};

use crate::Context;
use crate::errors::{Fault, UserError, UserErrorCode};
use crate::scalars::DateTime;
use crate::users::User;

/// Who opens an account.
#[derive(InputObject)]
pub(crate) struct RegisterInput {
    /// Where the merchant can be reached, 254 bytes at most.
    pub(crate) email: String,
    /// At least 12 characters and not a common one.
    pub(crate) password: String,
}

/// Who opens a session.
#[derive(InputObject)]
pub(crate) struct LoginInput {
    /// The address that was registered.
    pub(crate) email: String,
    /// Its password.
    pub(crate) password: String,
}

/// An open session.
#[derive(Clone, Debug, Default, SimpleObject)]
pub(crate) struct AuthPayload {
    /// Send it as `authorization: Bearer <token>`.
    pub(crate) access_token: Option<String>,
    /// Buys the next access token.
    pub(crate) refresh_token: Option<String>,
    /// When the access token ends.
    pub(crate) expires_at: Option<DateTime>,
    /// Whose session it is.
    pub(crate) user: Option<User>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// One text for a wrong password and an unknown address.
const WRONG: &str = "The e-mail address or the password is wrong.";

pub(crate) async fn register(services: &Context, input: RegisterInput) -> Result<AuthPayload> {
    let (email, password) = match checked(input) {
        Ok(checked) => checked,
        Err(errors) => return Ok(refused(errors)),
    };
    // Hashed whether or not the address is taken: both take as long.
    let password_hash = services.hasher.hash(&password).await.map_err(|error| Fault::internal(&error))?;
    let (id, now) = (UserId::new(), services.clock.now());
    let tokens = Tokens::issue(services, id, SessionId::new(), now)?;
    let session = tokens.new_session();
    let new = NewUser { id, email: &email, password_hash: &password_hash, session, now };
    let mut tx = services.store.system_once().await.map_err(Fault::from)?;
    let registered = store::users::register(&mut tx, new).await.map_err(Fault::from)?;
    tx.commit().await.map_err(Fault::from)?;
    match registered {
        Registered::EmailTaken => {
            Ok(refused(vec![UserError::invalid("email", "This e-mail address is taken. Log in instead.")]))
        }
        Registered::Created(user) => Ok(tokens.hand_over(user)),
    }
}

pub(crate) async fn login(services: &Context, input: LoginInput) -> Result<AuthPayload> {
    let password = Secret::new(input.password);
    // What cannot be an address or a password is nobody's, and takes as long to find out.
    let credentials =
        match Email::parse(&input.email).filter(|_| password.expose().len() <= PASSWORD_BYTES_MAX) {
            None => None,
            Some(email) => {
                let mut tx = services.store.system_once().await.map_err(Fault::from)?;
                let credentials = store::users::credentials(&mut tx, &email).await.map_err(Fault::from)?;
                tx.commit().await.map_err(Fault::from)?;
                credentials
            }
        };
    let stored = credentials.as_ref().map(|credentials| credentials.password_hash.as_str());
    let matches = services.hasher.verify(&password, stored).await;
    let opened = match credentials {
        Some(credentials) if matches => open(services, credentials).await?,
        Some(_) | None => None,
    };
    Ok(opened.unwrap_or_else(|| refused(vec![UserError::new(UserErrorCode::AuthenticationRequired, WRONG)])))
}

/// A session for whoever has proven the password, unless it was changed meanwhile.
async fn open(services: &Context, credentials: Credentials) -> Result<Option<AuthPayload>, Fault> {
    let now = services.clock.now();
    let tokens = Tokens::issue(services, credentials.user_id, SessionId::new(), now)?;
    let mut tx = services.store.system_once().await?;
    let Credentials { user_id, password_hash } = credentials;
    let user = store::sessions::open(&mut tx, user_id, &password_hash, tokens.new_session(), now).await?;
    tx.commit().await?;
    Ok(user.map(|user| tokens.hand_over(user)))
}

/// Every rule that the input breaks, each with its field.
fn checked(input: RegisterInput) -> Result<(Email, Secret), Vec<UserError>> {
    let mut errors = Vec::new();
    let email = Email::parse(&input.email);
    if email.is_none() {
        errors.push(UserError::invalid("email", "This is not an e-mail address of at most 254 bytes."));
    }
    if let Err(weak) = password::check(&input.password) {
        errors.push(UserError::invalid("password", sentence(&weak.to_string())));
    }
    email.filter(|_| errors.is_empty()).map(|email| (email, Secret::new(input.password))).ok_or(errors)
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

fn refused(user_errors: Vec<UserError>) -> AuthPayload {
    AuthPayload { user_errors, ..AuthPayload::default() }
}

/// Both tokens of a session, made before its row is: nobody gets them unless it is there.
struct Tokens {
    access: Secret,
    expires_at: Timestamp,
    refresh: Issued,
    tenant: Tenant,
    session: SessionId,
}

impl Tokens {
    fn issue(services: &Context, user: UserId, session: SessionId, now: Timestamp) -> Result<Self, Fault> {
        let failed = |error: token::Error| Fault::internal(&error);
        let (access, expires_at) = token::issue(&services.keys, user, session, now).map_err(failed)?;
        let tenant = auth::from_token(&services.keys, access.expose(), now).map_err(failed)?;
        let refresh = refresh::issue(user).map_err(|error| Fault::internal(&error))?;
        Ok(Self { access, expires_at, refresh, tenant, session })
    }

    fn new_session(&self) -> NewSession {
        NewSession { id: self.session, refresh_token: self.refresh.digest }
    }

    fn hand_over(self, user: store::users::User) -> AuthPayload {
        AuthPayload {
            access_token: Some(self.access.expose().to_owned()),
            refresh_token: Some(self.refresh.token.expose().to_owned()),
            expires_at: Some(DateTime::from(self.expires_at)),
            user: Some(User::new(self.tenant, user)),
            user_errors: Vec::new(),
        }
    }
}
