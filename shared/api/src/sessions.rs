//! Opening an account and a session.

use async_graphql::{InputObject, Result, SimpleObject};
use auth::email::Email;
use auth::{password, token};
use domain::ids::UserId;
use domain::limits::PASSWORD_BYTES_MAX;
use domain::secret::Secret;
use store::users::{NewUser, Registered};

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
    let new = NewUser {
        id: UserId::new(),
        email: &email,
        password_hash: &password_hash,
        now: services.clock.now(),
    };
    let mut tx = services.store.system_once().await.map_err(Fault::from)?;
    let registered = store::users::register(&mut tx, new).await.map_err(Fault::from)?;
    tx.commit().await.map_err(Fault::from)?;
    match registered {
        Registered::EmailTaken => {
            Ok(refused(vec![UserError::invalid("email", "This e-mail address is taken. Log in instead.")]))
        }
        Registered::Created(user) => Ok(open(services, user.id).await?),
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
    match credentials {
        Some(credentials) if matches => Ok(open(services, credentials.user_id).await?),
        Some(_) | None => Ok(refused(vec![UserError::new(UserErrorCode::AuthenticationRequired, WRONG)])),
    }
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

/// A token for the user, and the user as the token's bearer sees them.
async fn open(services: &Context, user_id: UserId) -> Result<AuthPayload, Fault> {
    let now = services.clock.now();
    let (token, expires_at) =
        token::issue(&services.keys, user_id, now).map_err(|error| Fault::internal(&error))?;
    let tenant =
        auth::from_token(&services.keys, token.expose(), now).map_err(|error| Fault::internal(&error))?;
    let user = User::load(services, tenant).await?;
    Ok(AuthPayload {
        access_token: Some(token.expose().to_owned()),
        refresh_token: None,
        expires_at: Some(DateTime::from(expires_at)),
        user,
        user_errors: Vec::new(),
    })
}
