//! The HTTP envelope of GraphQL over HTTP, both ways and pure: [`read`] turns a request into what is asked, or into the
//! answer that refuses it; [`Reply::write`] turns what came out into a response.

use std::borrow::Cow;
use std::net::IpAddr;

use async_graphql::{ServerError, Value as GraphqlValue};
use domain::limits::{HTTP_BODY_BYTES_MAX, JSON_DEPTH_MAX};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::errors::{Code, RETRY_AFTER_SECONDS};
use crate::media::{Media, is_json};
use crate::weight;

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a Method,
    pub headers: &'a HeaderMap,
    /// The query string, still encoded.
    pub query: Option<&'a str>,
    pub body: &'a [u8],
    /// Where it came from, as whoever accepted the connection says; never what the request says of itself.
    pub client: Option<IpAddr>,
}

/// What is asked, once the envelope is off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) media: Media,
    /// By GET, which may not change anything.
    pub(crate) reads_only: bool,
    pub(crate) document: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Map<String, Value>,
}

/// What came out of a request. Without `data` nothing was executed, or nothing of it may be seen.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) data: Option<GraphqlValue>,
    pub(crate) errors: Vec<ServerError>,
    /// The operation's points, where it came that far.
    pub(crate) cost: Option<u32>,
    /// The same data without its bulk, for a push that would be too large.
    pub(crate) slim: Option<Box<GraphqlValue>>,
    /// A status of the envelope itself, whatever the media type.
    pub(crate) status: Option<StatusCode>,
    /// The methods that would have been allowed.
    pub(crate) allow: Option<Allowed>,
}

/// Methods that would have been allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    Post,
    GetAndPost,
}

impl Allowed {
    const fn header(self) -> HeaderValue {
        match self {
            Self::Post => HeaderValue::from_static("POST"),
            Self::GetAndPost => HeaderValue::from_static("GET, POST"),
        }
    }
}

/// Takes the envelope off.
///
/// # Errors
/// The refusal, and the media type to write it in.
pub(crate) fn read(request: Request<'_>) -> Result<Asked, (Media, Box<Reply>)> {
    let media = Media::negotiate(request.headers);
    let refuse = |reply| (media.unwrap_or(Media::Json), Box::new(reply));
    let reads_only = match *request.method {
        Method::GET => true,
        Method::POST => false,
        _ => {
            let reply = Reply::http(
                StatusCode::METHOD_NOT_ALLOWED,
                "GraphQL is asked by POST, or by GET for queries.",
            );
            return Err(refuse(Reply { allow: Some(Allowed::GetAndPost), ..reply }));
        }
    };
    let Some(media) = media else {
        let message = "The answer is application/graphql-response+json or application/json, in UTF-8.";
        return Err(refuse(Reply::http(StatusCode::NOT_ACCEPTABLE, message)));
    };
    if request.body.len().max(request.query.map_or(0, str::len)) > HTTP_BODY_BYTES_MAX {
        let message = format!("The request is larger than {HTTP_BODY_BYTES_MAX} bytes.");
        let error = Code::QueryTooComplex.refuse(message);
        return Err(refuse(Reply { status: Some(StatusCode::PAYLOAD_TOO_LARGE), ..Reply::refused(error) }));
    }
    let parameters =
        if reads_only { from_query(request.query.unwrap_or_default()) } else { from_body(request) };
    parameters.and_then(|parameters| asked(media, reads_only, parameters)).map_err(refuse)
}

fn from_body(request: Request<'_>) -> Result<Map<String, Value>, Reply> {
    if !is_json(request.headers) {
        let message = "The content type of the request must be application/json, in UTF-8.";
        return Err(Reply::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let Ok(text) = std::str::from_utf8(request.body) else {
        return Err(Reply::http(StatusCode::BAD_REQUEST, "The body is not UTF-8."));
    };
    match json(text)? {
        Value::Object(parameters) => Ok(parameters),
        Value::Array(_) => Err(Reply::http(
            StatusCode::BAD_REQUEST,
            "Batches are not accepted: send one operation a request.",
        )),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(Reply::http(StatusCode::BAD_REQUEST, "The body is not a JSON object."))
        }
    }
}

fn json(text: &str) -> Result<Value, Reply> {
    if weight::json_depth(text.as_bytes()) > JSON_DEPTH_MAX {
        let error = Code::QueryTooComplex
            .refuse(format!("The JSON is nested more than {JSON_DEPTH_MAX} levels deep."));
        return Err(Reply { status: Some(StatusCode::BAD_REQUEST), ..Reply::refused(error) });
    }
    crate::json::read(text).map_err(|error| {
        // The parser's words name a place and an expectation, nothing of the text.
        Reply::http(StatusCode::BAD_REQUEST, format!("The JSON is malformed: {error}."))
    })
}

fn from_query(query: &str) -> Result<Map<String, Value>, Reply> {
    let mut parameters = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = match name.as_ref() {
            "query" | "operationName" => Value::String(text(query, value)?),
            // An empty text stands for an absent map, as forms send it.
            "variables" | "extensions" if value.is_empty() => Value::Null,
            "variables" | "extensions" => json(&text(query, value)?)?,
            _ => continue,
        };
        if parameters.insert(name.to_string(), value).is_some() {
            return Err(Reply::http(
                StatusCode::BAD_REQUEST,
                format!("The parameter \"{name}\" is given twice."),
            ));
        }
    }
    Ok(parameters)
}

/// Percent-decoding puts U+FFFD where bytes were not UTF-8.
fn text(query: &str, value: Cow<'_, str>) -> Result<String, Reply> {
    if value.contains('\u{FFFD}') && !query.to_ascii_uppercase().contains("%EF%BF%BD") {
        return Err(Reply::http(StatusCode::BAD_REQUEST, "The query string is not UTF-8."));
    }
    Ok(value.into_owned())
}

fn asked(media: Media, reads_only: bool, mut parameters: Map<String, Value>) -> Result<Asked, Reply> {
    let refuse = |name: &str, what: &str| {
        Reply::http(StatusCode::BAD_REQUEST, format!("The parameter \"{name}\" must be {what}."))
    };
    let document = match parameters.remove("query") {
        Some(Value::String(document)) => document,
        _ => return Err(refuse("query", "a string: the GraphQL document")),
    };
    let operation_name = match parameters.remove("operationName") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err(refuse("operationName", "a string")),
    };
    let mut map = |name| match parameters.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(refuse(name, "a map")),
    };
    let variables = map("variables")?;
    // Extensions of the request are checked and have no meaning here.
    map("extensions")?;
    Ok(Asked { media, reads_only, document, operation_name, variables })
}

impl Reply {
    /// A refusal before anything was executed.
    pub(crate) fn refused(error: ServerError) -> Self {
        Self { data: None, errors: vec![error], cost: None, slim: None, status: None, allow: None }
    }

    /// A refusal by the envelope, which has the same status for every media type.
    pub(crate) fn http(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status: Some(status), ..Self::refused(Code::BadUserInput.refuse(message)) }
    }

    /// The response, without the headers that every response of the service has.
    pub(crate) fn write(&self, media: Media, request_id: &str) -> Response<Vec<u8>> {
        let status = self.status(media);
        let body = self.body(request_id, self.data.as_ref(), None);
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, allow.header());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"alatar\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, self.retry_after().into());
        }
        response
    }

    fn status(&self, media: Media) -> StatusCode {
        if let Some(status) = self.status {
            return status;
        }
        if self.data.is_some() {
            return StatusCode::OK;
        }
        match self.errors.first().and_then(Code::of) {
            Some(Code::Unauthenticated) => StatusCode::UNAUTHORIZED,
            Some(Code::RateLimited) => StatusCode::TOO_MANY_REQUESTS,
            Some(Code::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
            Some(Code::Internal) | None => StatusCode::INTERNAL_SERVER_ERROR,
            Some(
                Code::ParseFailed
                | Code::ValidationFailed
                | Code::BadUserInput
                | Code::NotFound
                | Code::QueryTooComplex,
            ) => match media {
                Media::Json => StatusCode::OK,
                Media::GraphqlResponse => StatusCode::BAD_REQUEST,
            },
        }
    }

    fn retry_after(&self) -> u64 {
        let seconds =
            self.errors.first().and_then(|error| match error.extensions.as_ref()?.get("retryAfter")? {
                GraphqlValue::Number(seconds) => seconds.as_u64(),
                _ => None,
            });
        seconds.unwrap_or(RETRY_AFTER_SECONDS)
    }

    /// The body as JSON, with the given data.
    pub(crate) fn body(&self, request_id: &str, data: Option<&GraphqlValue>, code: Option<&str>) -> Vec<u8> {
        let errors = self.marked(request_id);
        let extensions =
            (self.cost.is_some() || code.is_some()).then_some(Extensions { cost: self.cost, code });
        let body = Body { errors: &errors, data, extensions };
        // Our own values serialise: their maps have text keys and their numbers are finite.
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// The errors alone, as a JSON list.
    pub(crate) fn errors(&self, request_id: &str) -> String {
        serde_json::to_string(&self.marked(request_id)).unwrap_or_default()
    }

    /// The errors, of which our own faults name the request.
    fn marked(&self, request_id: &str) -> Vec<ServerError> {
        let mut errors = self.errors.clone();
        for error in errors.iter_mut().filter(|error| Code::of(error) == Some(Code::Internal)) {
            error.extensions.get_or_insert_default().set("requestId", request_id);
        }
        errors
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a GraphqlValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Extensions<'a>>,
}

#[derive(Clone, Copy, Serialize)]
struct Extensions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

#[cfg(test)]
mod tests;
