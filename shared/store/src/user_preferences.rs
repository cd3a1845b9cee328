//! What a user prefers; whoever never said has the defaults.

use crate::TenantTx;
use crate::error::Error;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    pub preferred_llm: Option<String>,
    pub notifications_enabled: bool,
    pub budget_cents_per_analysis: i32,
}

/// # Errors
/// When the database cannot answer.
pub async fn load(tx: &mut TenantTx) -> Result<Preferences, Error> {
    let _ = tx;
    todo!()
}
