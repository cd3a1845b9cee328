//! A document's lexical tokens (GraphQL 2.1.6), found by a loop that neither recurses nor allocates: what parsers do with
//! a text is decided only after this has looked at it.

use std::collections::BTreeSet;

/// The tokens of a document in order, each with the offset of its first byte. White space, commas, comments and marks of
/// byte order are none; what is not a token at all is one each byte: the parser will refuse it.
pub(crate) struct Tokens<'d> {
    document: &'d [u8],
    rest: &'d [u8],
}

impl<'d> Tokens<'d> {
    pub(crate) const fn of(document: &'d str) -> Self {
        Self { document: document.as_bytes(), rest: document.as_bytes() }
    }
}

impl<'d> Iterator for Tokens<'d> {
    type Item = (usize, &'d [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((&byte, tail)) = self.rest.split_first() {
            let start = self.rest;
            self.rest = match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                    self.rest = tail;
                    continue;
                }
                b'#' => {
                    self.rest = after(tail, |byte| byte != b'\n' && byte != b'\r');
                    continue;
                }
                0xEF if start.starts_with("\u{FEFF}".as_bytes()) => {
                    self.rest = start.get(3..).unwrap_or_default();
                    continue;
                }
                b'"' => after_string(start),
                b'.' if start.starts_with(b"...") => start.get(3..).unwrap_or_default(),
                b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                    after(tail, |byte| byte == b'_' || byte.is_ascii_alphanumeric())
                }
                b'-' | b'0'..=b'9' => after(tail, |byte| byte.is_ascii_digit() || b".eE+-".contains(&byte)),
                _ => tail,
            };
            let token = start.get(..start.len() - self.rest.len()).unwrap_or_default();
            return Some((self.document.len() - start.len(), token));
        }
        None
    }
}

/// The first field that one input object of the document names twice (GraphQL 5.6.3), and its offset. The parser keeps
/// the last one and says nothing.
pub(crate) fn repeated_field(document: &str) -> Option<(usize, &str)> {
    enum Bracket<'d> {
        Selections,
        Arguments,
        List,
        Object(BTreeSet<&'d [u8]>),
    }
    let mut open: Vec<Bracket<'_>> = Vec::new();
    let mut tokens = Tokens::of(document).peekable();
    while let Some((offset, token)) = tokens.next() {
        match token {
            b"(" => open.push(Bracket::Arguments),
            b"[" => open.push(Bracket::List),
            b"{" if matches!(open.last(), None | Some(Bracket::Selections)) => open.push(Bracket::Selections),
            b"{" => open.push(Bracket::Object(BTreeSet::new())),
            b")" | b"]" | b"}" => _ = open.pop(),
            name => {
                if let Some(Bracket::Object(names)) = open.last_mut()
                    && tokens.peek().is_some_and(|(_, next)| *next == b":")
                    && !names.insert(name)
                {
                    return Some((offset, std::str::from_utf8(name).unwrap_or_default()));
                }
            }
        }
    }
    None
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
    use super::{Tokens, repeated_field};

    #[test]
    fn tokens_are_what_the_specification_says() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("{ me { id } }", &["{", "me", "{", "id", "}", "}"]),
            (
                "\u{FEFF}($a:Int=-1.5e3)...F@x",
                &["(", "$", "a", ":", "Int", "=", "-1.5e3", ")", "...", "F", "@", "x"],
            ),
            ("# only { a comment\n,,,", &[]),
            (r#"(b: "x { # \" y")"#, &["(", "b", ":", r#""x { # \" y""#, ")"]),
            ("(\"\"\"x \\\"\"\" { \" #\"\"\")", &["(", "\"\"\"x \\\"\"\" { \" #\"\"\"", ")"]),
            ("\"no end\n{", &["\"no end", "{"]),
            ("\"\"\"no end { {", &["\"\"\"no end { {"]),
            (". ..", &[".", ".", "."]),
        ];
        for (document, expected) in cases {
            let found: Vec<_> =
                Tokens::of(document).map(|(_, token)| std::str::from_utf8(token).unwrap()).collect();
            assert_eq!(found, expected, "{document}");
            assert!(Tokens::of(document).all(|(at, token)| document.as_bytes()[at..].starts_with(token)));
        }
    }

    #[test]
    fn a_field_that_an_input_object_names_twice_is_found() {
        let cases = [
            ("{ f(a: {x: 1, y: {x: 2}}, b: [{x: 1}, {x: 1}]) { x x } x }", None),
            ("{ f(a: {x: 1 y: 2, x: 3}) }", Some((19, "x"))),
            ("query ($v: I = {x: 1, y: [{z: A, z: A}]}) { f }", Some((33, "z"))),
            ("{ f @d(a: {x: 1, x: 1}) }", Some((17, "x"))),
            ("{ a: f(b: {x: x}) a: f(b: {x: x}) { a: g a: g } }", None),
            ("{ f(a: \"{x: 1, x: 1}\") # (b: {x: 1, x: 1}\n }", None),
            ("}})){ f(a: {x: 1", None),
        ];
        for (document, expected) in cases {
            assert_eq!(repeated_field(document), expected, "{document}");
        }
    }
}
