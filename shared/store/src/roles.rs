//! The two roles that the product works as. The owner migrates and nothing else; both roles own nothing.

use domain::secret::Secret;

use crate::error::Error;

/// Works for tenants, under row security.
pub const RUNTIME: &str = "alatar_runtime";
/// Crosses tenants, with narrow grants.
pub const SYSTEM: &str = "alatar_system";

/// Creates or updates both roles and their rights on the database itself. Needs the right to create roles.
///
/// # Errors
/// When the owner cannot connect or may not create roles.
pub async fn ensure(owner_url: &Secret) -> Result<(), Error> {
    let _ = owner_url;
    todo!()
}

/// The owner's URL with the runtime role in it. Its password is derived from the owner's.
///
/// # Errors
/// [`Error::Url`] when the owner's URL is malformed.
pub fn runtime_url(owner_url: &Secret) -> Result<Secret, Error> {
    let _ = owner_url;
    todo!()
}

/// The owner's URL with the system role in it.
///
/// # Errors
/// [`Error::Url`] when the owner's URL is malformed.
pub fn system_url(owner_url: &Secret) -> Result<Secret, Error> {
    let _ = owner_url;
    todo!()
}
