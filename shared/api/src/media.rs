//! Media types of GraphQL over HTTP: what a client may send and what it wants back.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};

/// What an answer is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`: every well-formed request gets 200, whatever its document is worth.
    Json,
    /// `application/graphql-response+json`: the status says how it went.
    GraphqlResponse,
}

impl Media {
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    const fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// What the client accepts and likes best; JSON where it says nothing. `None` when it accepts neither.
    pub(crate) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = Vec::new();
        for value in headers.get_all(ACCEPT) {
            ranges.extend(value.to_str().ok()?.split(',').filter_map(Range::parse));
        }
        if !headers.contains_key(ACCEPT) {
            return Some(Self::Json);
        }
        let (json, response) = (rank(&ranges, Self::Json), rank(&ranges, Self::GraphqlResponse));
        match (json, response) {
            (None, None) => None,
            (Some(_), None) => Some(Self::Json),
            (None, Some(_)) => Some(Self::GraphqlResponse),
            // Named by name and liked as much, the newer type says more; a wildcard means an older client.
            (Some(json), Some(response)) if response > json || (response == json && response.named == 2) => {
                Some(Self::GraphqlResponse)
            }
            (Some(_), Some(_)) => Some(Self::Json),
        }
    }
}

/// Whether a request body says that it is JSON in UTF-8, uncompressed.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let Some(Range { essence, charset, .. }) = value.to_str().ok().and_then(Range::parse) else {
        return false;
    };
    let plain = headers
        .get(CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    plain
        && essence == "application/json"
        && charset.is_none_or(|charset| charset == "utf-8" || charset == "utf8")
}

/// How well a range suits a type: first the weight (thousandths), then how exactly it is named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    weight: u16,
    named: u8,
}

fn rank(ranges: &[Range], media: Media) -> Option<Rank> {
    let named = |range: &Range| match range.essence.as_str() {
        essence if essence == media.essence() => Some(2),
        "application/*" => Some(1),
        "*/*" => Some(0),
        _ => None,
    };
    let utf8 = |range: &&Range| {
        range.charset.as_deref().is_none_or(|charset| charset == "utf-8" || charset == "utf8")
    };
    let (named, range) = ranges
        .iter()
        .filter(utf8)
        .filter_map(|range| Some((named(range)?, range)))
        .max_by_key(|(named, _)| *named)?;
    (range.weight > 0).then_some(Rank { weight: range.weight, named })
}

/// One media range with the parameters that matter here, in lower case.
struct Range {
    essence: String,
    charset: Option<String>,
    weight: u16,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        let essence = parts.next()?.trim().to_ascii_lowercase();
        let (mut charset, mut weight) = (None, 1_000);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "charset" => charset = Some(value),
                "q" => weight = thousandths(&value)?,
                _ => {}
            }
        }
        (essence.split('/').count() == 2).then_some(Self { essence, charset, weight })
    }
}

/// A weight such as `0.8`, of at most three places (RFC 9110, 12.4.2).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, Media, is_json};

    #[test]
    fn the_client_chooses_its_media_type() {
        let (json, response) = (Some(Media::Json), Some(Media::GraphqlResponse));
        let cases = [
            (None, json),
            (Some("application/json"), json),
            (Some("application/graphql-response+json"), response),
            (
                Some("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8"),
                response,
            ),
            (Some("application/json, application/graphql-response+json"), response),
            (Some("application/graphql-response+json;q=0.9, application/json"), json),
            (Some("*/*"), json),
            (Some("application/*;q=0.1"), json),
            (Some("application/json, */*"), json),
            (Some("application/graphql-response+json, */*"), response),
            (Some("*/*, application/json;q=0"), response),
            (Some("APPLICATION/JSON"), json),
            (Some("application/json;charset=iso-8859-1"), None),
            (Some("text/html"), None),
            (Some("text/html, application/json;q=0"), None),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), json),
            (Some(""), None),
            (Some("nonsense"), None),
        ];
        for (accept, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(Media::negotiate(&headers), expected, "{accept:?}");
        }
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let cases = [
            (&["application/json"][..], None, true),
            (&["application/json; charset=utf-8"], None, true),
            (&["Application/JSON;charset=\"UTF-8\""], Some("identity"), true),
            (&["application/json; charset=utf-16"], None, false),
            (&["application/json"], Some("gzip"), false),
            (&["application/json", "application/json"], None, false),
            (&["application/graphql"], None, false),
            (&["multipart/form-data; boundary=x"], None, false),
            (&["text/plain"], None, false),
            (&[], None, false),
        ];
        for (types, encoding, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in types {
                headers.append(CONTENT_TYPE, value.parse().unwrap());
            }
            if let Some(encoding) = encoding {
                headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
            }
            assert_eq!(is_json(&headers), expected, "{types:?} {encoding:?}");
        }
    }
}
