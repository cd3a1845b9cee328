//! What the first HTTP request of a socket must say, whoever answers it.

use http::header::{HOST, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, Uri};

use crate::transport::SUBPROTOCOL;

/// Whether the client speaks our subprotocol, among others.
pub fn offers_subprotocol(headers: &HeaderMap) -> bool {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    offered.any(|name| name.trim() == SUBPROTOCOL)
}

/// Whether the page that opens the socket may: a browser says which it is, and only a browser is bound by it. Allowed are
/// the configured origins and what this host served itself.
pub fn origin_allowed(headers: &HeaderMap, origins: &[String]) -> bool {
    let mut values = headers.get_all(ORIGIN).iter();
    let (origin, more) = (values.next(), values.next());
    let Some(origin) = origin else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let own = headers.get(HOST).and_then(|host| host.to_str().ok());
    let served_here = origin.parse::<Uri>().ok().is_some_and(|uri| {
        let authority = uri.authority().map(|authority| authority.as_str());
        authority.is_some() && authority == own
    });
    more.is_none() && (served_here || origins.iter().any(|allowed| allowed == origin))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{offers_subprotocol, origin_allowed};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_subprotocol_is_found_among_others_and_by_its_whole_name() {
        let offers = |values: &[&'static str]| {
            let pairs: Vec<_> = values.iter().map(|value| ("sec-websocket-protocol", *value)).collect();
            offers_subprotocol(&headers(&pairs))
        };
        assert!(offers(&["graphql-transport-ws"]) && offers(&["graphql-ws, graphql-transport-ws"]));
        assert!(offers(&["a", "graphql-transport-ws"]));
        assert!(!offers(&[]) && !offers(&["graphql-ws"]) && !offers(&["graphql-transport-ws2"]));
    }

    #[test]
    fn a_page_of_elsewhere_is_refused_and_a_program_without_a_page_is_not() {
        let origins = ["https://app.example.com".to_owned()];
        let cases: [(&[(&str, &str)], bool); 7] = [
            (&[], true),
            (&[("origin", "https://app.example.com")], true),
            (&[("origin", "https://app.example.com.evil.com")], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true),
            (&[("origin", "http://127.0.0.1:8081"), ("host", "127.0.0.1:8080")], false),
            (&[("origin", "https://app.example.com"), ("origin", "https://evil.com")], false),
        ];
        for (pairs, allowed) in cases {
            let pairs: Vec<_> = pairs.to_vec();
            let mut map = HeaderMap::new();
            for (name, value) in &pairs {
                map.append(
                    http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                );
            }
            assert_eq!(origin_allowed(&map, &origins), allowed, "{pairs:?}");
        }
    }
}
