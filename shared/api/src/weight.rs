//! What a text weighs before any parser sees it: parsers recurse and allocate, these loops do not.

/// The size of a GraphQL document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Lexical tokens as the specification counts them (2.1.6): no white space, commas or comments.
    pub(crate) tokens: usize,
    /// How deep brackets of any kind stand in each other.
    pub(crate) nesting: usize,
}

/// Weighs a document. What is not a token at all counts as one each byte: the parser will refuse it.
pub(crate) fn of_document(document: &str) -> Weight {
    let mut rest = document.as_bytes();
    let mut weight = Weight::default();
    let mut open = 0_usize;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                rest = tail;
                continue;
            }
            b'#' => {
                rest = after(tail, |byte| byte != b'\n' && byte != b'\r');
                continue;
            }
            0xEF if rest.starts_with("\u{FEFF}".as_bytes()) => {
                rest = rest.get(3..).unwrap_or_default();
                continue;
            }
            b'"' => after_string(rest),
            b'.' if rest.starts_with(b"...") => rest.get(3..).unwrap_or_default(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                after(tail, |byte| byte == b'_' || byte.is_ascii_alphanumeric())
            }
            b'-' | b'0'..=b'9' => after(tail, |byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)),
            b'(' | b'[' | b'{' => {
                open += 1;
                tail
            }
            b')' | b']' | b'}' => {
                open = open.saturating_sub(1);
                tail
            }
            _ => tail,
        };
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

fn after(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len());
    bytes.get(end..).unwrap_or_default()
}

/// What follows the string that begins here. A string that does not end takes the rest of its line, or of the text.
fn after_string(bytes: &[u8]) -> &[u8] {
    if let Some(mut rest) = bytes.strip_prefix(br#"""""#) {
        loop {
            if let Some(end) = rest.strip_prefix(br#"""""#) {
                return end;
            }
            rest = match rest.strip_prefix(br#"\""""#) {
                Some(tail) => tail,
                None => match rest.split_first() {
                    Some((_, tail)) => tail,
                    None => return rest,
                },
            };
        }
    }
    let mut rest = bytes.get(1..).unwrap_or_default();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => return tail,
            b'\n' | b'\r' => return rest,
            b'\\' => tail.get(1..).unwrap_or_default(),
            _ => tail,
        };
    }
    rest
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
