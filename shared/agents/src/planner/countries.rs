//! Country names and their ISO 3166-1 alpha-2 codes: read from prompts by the planner, written by the renderer.

use std::sync::LazyLock;

use super::words::{Fit, Keyword, Token};

/// Shorter names must be typed right: "Chain" is no China.
const TYPO_LETTERS_MIN: usize = 7;

/// Code, the name that is written, and other names that are understood.
const COUNTRIES: &[(&str, &str, &[&str])] = &[
    ("AE", "United Arab Emirates", &["uae", "emirates"]),
    ("AR", "Argentina", &[]),
    ("AT", "Austria", &["austrian"]),
    ("AU", "Australia", &["australian"]),
    ("BA", "Bosnia and Herzegovina", &["bosnia"]),
    ("BD", "Bangladesh", &[]),
    ("BE", "Belgium", &["belgian"]),
    ("BG", "Bulgaria", &[]),
    ("BH", "Bahrain", &[]),
    ("BR", "Brazil", &["brasil", "brazilian"]),
    ("CA", "Canada", &["canadian"]),
    ("CH", "Switzerland", &["swiss"]),
    ("CL", "Chile", &[]),
    ("CN", "China", &["chinese"]),
    ("CO", "Colombia", &[]),
    ("CR", "Costa Rica", &[]),
    ("CY", "Cyprus", &[]),
    ("CZ", "Czechia", &["czech republic"]),
    ("DE", "Germany", &["german", "deutschland"]),
    ("DK", "Denmark", &["danish"]),
    ("DO", "Dominican Republic", &[]),
    ("DZ", "Algeria", &[]),
    ("EC", "Ecuador", &[]),
    ("EE", "Estonia", &[]),
    ("EG", "Egypt", &[]),
    ("ES", "Spain", &["spanish"]),
    ("FI", "Finland", &["finnish"]),
    ("FR", "France", &["french"]),
    ("GB", "United Kingdom", &["uk", "great britain", "britain", "british", "england", "scotland", "wales"]),
    ("GR", "Greece", &["greek"]),
    ("HK", "Hong Kong", &[]),
    ("HR", "Croatia", &[]),
    ("HU", "Hungary", &[]),
    ("ID", "Indonesia", &[]),
    ("IE", "Ireland", &["eire", "irish"]),
    ("IL", "Israel", &[]),
    ("IN", "India", &["indian"]),
    ("IS", "Iceland", &[]),
    ("IT", "Italy", &["italian"]),
    ("JM", "Jamaica", &[]),
    ("JO", "Jordan", &[]),
    ("JP", "Japan", &["japanese"]),
    ("KE", "Kenya", &[]),
    ("KR", "South Korea", &["korea"]),
    ("KW", "Kuwait", &[]),
    ("KZ", "Kazakhstan", &[]),
    ("LB", "Lebanon", &[]),
    ("LI", "Liechtenstein", &[]),
    ("LK", "Sri Lanka", &[]),
    ("LT", "Lithuania", &[]),
    ("LU", "Luxembourg", &[]),
    ("LV", "Latvia", &[]),
    ("MA", "Morocco", &[]),
    ("MC", "Monaco", &[]),
    ("MT", "Malta", &[]),
    ("MX", "Mexico", &["mexican"]),
    ("MY", "Malaysia", &[]),
    ("NG", "Nigeria", &[]),
    ("NL", "Netherlands", &["the netherlands", "holland", "dutch"]),
    ("NO", "Norway", &["norwegian"]),
    ("NZ", "New Zealand", &[]),
    ("OM", "Oman", &[]),
    ("PE", "Peru", &[]),
    ("PH", "Philippines", &[]),
    ("PK", "Pakistan", &[]),
    ("PL", "Poland", &["polish"]),
    ("PR", "Puerto Rico", &[]),
    ("PT", "Portugal", &["portuguese"]),
    ("QA", "Qatar", &[]),
    ("RO", "Romania", &[]),
    ("RS", "Serbia", &[]),
    ("RU", "Russia", &["russian"]),
    ("SA", "Saudi Arabia", &[]),
    ("SE", "Sweden", &["swedish"]),
    ("SG", "Singapore", &[]),
    ("SI", "Slovenia", &[]),
    ("SK", "Slovakia", &[]),
    ("TH", "Thailand", &[]),
    ("TN", "Tunisia", &[]),
    ("TR", "Turkey", &["türkiye", "turkish"]),
    ("TW", "Taiwan", &[]),
    ("UA", "Ukraine", &["ukrainian"]),
    ("US", "United States", &["united states of america", "usa", "america", "american", "states"]),
    ("UY", "Uruguay", &[]),
    ("VN", "Vietnam", &[]),
    ("ZA", "South Africa", &["rsa"]),
];

/// The name a person reads, where the code is one of the table's.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(known, ..)| *known == code).map(|(_, name, _)| *name)
}

/// The country named at `at`: its code and how many words name it. "US" only in capitals: "show us" is a plea.
pub(super) fn read(tokens: &[Token], at: usize) -> Option<(&'static str, usize)> {
    if tokens.get(at).is_some_and(|token| token.raw == "US") {
        return Some(("US", 1));
    }
    let mut best: Option<(Fit, usize, &'static str)> = None;
    for (name, code) in NAMES.iter() {
        let Some(fit) = fits(tokens, at, name) else { continue };
        if best.is_none_or(|(best_fit, len, _)| (fit, name.len()) > (best_fit, len)) {
            best = Some((fit, name.len(), code));
        }
    }
    best.map(|(_, len, code)| (code, len))
}

/// Every name of every country, its words prepared for matching.
static NAMES: LazyLock<Vec<(Vec<Keyword>, &'static str)>> = LazyLock::new(|| {
    let all = COUNTRIES.iter().flat_map(|(code, written, others)| {
        let names = others.iter().copied().map(str::to_owned).chain([written.to_lowercase()]);
        names.map(|name| (Keyword::phrase(&name), *code))
    });
    all.collect()
});

fn fits(tokens: &[Token], at: usize, name: &[Keyword]) -> Option<Fit> {
    let mut worst = Fit::Exact;
    for (i, word) in name.iter().enumerate() {
        let found = word.fit(tokens.get(at + i)?)?;
        if found == Fit::Near && word.letters() < TYPO_LETTERS_MIN {
            return None;
        }
        worst = worst.min(found);
    }
    Some(worst)
}

#[cfg(test)]
mod tests {
    use super::{COUNTRIES, name, read};
    use crate::planner::words::tokens;

    #[test]
    fn countries_are_read_by_their_usual_names() {
        let cases = [
            ("Germany", Some(("DE", 1))),
            ("the UK", None),
            ("UK", Some(("GB", 1))),
            ("united states", Some(("US", 2))),
            ("us", None),
            ("US", Some(("US", 1))),
            ("EIRE", Some(("IE", 1))),
            ("Nigeria", Some(("NG", 1))),
            ("Iceland", Some(("IS", 1))),
            ("Ireland", Some(("IE", 1))),
            ("chain", None),
            ("Gemany", Some(("DE", 1))),
            ("Atlantis", None),
        ];
        for (prompt, expected) in cases {
            assert_eq!(read(&tokens(prompt), 0), expected, "{prompt}");
        }
        assert_eq!((name("DE"), name("XX")), (Some("Germany"), None));
    }

    #[test]
    fn every_code_stands_once_and_in_order() {
        assert!(COUNTRIES.is_sorted_by(|a, b| a.0 < b.0));
    }
}
