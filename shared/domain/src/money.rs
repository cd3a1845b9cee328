//! Exact money: integers of minor units in one currency, never a float.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    pub fn code(&self) -> &str {
        // The maker lets only ASCII capitals in.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the minor unit, as ISO 4217 (2024) lists them.
    pub fn exponent(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF"
            | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("expected an ISO 4217 code"))
    }
}

/// Reads a decimal text ("10.50", "-3") exactly as minor units of the given exponent.
/// `None` when it is not a decimal, is finer than the minor unit, or does not fit.
pub fn parse_minor(text: &str, exponent: u32) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || (fraction.is_empty() && digits.contains('.')) {
        return None;
    }
    let mut minor: i64 = 0;
    let mut push = |byte: u8| -> Option<()> {
        if !byte.is_ascii_digit() {
            return None;
        }
        minor = minor.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
        Some(())
    };
    whole.bytes().try_for_each(&mut push)?;
    let places = exponent as usize;
    for (i, byte) in fraction.bytes().enumerate() {
        if i < places {
            push(byte)?;
        } else if byte != b'0' {
            return None;
        }
    }
    (fraction.len()..places).try_for_each(|_| push(b'0'))?;
    Some(if negative { -minor } else { minor })
}

/// Writes minor units as an exact decimal text with all places: `1050` with exponent 2 is "10.50".
pub fn format_minor(minor: i128, exponent: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let digits = minor.unsigned_abs().to_string();
    let places = exponent as usize;
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{format_minor, parse_minor};

    #[test]
    fn decimals_are_exact_or_refused() {
        let cases = [
            ("2.55", 2, Some(255)),
            ("3", 2, Some(300)),
            ("-0.5", 2, Some(-50)),
            ("1.2300", 2, Some(123)),
            ("1.234", 2, None),
            ("", 2, None),
            (".5", 2, None),
            ("5.", 2, None),
            ("1e3", 2, None),
            ("+1", 2, None),
            ("1000", 0, Some(1000)),
            ("1.0", 0, Some(1)),
            ("0.001", 3, Some(1)),
            ("99999999999999999999", 2, None),
        ];
        for (text, exponent, expected) in cases {
            assert_eq!(parse_minor(text, exponent), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(minor in any::<i32>(), exponent in 0u32..5) {
            let minor = i64::from(minor);
            prop_assert_eq!(parse_minor(&format_minor(minor.into(), exponent), exponent), Some(minor));
        }
    }
}
