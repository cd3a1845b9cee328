//! A prompt as words: tolerant of case, punctuation, plurals and simple typing errors.

use super::vocabulary;

/// Keywords shorter than this must be typed right: "day" is one letter away from too much.
const TYPO_LETTERS_MIN: usize = 5;

/// Real words that are one letter away from a keyword and mean something else.
const NOT_TYPOS: &[&str] = &[
    "costs", "least", "match", "matches", "mouth", "mouths", "ordeal", "price", "prices", "prize", "scales",
    "states", "static", "stories", "story", "tend", "tends", "trade", "treat", "treats", "unite", "unites",
    "united", "weakly", "whose", "worth", "yearly",
];

/// One word of the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// As typed, for what depends on capitals ("US", "May").
    pub(super) raw: String,
    /// Lower case, without possessive endings.
    pub(super) text: String,
    /// `text` without a plural ending.
    singular: String,
    /// A sentence ended before this word.
    pub(super) opens_sentence: bool,
    /// A comma or colon stands before this word.
    pub(super) after_comma: bool,
}

impl Token {
    fn new(raw: &str, opens_sentence: bool, after_comma: bool) -> Self {
        let lower = raw.to_lowercase().replace(['\'', '\u{2019}'], "'");
        let text = lower.strip_suffix("'s").or_else(|| lower.strip_suffix('\'')).unwrap_or(&lower).to_owned();
        Self { raw: raw.to_owned(), singular: singular(&text), text, opens_sentence, after_comma }
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.text == word
    }

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.contains(&self.text.as_str())
    }
}

/// How well a word fits a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// One slip of the fingers away.
    Near,
    /// The same word, or its plural or singular.
    Exact,
}

/// A word of the vocabulary, prepared once.
#[derive(Clone, Debug)]
pub(super) struct Keyword {
    text: String,
    singular: String,
    letters: usize,
}

impl Keyword {
    /// `text` in lower case.
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), singular: singular(text), letters: text.chars().count() }
    }

    /// The words of a phrase.
    pub(super) fn phrase(text: &str) -> Vec<Self> {
        text.split(' ').map(Self::new).collect()
    }

    pub(super) const fn letters(&self) -> usize {
        self.letters
    }

    /// How a word of the prompt fits, if at all.
    pub(super) fn fit(&self, token: &Token) -> Option<Fit> {
        // Almost every word fails here, before anything is allocated.
        let initial = self.text.chars().next()?;
        if !token.text.chars().take(2).any(|letter| letter == initial) {
            return None;
        }
        if token.text == self.text || token.singular == self.singular {
            return Some(Fit::Exact);
        }
        if NOT_TYPOS.contains(&token.text.as_str()) || vocabulary::is_plain(token) {
            return None;
        }
        let near = |word: &str, wanted: &str| {
            word.len().abs_diff(wanted.len()) <= 4
                && wanted.chars().count() >= TYPO_LETTERS_MIN
                && one_slip(word, wanted)
        };
        (near(&token.text, &self.text) || near(&token.singular, &self.singular)).then_some(Fit::Near)
    }
}

/// How `token` fits one word (lower case), if at all.
pub(super) fn fit(token: &Token, word: &str) -> Option<Fit> {
    Keyword::new(word).fit(token)
}

/// Splits a prompt into words. Letters and digits make words; `-`, `/` and `.` join only digits ("2011-11-01").
pub(super) fn tokens(prompt: &str) -> Vec<Token> {
    let chars: Vec<char> = prompt.chars().collect();
    let digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let mut out = Vec::new();
    let (mut word, mut sentence, mut comma) = (String::new(), true, false);
    for (at, &c) in chars.iter().enumerate() {
        let joins = match c {
            '-' | '/' | '.' => digit(at.checked_sub(1)) && digit(Some(at + 1)),
            '\'' | '\u{2019}' => {
                !word.is_empty() && chars.get(at + 1).is_some_and(|next| next.is_alphanumeric())
            }
            _ => c.is_alphanumeric(),
        };
        if joins {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            out.push(Token::new(&word, sentence, comma));
            word.clear();
            (sentence, comma) = (false, false);
        }
        sentence |= matches!(c, '.' | '?' | '!' | ';' | '\n');
        comma |= matches!(c, ',' | ':');
    }
    if !word.is_empty() {
        out.push(Token::new(&word, sentence, comma));
    }
    out
}

/// A whole number written in digits or, up to twenty and for the round ones, in words.
pub(super) fn number(token: &Token) -> Option<u32> {
    const WORDS: [&str; 21] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ];
    if !token.text.is_empty() && token.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return token.text.parse().ok();
    }
    match token.text.as_str() {
        "couple" => Some(2),
        "few" => Some(3),
        "dozen" => Some(12),
        "thirty" => Some(30),
        "fifty" => Some(50),
        "ninety" => Some(90),
        "hundred" => Some(100),
        text => WORDS.iter().position(|word| *word == text).and_then(|at| u32::try_from(at).ok()),
    }
}

fn singular(word: &str) -> String {
    let letters = word.chars().count();
    if letters <= 3 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["ches", "shes", "xes"] {
        if word.ends_with(ending) {
            return word.strip_suffix("es").unwrap_or(word).to_owned();
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// Whether one letter put in, left out or replaced, or two neighbours swapped, makes one word of the other. The first
/// letter must be right unless it was swapped: people get it right, and "males" are no "sales".
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = |word: &[char], from: usize| word.get(from..).unwrap_or_default().to_vec();
    let swapped = a.len() == b.len()
        && a.get(same).is_some()
        && a.get(same) == b.get(same + 1)
        && a.get(same + 1) == b.get(same)
        && rest(&a, same + 2) == rest(&b, same + 2);
    if same == 0 {
        return swapped;
    }
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => swapped || rest(&a, same + 1) == rest(&b, same + 1),
        std::cmp::Ordering::Less => rest(&a, same) == rest(&b, same + 1),
        std::cmp::Ordering::Greater => rest(&a, same + 1) == rest(&b, same),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fit, fit, number, tokens};

    fn fits(word: &str, keyword: &str) -> Option<Fit> {
        tokens(word).first().and_then(|token| fit(token, keyword))
    }

    #[test]
    fn words_survive_punctuation_case_and_dates() {
        let texts = |prompt| tokens(prompt).into_iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(
            texts("What's my store\u{2019}s Best-Selling item?"),
            ["what", "my", "store", "best", "selling", "item"]
        );
        assert_eq!(texts("from 2011-11-01 to 2011/12/09."), ["from", "2011-11-01", "to", "2011/12/09"]);
        assert_eq!(texts("Q1-Q2 (net)"), ["q1", "q2", "net"]);
        assert_eq!(texts(" \u{0} ?! "), [""; 0]);
    }

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let cases = [
            ("sales", "sales", Some(Fit::Exact)),
            ("sale", "sales", Some(Fit::Exact)),
            ("slaes", "sales", Some(Fit::Near)),
            ("prodcts", "product", Some(Fit::Near)),
            ("countries", "country", Some(Fit::Exact)),
            ("males", "sales", None),
            ("scales", "sales", None),
            ("match", "march", None),
            ("wek", "week", None),
            ("cusotmers", "customer", Some(Fit::Near)),
            ("monht", "month", Some(Fit::Near)),
            ("rpoducts", "product", Some(Fit::Near)),
        ];
        for (word, keyword, expected) in cases {
            assert_eq!(fits(word, keyword), expected, "{word} for {keyword}");
        }
    }

    #[test]
    fn numbers_are_read_in_digits_and_words() {
        let read = |word| tokens(word).first().and_then(number);
        assert_eq!(
            [read("10"), read("Ten"), read("dozen"), read("tenth"), read("99999999999")],
            [Some(10), Some(10), Some(12), None, None]
        );
    }
}
