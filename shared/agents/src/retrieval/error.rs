//! Why a mirror could not be loaded, and whether trying again may help. The texts are for the merchant.

use crate::retrieval::operations::WAIT_MAX;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("this store is not linked")]
    NotLinked,
    #[error(transparent)]
    Shop(#[from] shopify::error::Error),
    #[error("the database could not be used: {0}")]
    Store(#[from] store::error::Error),
    #[error("columns could not be made: {0}")]
    Columns(#[from] metrics::segment::Error),
    #[error("Shopify has not prepared the {bulk} within {} minutes", WAIT_MAX.as_secs() / 60)]
    Slow { bulk: &'static str },
    #[error("Shopify could not prepare the {bulk} ({code})")]
    Bulk { bulk: &'static str, code: String },
    #[error("the shop's currency has changed: what was loaded before cannot be added to what comes now")]
    CurrencyChanged,
    /// A checkpoint or a time zone that does not read as what it must be.
    #[error("the load's own record is not readable ({0})")]
    Unreadable(&'static str),
}

impl Error {
    /// Whether the same load, gone on with later, may succeed.
    pub fn is_retry(&self) -> bool {
        match self {
            Self::Shop(error) => error.is_retry(),
            // A load that is no longer open was ended by another process: the next attempt finds its work.
            Self::Store(store::error::Error::NotFound(_)) => true,
            Self::Store(error) => error.is_retry(),
            Self::Slow { .. } => true,
            // A missing scope stays missing; everything else is Shopify's own trouble.
            Self::Bulk { code, .. } => code != "ACCESS_DENIED",
            Self::NotLinked | Self::Columns(_) | Self::CurrencyChanged | Self::Unreadable(_) => false,
        }
    }
}
