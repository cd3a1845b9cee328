//! Requests around the documents: whole ones, and every way to break one.

use std::collections::BTreeMap;
use std::fmt::Write;

use http::{HeaderName, HeaderValue, Method};
use lambda_http::Body;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::documents::{Document, Writer};
use super::hostile;
use super::values::{Known, Values, text};
use crate::schema::Root;

/// A request in parts, so that it can be shown when it is answered wrongly.
#[derive(Debug)]
pub(super) struct Request {
    /// What was done to it.
    pub(super) kind: &'static str,
    /// The root fields that a whole request asks for.
    pub(super) roots: Vec<String>,
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Vec<u8>,
}

pub(super) struct Generator<'g> {
    pub(super) known: Known,
    pub(super) roots: Vec<Root>,
    /// Good ones of both tenants, and all others.
    pub(super) tokens: &'g [String],
    pub(super) bad_tokens: &'g [String],
}

impl Generator<'_> {
    pub(super) fn request(&self, rng: &mut ChaCha8Rng) -> Request {
        let (wrong_places, wrong_values, kind) = match rng.random_range(0..100) {
            0..50 => (0, 1, "whole"),
            50..60 => (8, 8, "written wrong"),
            60..70 => (1, 2, "garbled"),
            70..80 => (1, 1, "hostile"),
            80..95 => (1, 1, "broken envelope"),
            _ => (0, 1, "by GET"),
        };
        let values = Values { known: &self.known, wrong: wrong_values };
        let mut document = self.document(rng, &values, wrong_places);
        match kind {
            "garbled" => document.text = garble(rng, &document.text),
            "hostile" => document.text = hostile::document(rng),
            _ => {}
        }
        let asked = json!({
            "query": document.text, "variables": document.variables, "operationName": document.operation_name,
        });
        let (method, uri, body) = match kind {
            "by GET" => (Method::GET, in_query(&asked), Vec::new()),
            "broken envelope" => self.broken(rng, &values, &asked),
            _ => (Method::POST, "/graphql".to_owned(), asked.to_string().into_bytes()),
        };
        let headers = self.headers(rng, kind == "broken envelope");
        let roots = if kind == "whole" { document.roots } else { Vec::new() };
        Request { kind, roots, method, uri, headers, body }
    }

    fn document(&self, rng: &mut ChaCha8Rng, values: &Values<'_>, wrong: u32) -> Document {
        let keyword = *["query", "query", "mutation", "mutation", "subscription"].choose(rng).unwrap();
        let mut roots: Vec<&Root> = self.roots.iter().filter(|root| root.keyword == keyword).collect();
        if roots.is_empty() {
            roots = self.roots.iter().collect();
        }
        // Hashing takes its time by design: fields with passwords are asked for less often.
        let slow = |root: &Root| root.field.ty.to_string() == "AuthPayload!";
        let first = loop {
            let root = *roots.choose(rng).unwrap();
            if !slow(root) || rng.random_ratio(1, 6) {
                break root;
            }
        };
        let mut chosen = vec![first];
        while rng.random_ratio(1, 8) && chosen.len() < 3 {
            let more = *roots.choose(rng).unwrap();
            if more.keyword == first.keyword && !slow(more) {
                chosen.push(more);
            }
        }
        Writer::new(rng, values, wrong).document(&chosen)
    }

    fn headers(&self, rng: &mut ChaCha8Rng, broken: bool) -> Vec<(HeaderName, HeaderValue)> {
        let mut out = BTreeMap::from([("content-type", "application/json".to_owned())]);
        let accept = ["application/json", "application/graphql-response+json", "*/*"];
        out.insert("accept", (*accept.choose(rng).unwrap()).to_owned());
        match rng.random_range(0..20) {
            0..3 => {}
            3 => _ = out.insert("authorization", format!("Bearer {}", self.bad_tokens.choose(rng).unwrap())),
            4 => _ = out.insert("authorization", text(rng)),
            _ => _ = out.insert("authorization", format!("Bearer {}", self.tokens.choose(rng).unwrap())),
        }
        if broken && rng.random_ratio(1, 2) {
            let name = *["content-type", "accept", "content-encoding", "origin", "x-forwarded-for"]
                .choose(rng)
                .unwrap();
            let odd = [
                "text/html",
                "application/json; charset=utf-16",
                "application/*;q=0",
                ";;;q=",
                "gzip",
                "null",
            ];
            let value =
                if rng.random_ratio(1, 3) { text(rng) } else { (*odd.choose(rng).unwrap()).to_owned() };
            out.insert(name, value);
        }
        if broken && rng.random_ratio(1, 8) {
            out.remove(*["content-type", "accept"].choose(rng).unwrap());
        }
        // What cannot be sent at all is not sent.
        let header = |(name, value): (&'static str, String)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).ok()?))
        };
        let mut out: Vec<_> = out.into_iter().filter_map(header).collect();
        if broken && rng.random_ratio(1, 8) {
            out.extend(out.choose(rng).cloned());
        }
        out
    }

    fn broken(&self, rng: &mut ChaCha8Rng, values: &Values<'_>, asked: &Value) -> (Method, String, Vec<u8>) {
        let mut body = asked.to_string().into_bytes();
        let mut uri = "/graphql".to_owned();
        let mut method = Method::POST;
        match rng.random_range(0..13) {
            0 => body.truncate(rng.random_range(0..body.len())),
            1 => body = (0..rng.random_range(0..200)).map(|_| rng.random()).collect(),
            2 => {
                let at = rng.random_range(0..body.len());
                body[at] = rng.random();
            }
            3 => body = values.anything(rng, 4).to_string().into_bytes(),
            4 => body = json!([asked, asked]).to_string().into_bytes(),
            5 => {
                let name = *["query", "variables", "operationName", "extensions"].choose(rng).unwrap();
                let mut asked = asked.clone();
                asked[name] = values.anything(rng, 3);
                body = asked.to_string().into_bytes();
            }
            6 => body = format!("{{\"query\":\"{{__typename}}\",\"query\":{}}}", asked["query"]).into_bytes(),
            7 => body = br#"{"query":"{ a(b: \"\ud800\") }"}"#.to_vec(),
            8 => {
                let levels = rng.random_range(1..200);
                let nested = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
                body =
                    format!("{{\"query\":\"{{__typename}}\",\"variables\":{{\"a\":{nested}}}}}").into_bytes();
            }
            9 => body.resize(rng.random_range(200_000..300_000), b' '),
            10 => {
                let methods = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
                method = methods.choose(rng).unwrap().parse().unwrap();
            }
            11 => {
                method = Method::GET;
                uri = in_query(asked);
                uri.truncate(rng.random_range(8..uri.len()));
            }
            _ => {
                method = Method::GET;
                let odd = [
                    "query=%ff%fe",
                    "query=%",
                    "query",
                    "&&&==",
                    "query={}&query={}",
                    "variables=%7B%7D",
                    "query=%7Bme%7Bid%7D%7D&variables=1",
                ];
                uri = format!("/graphql?{}", odd.choose(rng).unwrap().replace(['{', '}'], ""));
            }
        }
        (method, uri, body)
    }
}

impl Request {
    pub(super) fn build(&self) -> lambda_http::Request {
        let mut request = http::Request::builder().method(&self.method).uri(&self.uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = match String::from_utf8(self.body.clone()) {
            _ if self.body.is_empty() => Body::Empty,
            Ok(text) => Body::Text(text),
            Err(other) => Body::Binary(other.into_bytes()),
        };
        request.body(body).unwrap()
    }
}

/// The same request as a query string.
fn in_query(asked: &Value) -> String {
    let mut uri = "/graphql?".to_owned();
    for (name, value) in asked.as_object().into_iter().flatten() {
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        _ = write!(uri, "{name}=");
        for byte in value.bytes() {
            let plain = byte.is_ascii_alphanumeric();
            _ = if plain { write!(uri, "{}", char::from(byte)) } else { write!(uri, "%{byte:02X}") };
        }
        uri.push('&');
    }
    // Longer ones cannot be built as a URI.
    if uri.len() < 60_000 { uri } else { "/graphql?query=%7B__typename%7D".to_owned() }
}

/// Takes a text apart at its tokens' edges and puts it together wrongly.
fn garble(rng: &mut ChaCha8Rng, document: &str) -> String {
    let mut parts: Vec<String> = document
        .split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != '"')
        .map(str::to_owned)
        .collect();
    for _ in 0..rng.random_range(1..4) {
        let (at, other) = (rng.random_range(0..parts.len()), rng.random_range(0..parts.len()));
        match rng.random_range(0..6) {
            0 => parts[at].clear(),
            1 => parts.swap(at, other),
            2 => parts[at] = parts[other].clone(),
            3 => parts[at].push_str(
                ["{", "}", "(", ")", "\"", "\"\"\"", "#", "...", "$", "@", "!", "&", "|"]
                    .choose(rng)
                    .unwrap(),
            ),
            4 => parts[at].push_str(&text(rng)),
            _ => {
                let at = document.floor_char_boundary(rng.random_range(0..=document.len()));
                return document[..at].to_owned();
            }
        }
    }
    parts.concat()
}
