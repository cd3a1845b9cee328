//! What a text weighs before any parser sees it: parsers recurse and allocate, these loops do not.

use crate::tokens::Tokens;

/// The size of a GraphQL document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    pub(crate) tokens: usize,
    /// How deep brackets of any kind stand in each other.
    pub(crate) nesting: usize,
}

/// Weighs a document.
pub(crate) fn of_document(document: &str) -> Weight {
    let mut weight = Weight::default();
    let mut open = 0_usize;
    for (_, token) in Tokens::of(document) {
        match token {
            b"(" | b"[" | b"{" => open += 1,
            b")" | b"]" | b"}" => open = open.saturating_sub(1),
            _ => {}
        }
        weight.tokens += 1;
        weight.nesting = weight.nesting.max(open);
    }
    weight
}

/// How deep objects and arrays stand in each other.
pub(crate) fn json_depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::{Weight, json_depth, of_document};

    #[test]
    fn tokens_are_counted_as_the_specification_does() {
        let cases = [
            ("", 0, 0),
            ("{ me { id } }", 6, 2),
            ("\u{FEFF}query Q($a: Int = -1.5e3, $b: [ID!]!) { f(a: $a) ...F @skip(if: true) }", 36, 2),
            ("# only { a comment\n,,,", 0, 0),
            (r#"{ a(b: "x { # \" y") }"#, 8, 2),
            ("{ a(b: \"\"\"x \\\"\"\" { \" # \"\"\") }", 8, 2),
            ("\"no end\n{", 2, 1),
            ("\"\"\"no end { {", 1, 0),
            ("[[[[", 4, 4),
            ("é", 2, 0),
        ];
        for (document, tokens, nesting) in cases {
            assert_eq!(of_document(document), Weight { tokens, nesting }, "{document}");
        }
    }

    #[test]
    fn brackets_in_json_strings_do_not_nest() {
        for (json, depth) in [("1", 0), (r#"{"a":[1,{}]}"#, 3), (r#"["[[[\"[[\\"]"#, 1), ("[[[", 3)] {
            assert_eq!(json_depth(json.as_bytes()), depth, "{json}");
        }
    }
}
