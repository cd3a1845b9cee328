//! Who may guess how often. What is counted is counted alike for accounts that exist and for those that do not.

use std::net::IpAddr;

use auth::email::Email;
use auth::subject;
use domain::ids::UserId;
use jiff::Timestamp;
use store::attempts::{self, Counter, Kind};

use crate::errors::{Fault, UserError};

/// The counters of a log-in; none that is switched off.
pub(super) fn of_login(
    services: &crate::Context,
    email: Option<&Email>,
    client: Option<IpAddr>,
) -> Vec<Counter> {
    let (keys, limits) = (&services.keys, &services.limits);
    let account = email.zip(limits.failed_logins_per_account);
    let account = account.map(|(email, bound)| {
        let subject = subject::account(keys, email);
        Counter { kind: Kind::Account, subject, bound }
    });
    let address = limits.failed_logins_per_address.map(|bound| {
        let subject = subject::address(keys, client);
        Counter { kind: Kind::Address, subject, bound }
    });
    account.into_iter().chain(address).collect()
}

/// The counter of a registration.
pub(super) fn of_registration(services: &crate::Context, client: Option<IpAddr>) -> Vec<Counter> {
    let bound = services.limits.registrations_per_address;
    let subject = subject::address(&services.keys, client);
    bound.map(|bound| Counter { kind: Kind::Registration, subject, bound }).into_iter().collect()
}

/// The counter of passwords that somebody gives who is logged in. Apart from that of log-ins, so that a stranger who
/// guesses keeps nobody from closing their account.
pub(super) fn of_confirmation(services: &crate::Context, user: UserId) -> Vec<Counter> {
    let bound = services.limits.failed_logins_per_account;
    let subject = subject::user(&services.keys, user);
    bound.map(|bound| Counter { kind: Kind::Confirmation, subject, bound }).into_iter().collect()
}

/// Counts a failed attempt and gives its refusal: `wrong`, or that there were too many. Many at once are counted one
/// after the other, so that no more than the bound learn that they were wrong.
pub(super) async fn failed(
    services: &crate::Context,
    counters: &[Counter],
    what: &str,
    wrong: UserError,
) -> Result<UserError, Fault> {
    let now = services.clock.now();
    let mut tx = services.store.system_once().await?;
    let again_at = attempts::count(&mut tx, counters, now).await?;
    tx.commit().await?;
    Ok(again_at.map_or(wrong, |again_at| too_often(what, again_at, now)))
}

/// The refusal of what was done too often.
pub(super) fn too_often(what: &str, again_at: Timestamp, now: Timestamp) -> UserError {
    let wait = again_at.duration_since(now);
    // Told in whole seconds, and never too early.
    let seconds = wait.as_secs() + i64::from(wait.subsec_nanos() > 0);
    UserError::too_often(what, seconds)
}
