//! Shop tokens at rest: AES-256-GCM under a data key of the tenant's own, which the master key wraps. What is sealed
//! says which tenant, account, column and key version it is for, and opens as nothing else.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, rand};
use domain::ids::{LinkedAccountId, UserId};
use domain::secret::Secret;

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

/// The master key. It wraps the tenants' data keys and seals nothing else.
pub struct Keyring {
    master: RandomizedNonceKey,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

/// A tenant's data key, open.
pub(crate) struct DataKey {
    key: RandomizedNonceKey,
    user: UserId,
    version: i32,
}

impl Keyring {
    /// # Errors
    /// [`Error::ShortKey`] below 32 bytes.
    pub fn new(master: &[u8]) -> Result<Self, Error> {
        if master.len() < 32 {
            return Err(Error::ShortKey);
        }
        let mut key = [0; 32];
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"alatar/vault/1").extract(master);
        let info = [b"master".as_slice()];
        root.expand(&info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .map_err(|_| Error::ShortKey)?;
        RandomizedNonceKey::new(&AES_256_GCM, &key).map(|master| Self { master }).map_err(|_| Error::ShortKey)
    }

    /// A new data key, wrapped.
    pub(crate) fn new_data_key(&self, user: UserId, version: i32) -> Result<Vec<u8>, Error> {
        let mut key = [0; 32];
        rand::fill(&mut key).map_err(|_| Error::Seal)?;
        seal(&self.master, &format!("tenant_keys|{user}|{version}"), &key)
    }

    pub(crate) fn open_data_key(&self, user: UserId, version: i32, wrapped: &[u8]) -> Result<DataKey, Error> {
        let key = open(&self.master, &format!("tenant_keys|{user}|{version}"), wrapped)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key).map_err(|_| Error::Open)?;
        Ok(DataKey { key, user, version })
    }
}

impl DataKey {
    pub(crate) fn seal(&self, account: LinkedAccountId, token: &Secret) -> Result<Vec<u8>, Error> {
        seal(&self.key, &self.place(account), token.expose().as_bytes())
    }

    pub(crate) fn open(&self, account: LinkedAccountId, sealed: &[u8]) -> Result<Secret, Error> {
        let token = open(&self.key, &self.place(account), sealed)?;
        String::from_utf8(token).map(Secret::new).map_err(|_| Error::Open)
    }

    /// Where a token belongs: tenant, account, column, key version.
    fn place(&self, account: LinkedAccountId) -> String {
        format!("{}|{account}|linked_accounts.access_token|{}", self.user, self.version)
    }
}

/// Nonce, ciphertext and tag, one after the other.
fn seal(key: &RandomizedNonceKey, place: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut sealed = plain.to_vec();
    let nonce =
        key.seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut sealed).map_err(|_| Error::Seal)?;
    let mut out = nonce.as_ref().to_vec();
    out.append(&mut sealed);
    Ok(out)
}

fn open(key: &RandomizedNonceKey, place: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(Error::Open)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Open)?;
    let mut buffer = sealed.to_vec();
    let plain =
        key.open_in_place(nonce, Aad::from(place.as_bytes()), &mut buffer).map_err(|_| Error::Open)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use domain::ids::{LinkedAccountId, UserId};
    use domain::secret::Secret;

    use super::{Error, Keyring};

    #[test]
    fn a_sealed_token_opens_only_where_it_was_sealed() {
        let keyring = Keyring::new(&[9; 32]).unwrap();
        let (alice, bob, account) = (UserId::new(), UserId::new(), LinkedAccountId::new());
        let wrapped = keyring.new_data_key(alice, 1).unwrap();
        let key = keyring.open_data_key(alice, 1, &wrapped).unwrap();
        let token = Secret::new("shpat_00ff");
        let sealed = key.seal(account, &token).unwrap();
        assert_eq!(key.open(account, &sealed), Ok(token.clone()));

        assert_eq!(key.open(LinkedAccountId::new(), &sealed), Err(Error::Open), "another account");
        assert!(keyring.open_data_key(bob, 1, &wrapped).is_err(), "another tenant's row");
        assert!(keyring.open_data_key(alice, 2, &wrapped).is_err(), "another version's row");
        let other_master = Keyring::new(&[8; 32]).unwrap();
        assert!(other_master.open_data_key(alice, 1, &wrapped).is_err(), "another master key");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(account, &changed), Err(Error::Open), "byte {at}");
        }
        assert_eq!(key.open(account, &[]), Err(Error::Open));
        assert_ne!(key.seal(account, &token).unwrap(), sealed, "every sealing has a nonce of its own");
    }

    #[test]
    fn a_master_key_has_32_bytes() {
        assert_eq!(Keyring::new(&[9; 31]).err(), Some(Error::ShortKey));
    }
}
