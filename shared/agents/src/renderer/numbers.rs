//! Numbers as a person reads them, in English.

use domain::money::Currency;
use metrics::catalogue::Unit;

/// What is written where a value is not defined.
pub(super) const UNDEFINED: &str = "not defined";

pub(super) const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Money => "money",
        Unit::Count => "count",
        Unit::Ratio => "ratio",
        Unit::Percent => "percent",
    }
}

/// A decimal text with its currency sign, thousands separators or per cent sign.
pub(super) fn formatted(decimal: Option<&str>, unit: Unit, currency: Currency) -> String {
    let Some(decimal) = decimal else { return UNDEFINED.to_owned() };
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
    let digits = grouped(digits);
    match unit {
        Unit::Money => format!("{sign}{}{digits}", prefix(currency)),
        Unit::Count | Unit::Ratio => format!("{sign}{digits}"),
        Unit::Percent => format!("{sign}{digits}%"),
    }
}

/// A percentage with its sign: a change says where it goes.
pub(super) fn signed_percent(decimal: &str) -> String {
    let plus = if decimal.starts_with('-') || decimal.bytes().all(|byte| byte == b'0' || byte == b'.') {
        ""
    } else {
        "+"
    };
    let (sign, digits) = decimal.strip_prefix('-').map_or((plus, decimal), |digits| ("-", digits));
    format!("{sign}{}%", grouped(digits))
}

/// The sign that readers of English know, else the code.
fn prefix(currency: Currency) -> String {
    let sign = match currency.code() {
        "AUD" => "A$",
        "BRL" => "R$",
        "CAD" => "CA$",
        "CNY" => "CN\u{a5}",
        "EUR" => "\u{20ac}",
        "GBP" => "\u{a3}",
        "ILS" => "\u{20aa}",
        "INR" => "\u{20b9}",
        "JPY" => "\u{a5}",
        "KRW" => "\u{20a9}",
        "MXN" => "MX$",
        "NZD" => "NZ$",
        "USD" => "$",
        "VND" => "\u{20ab}",
        code => return format!("{code} "),
    };
    sign.to_owned()
}

fn grouped(digits: &str) -> String {
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::with_capacity(digits.len() + whole.len() / 3 + 1);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;
    use metrics::catalogue::Unit;

    use super::{formatted, signed_percent};

    #[test]
    fn numbers_are_written_as_english_does() {
        let cases = [
            (Some("10655622.52"), Unit::Money, "GBP", "\u{a3}10,655,622.52"),
            (Some("-0.50"), Unit::Money, "USD", "-$0.50"),
            (Some("1000"), Unit::Money, "JPY", "\u{a5}1,000"),
            (Some("999.90"), Unit::Money, "CHF", "CHF 999.90"),
            (Some("19959"), Unit::Count, "GBP", "19,959"),
            (Some("26.56"), Unit::Ratio, "GBP", "26.56"),
            (Some("65.5"), Unit::Percent, "GBP", "65.5%"),
            (None, Unit::Money, "GBP", "not defined"),
        ];
        for (decimal, unit, currency, expected) in cases {
            assert_eq!(formatted(decimal, unit, Currency::parse(currency).unwrap()), expected);
        }
        assert_eq!(
            ["12.5", "-3.0", "0.0", "1234.5"].map(signed_percent),
            ["+12.5%", "-3.0%", "0.0%", "+1,234.5%"]
        );
    }
}
