//! The host that tokens are sent to.

use std::fmt;

const SUFFIX: &str = ".myshopify.com";
/// A DNS label.
const HANDLE_BYTES_MAX: usize = 63;

/// A shop's own host, `<handle>.myshopify.com`, in lower case. Nothing else is ever sent an access token, so the form
/// is strict: no scheme, port, path, dot in the handle or white space.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShopDomain(String);

impl ShopDomain {
    /// `None` for anything that is not exactly such a host.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let handle = lower.strip_suffix(SUFFIX)?;
        let first = handle.bytes().next()?;
        let fits = handle.len() <= HANDLE_BYTES_MAX
            && first.is_ascii_alphanumeric()
            && handle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then_some(Self(lower))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShopDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShopDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ShopDomain;

    #[test]
    fn only_a_bare_myshopify_host_is_a_shop() {
        for good in ["a.myshopify.com", "Online-Retail.MyShopify.com", "9-lives.myshopify.com"] {
            assert_eq!(ShopDomain::parse(good).map(|shop| shop.to_string()), Some(good.to_ascii_lowercase()));
        }
        let long = format!("{}.myshopify.com", "a".repeat(64));
        for bad in [
            "",
            ".myshopify.com",
            "-a.myshopify.com",
            "a.b.myshopify.com",
            "a.myshopify.com\n",
            "a.myshopify.com.",
            " a.myshopify.com",
            "https://a.myshopify.com",
            "a.myshopify.com/admin",
            "a.myshopify.com:443",
            "a_b.myshopify.com",
            "a.myshopify.com@evil.example",
            "evil.example/a.myshopify.com",
            "amyshopify.com",
            "ä.myshopify.com",
            "a.myshopify.com.evil.example",
            long.as_str(),
        ] {
            assert_eq!(ShopDomain::parse(bad), None, "{bad:?}");
        }
    }
}
