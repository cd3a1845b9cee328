//! The rules of `idempotencyKey`, the same for every mutation: the same key with the same input gives the first answer
//! again, with another input it is refused. What is refused may be tried again under its key.

use domain::limits::IDEMPOTENCY_KEY_CHARS_MAX;
use store::error::Error;

use crate::errors::{Fault, UserError};

const FIELD: &str = "idempotencyKey";
/// Of several that do the same at the same moment all but one fail, and find the first one's answer when they try again.
const ATTEMPTS_MAX: u32 = 3;

/// Does one transaction's work, again where somebody else was faster.
///
/// # Errors
/// What the work fails with for another reason, or still fails with.
pub(crate) async fn settle<T, F: Future<Output = Result<T, Error>>>(
    work: impl Fn() -> F,
) -> Result<T, Fault> {
    let mut attempt = 1;
    loop {
        match work().await {
            Err(Error::Conflict(_)) if attempt < ATTEMPTS_MAX => attempt += 1,
            done => return Ok(done?),
        }
    }
}

/// The rule that a key breaks.
pub(crate) fn broken_rule(key: Option<&str>) -> Option<UserError> {
    let key = key?;
    let chars = key.chars().count();
    let message = if key.is_empty() {
        "The key is empty; leave it out instead.".to_owned()
    } else if chars > IDEMPOTENCY_KEY_CHARS_MAX {
        format!("The key has {chars} characters; at most {IDEMPOTENCY_KEY_CHARS_MAX} are allowed.")
    } else if key.contains('\0') {
        "The key cannot contain the NUL character.".to_owned()
    } else {
        return None;
    };
    Some(UserError::invalid(FIELD, message))
}

/// The refusal of a key that stands for another input.
pub(crate) fn reused() -> UserError {
    UserError::invalid(FIELD, "This key was used with another input. Take a new one.")
}
