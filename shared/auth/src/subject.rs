//! Who is counted against a limit: keyed digests, the same in every process of one signing key. Neither an e-mail address
//! nor a client's address can be read or guessed out of one without that key.

use std::net::{IpAddr, Ipv6Addr};

use domain::digest::Digest;
use domain::ids::UserId;

use crate::email::Email;
use crate::keys::{Keys, Purpose};

/// An IPv6 client owns at least the lower 64 bits of its address and may change them with every request.
const IPV6_CLIENT_BITS: u32 = 64;

/// The account of this e-mail address, whether there is one or not.
pub fn account(keys: &Keys, email: &Email) -> Digest {
    subject(keys, "account", email.as_str())
}

/// Where a request comes from. All whose origin nobody told us are one.
pub fn address(keys: &Keys, address: Option<IpAddr>) -> Digest {
    let client = address.map(|address| match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() >> IPV6_CLIENT_BITS << IPV6_CLIENT_BITS).to_string()
        }
    });
    subject(keys, "address", client.as_deref().unwrap_or_default())
}

/// A user who is known.
pub fn user(keys: &Keys, user: UserId) -> Digest {
    subject(keys, "user", &user.to_string())
}

fn subject(keys: &Keys, kind: &str, text: &str) -> Digest {
    Digest::from_bytes(keys.mac(Purpose::Subject, format!("{kind}\n{text}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{account, address};
    use crate::email::Email;
    use crate::keys::Keys;

    fn of(text: &str) -> domain::digest::Digest {
        address(&Keys::derive(&[7; 32]), Some(text.parse::<IpAddr>().unwrap()))
    }

    #[test]
    fn one_client_is_one_subject() {
        assert_eq!(of("203.0.113.17"), of("::ffff:203.0.113.17"));
        assert_ne!(of("203.0.113.17"), of("203.0.113.18"));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:2:ffff::"));
        assert_ne!(of("2001:db8:1:2::3"), of("2001:db8:1:3::3"));
        assert_ne!(of("0.0.0.0"), address(&Keys::derive(&[7; 32]), None));
    }

    #[test]
    fn a_subject_needs_the_key() {
        let email = Email::parse("alice@example.com").unwrap();
        let (ours, theirs) = (Keys::derive(&[7; 32]), Keys::derive(&[8; 32]));
        assert_eq!(account(&ours, &email), account(&ours, &Email::parse(" ALICE@example.com").unwrap()));
        assert_ne!(account(&ours, &email), account(&theirs, &email));
    }
}
