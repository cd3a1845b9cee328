//! E-mail addresses as a type: one spelling for one mailbox, so that "taken" means what it says.

use std::fmt;

use domain::limits::EMAIL_BYTES_MAX;

/// The part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// One label of a domain, in bytes (RFC 1035, 2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// A plausible address in lower case. Whether it exists, only a letter can tell.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Trims, lower-cases and checks; `None` for anything that cannot be an address of at most 254 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@')?;
        let fits = text.len() <= EMAIL_BYTES_MAX && is_local(local) && is_domain(domain);
        fits.then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// Dot-separated atoms (RFC 5322, 3.2.3), with letters of all scripts (RFC 6531); no quoted strings.
fn is_local(local: &str) -> bool {
    let is_atom_char =
        |c: char| if c.is_ascii() { is_atom_ascii(c) } else { !c.is_control() && !c.is_whitespace() };
    local.len() <= LOCAL_BYTES_MAX
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_char))
}

fn is_atom_ascii(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// Two labels or more, of letters, digits and inner hyphens.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let plain = label.chars().all(|c| c.is_alphanumeric() || c == '-');
        plain
            && !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.contains('.') && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn one_mailbox_has_one_spelling() {
        for text in ["alice@example.com", " Alice@Example.COM\n", "ALICE@EXAMPLE.COM"] {
            assert_eq!(Email::parse(text).as_ref().map(Email::as_str), Some("alice@example.com"), "{text}");
        }
        assert!(Email::parse("zoë.o'neil+shop@bücher.example").is_some());
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let cases = [
            "",
            "@",
            "alice",
            "alice@",
            "@example.com",
            "alice@example",
            "a b@example.com",
            "a@b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "a.@example.com",
            "a@-x.com",
            "a@x-.com",
            "a@x..com",
            "a@.com",
            "a\0b@example.com",
            "a@exam ple.com",
            "\"a b\"@example.com",
            "a@[127.0.0.1]",
            &long_local,
        ];
        for text in cases {
            assert_eq!(Email::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_has_254_bytes_at_most() {
        let domain = format!("{0}.{0}.{0}", "d".repeat(61));
        let at = |local: usize| format!("{}@{domain}", "l".repeat(local));
        assert_eq!(at(64).len(), 250);
        let longest = format!("{}@{domain}.com", "l".repeat(64));
        assert_eq!(longest.len(), 254);
        assert!(Email::parse(&longest).is_some());
        assert!(Email::parse(&format!("{longest}m")).is_none());
    }
}
