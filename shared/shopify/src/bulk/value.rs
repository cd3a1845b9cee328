//! Values as they stand on the wire, read in place without an allocation.

use std::{fmt, marker::PhantomData};

use domain::money::{self, Currency};
use serde::{Deserialize, Deserializer, de};

/// An object type whose global ids we read.
pub(crate) trait Kind {
    const NAME: &'static str;
}

macro_rules! kinds {
    ($($name:ident),+) => { $(
        pub(crate) struct $name;
        impl Kind for $name {
            const NAME: &'static str = stringify!($name);
        }
    )+ };
}
kinds!(Order, LineItem, Refund, RefundLineItem, Product, ProductVariant, Customer);

/// The number of a global id `gid://shopify/<kind>/<number>`.
pub(crate) struct Gid<K>(i64, PhantomData<K>);

impl<K> Gid<K> {
    pub(crate) const fn number(&self) -> i64 {
        self.0
    }
}

/// Writes a number as a global id.
pub(crate) fn gid<K: Kind>(number: i64) -> String {
    format!("gid://shopify/{}/{number}", K::NAME)
}

impl<'de, K: Kind> Deserialize<'de> for Gid<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<K>(PhantomData<K>);
        impl<K: Kind> de::Visitor<'_> for Visitor<K> {
            type Value = Gid<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a global id of {}", K::NAME)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let number = text.strip_prefix("gid://shopify/").and_then(|rest| rest.strip_prefix(K::NAME));
                let number =
                    number.and_then(|rest| rest.strip_prefix('/')).and_then(|digits| digits.parse().ok());
                match number {
                    Some(number) if number > 0 => Ok(Gid(number, PhantomData)),
                    _ => Err(E::custom("not a global id of this kind")),
                }
            }
        }
        deserializer.deserialize_str(Visitor(PhantomData))
    }
}

/// Longer than any amount that fits 64-bit minor units.
const AMOUNT_BYTES_MAX: usize = 30;

/// A decimal text. It becomes minor units only when the shop's currency is at hand.
#[derive(Clone, Copy)]
pub(crate) struct Amount {
    length: u8,
    bytes: [u8; AMOUNT_BYTES_MAX],
}

impl Amount {
    /// `None` where it is not a decimal, finer than the minor unit, or too large.
    pub(crate) fn minor(&self, currency: Currency) -> Option<i64> {
        let text = std::str::from_utf8(self.bytes.get(..self.length.into())?).ok()?;
        money::parse_minor(text, currency.exponent())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
                let mut bytes = [0; AMOUNT_BYTES_MAX];
                let place = bytes.get_mut(..text.len()).ok_or(E::custom("a decimal text this long"))?;
                place.copy_from_slice(text.as_bytes());
                let length = u8::try_from(text.len()).map_err(E::custom)?;
                Ok(Amount { length, bytes })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// `MoneyBag`; only the shop's currency is read.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Set {
    pub(crate) shop_money: Money,
}

/// `MoneyV2`.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Money {
    pub(crate) amount: Amount,
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;

    use super::{Amount, Gid, Order, gid};

    #[test]
    fn a_global_id_is_read_only_as_its_own_kind() {
        let read = |text: &str| serde_json::from_str::<Gid<Order>>(text).ok().map(|gid| gid.number());
        assert_eq!(read(&format!("\"{}\"", gid::<Order>(42))), Some(42));
        assert_eq!(read(r#""gid:\/\/shopify\/Order\/42""#), Some(42), "escaped slashes are JSON too");
        for bad in [
            r#""gid://shopify/OrderLine/42""#,
            r#""gid://shopify/Order/""#,
            r#""gid://shopify/Order/-1""#,
            r#""gid://shopify/Order/0""#,
            r#""gid://shopify/Order/99999999999999999999""#,
            r#""42""#,
            "42",
            "null",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_amount_is_exact_in_its_currency_or_refused() {
        let read = |text: &str, code| {
            let amount: Amount = serde_json::from_str(text).ok()?;
            amount.minor(Currency::parse(code)?)
        };
        assert_eq!(read(r#""10.5""#, "GBP"), Some(1050));
        assert_eq!(read(r#""1000""#, "JPY"), Some(1000));
        assert_eq!(read(r#""1.234""#, "KWD"), Some(1234));
        for bad in [r#""1.234""#, "10.5", r#""""#, r#""1e3""#, r#""000000000000000000000000000000001""#] {
            assert_eq!(read(bad, "GBP"), None, "{bad}");
        }
    }
}
