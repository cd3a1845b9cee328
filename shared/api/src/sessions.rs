//! Opening an account and a session.

pub(crate) mod account;
mod limits;
pub(crate) mod refresh;
mod tokens;

use async_graphql::{Context, InputObject, Result, SimpleObject};
use auth::email::Email;
use auth::password;
use domain::ids::{SessionId, UserId};
use domain::limits::PASSWORD_BYTES_MAX;
use domain::secret::Secret;
use store::attempts;
use store::sessions::{Opened, Proven};
use store::users::{Credentials, Known, NewUser, Registered};

use crate::errors::{Fault, UserError, UserErrorCode};
use crate::identity::client;
use crate::scalars::DateTime;
use crate::users::User;

use self::limits::too_often;
use self::tokens::Tokens;

/// Who opens an account.
#[derive(InputObject)]
pub(crate) struct RegisterInput {
    /// Where the merchant can be reached, 254 bytes at most.
    pub(crate) email: String,
    /// At least 12 characters and at most 1,024 bytes, of any kind; not a common one and not a bare pattern.
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
    /// Send it as `authorization: Bearer <token>`. It ends after 15 minutes, or with its session.
    pub(crate) access_token: Option<String>,
    /// Buys the next access token, once, with `refreshSession`; it ends after 30 days. Keep it where nobody else can read
    /// it: it is shown here and nowhere again.
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
const TOO_MANY_LOGINS: &str = "Too many failed log-ins.";
const TOO_MANY_REGISTRATIONS: &str = "Too many registrations.";

pub(crate) async fn register(ctx: &Context<'_>, input: RegisterInput) -> Result<AuthPayload> {
    let services = ctx.data::<crate::Context>()?;
    let (email, password) = match checked(input) {
        Ok(checked) => checked,
        Err(errors) => return Ok(refused(errors)),
    };
    // Counted before anything else is done, because the answer tells whether an address is taken.
    let (counters, now) = (limits::of_registration(services, client(ctx)), services.clock.now());
    let mut tx = services.store.system_once().await.map_err(Fault::from)?;
    let again_at = attempts::count(&mut tx, &counters, now).await.map_err(Fault::from)?;
    tx.commit().await.map_err(Fault::from)?;
    if let Some(again_at) = again_at {
        return Ok(refused(vec![too_often(TOO_MANY_REGISTRATIONS, again_at, now)]));
    }
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

pub(crate) async fn login(ctx: &Context<'_>, input: LoginInput) -> Result<AuthPayload> {
    let services = ctx.data::<crate::Context>()?;
    let password = Secret::new(input.password);
    // What cannot be an address or a password is nobody's, and takes as long to find out.
    let email = Email::parse(&input.email);
    let counters = limits::of_login(services, email.as_ref(), client(ctx));
    let now = services.clock.now();
    let mut tx = services.store.system_once().await.map_err(Fault::from)?;
    let known =
        store::users::credentials(&mut tx, email.as_ref(), &counters, now).await.map_err(Fault::from)?;
    tx.commit().await.map_err(Fault::from)?;
    let credentials = match known {
        Known::Held { again_at } => return Ok(refused(vec![too_often(TOO_MANY_LOGINS, again_at, now)])),
        Known::User(credentials) if password.expose().len() <= PASSWORD_BYTES_MAX => Some(credentials),
        Known::User(_) | Known::Nobody => None,
    };
    let stored = credentials.as_ref().map(|credentials| credentials.password_hash.as_str());
    let matches = services.hasher.verify(&password, stored).await;
    match credentials {
        Some(credentials) if matches => Ok(open(services, &credentials, &counters).await?),
        Some(_) | None => {
            let wrong = UserError::new(UserErrorCode::AuthenticationRequired, WRONG);
            let refusal = limits::failed(services, &counters, TOO_MANY_LOGINS, wrong).await?;
            Ok(refused(vec![refusal]))
        }
    }
}

/// A session for whoever has proven the password, unless it was changed or too many others were tried meanwhile.
async fn open(
    services: &crate::Context,
    credentials: &Credentials,
    counters: &[attempts::Counter],
) -> Result<AuthPayload, Fault> {
    let (user, now) = (credentials.user_id, services.clock.now());
    let tokens = Tokens::issue(services, user, SessionId::new(), now)?;
    let proven = Proven { user, password_hash: &credentials.password_hash };
    let mut tx = services.store.system_once().await?;
    let opened = store::sessions::open(&mut tx, proven, tokens.new_session(), counters, now).await?;
    tx.commit().await?;
    Ok(match opened {
        Opened::For(user) => tokens.hand_over(user),
        Opened::Stale => refused(vec![UserError::new(UserErrorCode::AuthenticationRequired, WRONG)]),
        Opened::Held { again_at } => refused(vec![too_often(TOO_MANY_LOGINS, again_at, now)]),
    })
}

/// Every rule that the input breaks, each with its field.
fn checked(input: RegisterInput) -> Result<(Email, Secret), Vec<UserError>> {
    let email = Email::parse(&input.email);
    let mut errors = Vec::new();
    if email.is_none() {
        errors.push(UserError::invalid("email", "This is not an e-mail address of at most 254 bytes."));
    }
    errors.extend(weakness(&input.password, "password"));
    email.filter(|_| errors.is_empty()).map(|email| (email, Secret::new(input.password))).ok_or(errors)
}

/// The rule that a new password breaks, with its field.
fn weakness(password: &str, field: &str) -> Option<UserError> {
    let weak = password::check(password).err()?;
    Some(UserError::invalid(field, sentence(&weak.to_string())))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| format!("{}{}.", first.to_uppercase(), chars.as_str())).unwrap_or_default()
}

fn refused(user_errors: Vec<UserError>) -> AuthPayload {
    AuthPayload { user_errors, ..AuthPayload::default() }
}
