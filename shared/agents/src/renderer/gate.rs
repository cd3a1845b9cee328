//! The gate: words may not state a quantity, and only claims may state a direction.

use super::Error;

/// Where words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Summaries, titles and alternative texts.
    Prose,
    /// Inside a claim, whose direction was computed.
    Claim,
}

const QUANTITIES: &str = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
     sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred \
     hundreds thousand thousands million millions billion billions dozen dozens couple half halves twice \
     thrice double doubled triple tripled thirds quarters percent percentage tenth tenths fold twofold \
     tenfold";

const DIRECTIONS: &str = "rose risen rise fell fallen fall increase increased decrease decreased grew grown growth shrank \
     dropped declined higher lower highest lowest better worse best worst top bottom ahead behind leads \
     exceeds";

/// Refuses words that hold a digit of any script, a number word, a fraction, a per cent sign or a Roman numeral; and,
/// outside claims, words of direction.
pub(super) fn check(words: &str, place: Place) -> Result<(), Error> {
    let quantity = |word: &str| {
        let roman = word.len() > 1 && word.bytes().all(|byte| b"IVXLCDM".contains(&byte));
        roman || listed(QUANTITIES, word)
    };
    let sign = |c: char| c.is_numeric() || matches!(c, '%' | '\u{2030}' | '\u{66a}');
    let split = || words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    if words.chars().any(sign) || split().any(quantity) {
        return Err(Error::LiteralQuantity(words.to_owned()));
    }
    if place == Place::Prose && split().any(|word| listed(DIRECTIONS, word)) {
        return Err(Error::LiteralDirection(words.to_owned()));
    }
    Ok(())
}

fn listed(words: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    words.split(' ').any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::{Place, check};
    use crate::renderer::Error;

    #[test]
    fn words_with_a_quantity_are_refused_everywhere() {
        let refused = [
            "sales of 5",
            "\u{0665} orders",
            "\u{bd} of it",
            "\u{2167} orders",
            "two orders",
            "Twice as much",
            "a dozen",
            "some %",
            "half of them",
            "Henry VIII",
            "ten-fold",
            "a hundred",
            "five percent",
        ];
        for words in refused {
            for place in [Place::Prose, Place::Claim] {
                assert_eq!(check(words, place), Err(Error::LiteralQuantity(words.to_owned())), "{words}");
            }
        }
        for words in ["net sales were ", ", and often", "I", "Tent, stone and money"] {
            assert_eq!(check(words, Place::Prose), Ok(()), "{words}");
        }
    }

    #[test]
    fn a_direction_is_stated_only_by_a_claim() {
        assert_eq!(
            check("net sales rose", Place::Prose),
            Err(Error::LiteralDirection("net sales rose".to_owned()))
        );
        assert_eq!(check("net sales rose", Place::Claim), Ok(()));
    }
}
