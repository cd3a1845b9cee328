//! How numbers and names stand on a terminal.

/// Groups the whole part of a decimal text by threes: "1234567.8" is "1,234,567.8". Other texts stay as they are.
pub(super) fn grouped(decimal: &str) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    if whole.is_empty()
        || !whole.bytes().chain(fraction.unwrap_or_default().bytes()).all(|byte| byte.is_ascii_digit())
    {
        return decimal.to_owned();
    }
    let mut out = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
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

/// A metric's name as words: "net_sales@1" is "Net sales".
pub(super) fn label(metric: &str) -> String {
    let name = metric.split('@').next().unwrap_or(metric).replace('_', " ");
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::{grouped, label};

    #[test]
    fn numbers_are_grouped_and_other_texts_are_left_alone() {
        let cases = [
            ("1234567.80", "1,234,567.80"),
            ("-1000", "-1,000"),
            ("999", "999"),
            ("0.5", "0.5"),
            ("2011-01", "2011-01"),
            ("", ""),
            ("n/a", "n/a"),
        ];
        for (decimal, expected) in cases {
            assert_eq!(grouped(decimal), expected);
        }
        assert_eq!(label("net_sales@1"), "Net sales");
    }
}
