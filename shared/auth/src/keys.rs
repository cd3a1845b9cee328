//! The keys derived from the one signing key: each purpose has its own, so that a proof made for one means nothing to
//! another.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::{hkdf, hmac};
use jsonwebtoken::{DecodingKey, EncodingKey};

/// What a MAC is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Paging cursors, bound to their tenant.
    Cursor,
    /// Queue envelopes.
    Envelope,
    /// What stands for a token while a socket is open.
    Pass,
    /// Who is counted against a limit, so that what is kept says nothing about them.
    Subject,
}

/// All keys of a process; cheap to clone. `Debug` shows nothing of them.
#[derive(Clone)]
pub struct Keys(Arc<Parts>);

struct Parts {
    token_encoding: EncodingKey,
    token_decoding: DecodingKey,
    token_id: String,
    cursor: hmac::Key,
    envelope: hmac::Key,
    pass: hmac::Key,
    subject: hmac::Key,
}

impl Keys {
    /// Derives every key by HKDF-SHA256. The caller sees to it that the signing key is long enough (32 bytes).
    pub fn derive(signing_key: &[u8]) -> Self {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"alatar/keys/1").extract(signing_key);
        let token = expand(&root, b"token");
        let token_id = expand(&root, b"token-id").iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self(Arc::new(Parts {
            token_encoding: EncodingKey::from_secret(&token),
            token_decoding: DecodingKey::from_secret(&token),
            token_id,
            cursor: hmac::Key::new(hmac::HMAC_SHA256, &expand(&root, b"cursor")),
            envelope: hmac::Key::new(hmac::HMAC_SHA256, &expand(&root, b"envelope")),
            pass: hmac::Key::new(hmac::HMAC_SHA256, &expand(&root, b"pass")),
            subject: hmac::Key::new(hmac::HMAC_SHA256, &expand(&root, b"subject")),
        }))
    }

    /// HMAC-SHA256 under the purpose's key.
    pub fn mac(&self, purpose: Purpose, data: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(hmac::sign(self.of(purpose), data).as_ref());
        out
    }

    /// Whether `mac` is the purpose's MAC of `data`, compared in constant time.
    pub fn verify(&self, purpose: Purpose, data: &[u8], mac: &[u8]) -> bool {
        hmac::verify(self.of(purpose), data, mac).is_ok()
    }

    pub(crate) fn token_encoding(&self) -> &EncodingKey {
        &self.0.token_encoding
    }

    pub(crate) fn token_decoding(&self) -> &DecodingKey {
        &self.0.token_decoding
    }

    /// The `kid` of tokens: it names the key without saying anything about it.
    pub(crate) fn token_id(&self) -> &str {
        &self.0.token_id
    }

    fn of(&self, purpose: Purpose) -> &hmac::Key {
        match purpose {
            Purpose::Cursor => &self.0.cursor,
            Purpose::Envelope => &self.0.envelope,
            Purpose::Pass => &self.0.pass,
            Purpose::Subject => &self.0.subject,
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[expect(clippy::expect_used, reason = "HKDF refuses only lengths above 255 blocks; this asks for one")]
fn expand(root: &hkdf::Prk, info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let info = [info];
    let okm = root.expand(&info, hkdf::HKDF_SHA256).expect("one block is never too long");
    okm.fill(&mut out).expect("the buffer has the algorithm's length");
    out
}

#[cfg(test)]
mod tests {
    use super::{Keys, Purpose};

    #[test]
    fn purposes_and_signing_keys_do_not_share_a_mac() {
        let (ours, theirs) = (Keys::derive(&[1; 32]), Keys::derive(&[2; 32]));
        let mac = ours.mac(Purpose::Cursor, b"page 2");
        assert!(ours.verify(Purpose::Cursor, b"page 2", &mac));
        assert!(!ours.verify(Purpose::Envelope, b"page 2", &mac));
        assert!(!ours.verify(Purpose::Cursor, b"page 3", &mac));
        assert!(!ours.verify(Purpose::Cursor, b"page 2", &[]));
        assert!(!theirs.verify(Purpose::Cursor, b"page 2", &mac));
        assert_eq!(Keys::derive(&[1; 32]).mac(Purpose::Cursor, b"page 2"), mac);
    }

    #[test]
    fn keys_do_not_print_themselves() {
        assert_eq!(format!("{:?}", Keys::derive(&[1; 32])), "Keys(..)");
    }
}
