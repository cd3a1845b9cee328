//! Headers that every response of the service carries, and CORS for the origins that are configured.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL,
    CONTENT_SECURITY_POLICY, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Nothing we answer is a page: nothing in it may run, be framed, be kept or be taken for another type.
const ALWAYS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
    (VARY, "accept, origin"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
];

/// Two years, as preload lists want it.
const TRANSPORT: &str = "max-age=63072000; includeSubDomains";

/// Adds what every response carries.
pub fn protect(headers: &mut HeaderMap, request_id: &str, production: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if production {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// Lets pages of the request's origin read the response, if that origin is configured.
pub fn allow_origin(request: &HeaderMap, origins: &[String], response: &mut HeaderMap) {
    if let Some(origin) = allowed(request, origins) {
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("x-request-id, retry-after"));
    }
}

/// Whether the request asks what a page of a configured origin may do; adds the answer.
pub fn is_preflight(
    method: &Method,
    request: &HeaderMap,
    origins: &[String],
    response: &mut HeaderMap,
) -> bool {
    let asks = method == Method::OPTIONS && request.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if !asks || allowed(request, origins).is_none() {
        return false;
    }
    response.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    response.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, accept"),
    );
    response.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    true
}

fn allowed<'a>(request: &'a HeaderMap, origins: &[String]) -> Option<&'a HeaderValue> {
    let mut found = request.get_all(ORIGIN).iter();
    let (Some(origin), None) = (found.next(), found.next()) else { return None };
    origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderMap, Method, ORIGIN, allow_origin, is_preflight};

    #[test]
    fn only_configured_origins_are_let_in() {
        let ours = vec!["https://console.example".to_owned()];
        let cases =
            [("https://console.example", true), ("https://console.example.evil", false), ("null", false)];
        for (origin, let_in) in cases {
            let request = HeaderMap::from_iter([
                (ORIGIN, origin.parse().unwrap()),
                (super::ACCESS_CONTROL_REQUEST_METHOD, "POST".parse().unwrap()),
            ]);
            let mut response = HeaderMap::new();
            allow_origin(&request, &ours, &mut response);
            assert_eq!(response.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_some(), let_in, "{origin}");
            assert_eq!(is_preflight(&Method::OPTIONS, &request, &ours, &mut response), let_in, "{origin}");
            assert!(!is_preflight(&Method::OPTIONS, &request, &[], &mut HeaderMap::new()));
        }
    }
}
