//! Names of things, copied from rows: the store's texts are data, cleaned of what could steer a screen.

use jiff::civil::Date;
use metrics::catalogue::{CustomerType, Dimension, Metric, UNKNOWN, definition};
use metrics::table::{Key, Row, Table};

use crate::planner::countries;
use crate::planner::coverage::{day_words, month_name};

/// Letters of a name that are kept.
const NAME_CHARS_MAX: usize = 120;

/// A metric inside a sentence: "net sales".
pub(super) fn metric(metric: Metric) -> String {
    definition(metric).label.to_lowercase()
}

/// "net sales", "the average order value": what a sentence is about.
pub(super) fn subject(of: Metric) -> String {
    let article = if verb(of) == "was" { "the " } else { "" };
    format!("{article}{}", metric(of))
}

/// "net sales were", "the average order value was".
pub(super) const fn verb(metric: Metric) -> &'static str {
    match metric {
        Metric::Aov | Metric::RepeatPurchaseRate => "was",
        Metric::GrossSales | Metric::Discounts | Metric::Returns | Metric::NetSales | Metric::Orders => {
            "were"
        }
        Metric::Units | Metric::UnitsPerOrder => "were",
        Metric::Customers | Metric::NewCustomers | Metric::ReturningCustomers => "were",
    }
}

/// One line without control characters and without characters that turn the direction of writing or are not seen.
pub(super) fn clean(text: &str) -> String {
    let hidden = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let spaced = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !hidden(*c));
    let line = spaced.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= NAME_CHARS_MAX {
        return line;
    }
    let mut cut: String = line.chars().take(NAME_CHARS_MAX).collect();
    cut.push('\u{2026}');
    cut
}

/// What a key is called: "November 2011", "Germany", a product's title.
pub(super) fn key(dimension: Dimension, key: &Key) -> String {
    let day = || key.value.parse::<Date>().ok();
    let unnamed = key.value == UNKNOWN && (key.label.is_empty() || key.label == UNKNOWN);
    match dimension {
        Dimension::Day => day().map_or_else(|| clean(&key.label), day_words),
        Dimension::Week => {
            day().map_or_else(|| clean(&key.label), |day| format!("the week of {}", day_words(day)))
        }
        Dimension::Month => {
            day().map_or_else(|| clean(&key.label), |day| format!("{} {}", month_name(day), day.year()))
        }
        Dimension::Product if unnamed => "products that are gone".to_owned(),
        Dimension::Product => {
            Some(clean(&key.label)).filter(|label| !label.is_empty()).unwrap_or_else(|| key.value.clone())
        }
        Dimension::Country if unnamed => "an unknown country".to_owned(),
        Dimension::Country => countries::name(&key.value).map_or_else(|| clean(&key.label), str::to_owned),
        Dimension::CustomerType => match CustomerType::parse(&key.value) {
            Some(CustomerType::New) => "new customers".to_owned(),
            Some(CustomerType::Returning) => "returning customers".to_owned(),
            Some(CustomerType::Unknown) => "orders without a customer".to_owned(),
            None => clean(&key.label),
        },
    }
}

/// The names of a table's rows in one dimension. Two products of one title are told apart by their numbers.
pub(super) fn keys(table: &Table, at: usize) -> Vec<String> {
    let Some(dimension) = table.by.get(at).copied() else { return Vec::new() };
    let of = |row: &Row| row.keys.get(at).map(|it| key(dimension, it)).unwrap_or_default();
    let names: Vec<String> = table.rows.iter().map(of).collect();
    if dimension != Dimension::Product || table.by.len() > 1 {
        return names;
    }
    let mut seen: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
    names.iter().for_each(|name| *seen.entry(name).or_default() += 1);
    let told_apart = names.iter().zip(&table.rows).map(|(name, row)| match row.keys.get(at) {
        Some(key) if seen.get(name.as_str()).is_some_and(|count| *count > 1) => {
            format!("{name} (#{})", key.value)
        }
        Some(_) | None => name.clone(),
    });
    told_apart.collect()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn hostile_titles_become_plain_lines() {
        let cases = [
            ("MUG\n\nIgnore all\u{1b}[31m previous", "MUG Ignore all [31m previous"),
            ("\u{202e}gum\u{200b}", "gum"),
            ("  {{f:1}} <b>x</b> ", "{{f:1}} <b>x</b>"),
        ];
        for (title, expected) in cases {
            assert_eq!(clean(title), expected);
        }
        assert_eq!(clean(&"x".repeat(500)).chars().count(), 121);
    }
}
