//! Shop tokens at rest: AES-256-GCM under a data key of the tenant's own, which the master key wraps. What is sealed
//! says which tenant, account, column and key version it is for, and opens as nothing else.

/// A sealed value could not be made or opened.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    #[error("a value could not be sealed")]
    Seal,
    #[error("a sealed value does not belong where it was found, or the master key is another one")]
    Open,
    #[error("the master key is shorter than 32 bytes")]
    ShortKey,
}

/// The master key.
pub struct Keyring {
    master: [u8; 32],
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// # Errors
    /// [`Error::ShortKey`] below 32 bytes.
    pub fn new(master: &[u8]) -> Result<Self, Error> {
        let master = master.get(..32).and_then(|bytes| bytes.try_into().ok()).ok_or(Error::ShortKey)?;
        Ok(Self { master })
    }
}
