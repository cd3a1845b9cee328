//! The way from request to response: envelope off, who asks, limits, execution, envelope on.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Pos, SDLExportOptions, Schema, ServerError, ValidationMode, Value, parser};
use auth::Tenant;
use domain::ids::MessageId;
use domain::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_TOKENS_MAX, PUSH_BYTES_MAX, REQUEST_SECONDS};
use futures_util::StreamExt;
use http::{Response, StatusCode};
use store::outbox::Outgoing;

use crate::completion::{self, Completion};
use crate::document::kept::{self, Good};
use crate::document::{self, Checked};
use crate::envelope::{self, Allowed, Asked, Reply, Request};
use crate::errors::{Code, MutationPayload, TOKEN_REFUSED};
use crate::identity::{Client, Identity};
use crate::media::Media;
use crate::mutation::Mutation;
use crate::query::Query;
use crate::shape::Shape;
use crate::subscription::{Source, Subscription};
use crate::{Answer, Context, rates, tokens, variables, weight};

/// Brackets of any kind inside each other, counted before a parser that recurses.
const DOCUMENT_NESTING_MAX: usize = 40;

/// From this weight on, data may become too large for a push: texts grow when they are written as JSON.
const SLIM_FROM_BYTES: usize = PUSH_BYTES_MAX / 8;
const OVER_SOCKET: &str =
    "Subscriptions are answered over a WebSocket at /graphql, subprotocol graphql-transport-ws.";

/// Errors of one document that are told: an answer does not grow with what is wrong.
const VALIDATION_ERRORS_MAX: usize = 20;

type Executable = Schema<Query, Mutation, Subscription>;

static OPEN: LazyLock<Executable> = LazyLock::new(|| schema(false, ValidationMode::Strict));
static PRODUCTION: LazyLock<Executable> = LazyLock::new(|| schema(true, ValidationMode::Strict));
/// The same two for documents that have been validated before.
static OPEN_FOR_KEPT: LazyLock<Executable> = LazyLock::new(|| schema(false, ValidationMode::Fast));
static PRODUCTION_FOR_KEPT: LazyLock<Executable> = LazyLock::new(|| schema(true, ValidationMode::Fast));
#[expect(clippy::expect_used, reason = "the SDL is the library's own, and a test reads it")]
static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::read(&sdl()).expect("the generated SDL parses"));

fn schema(production: bool, validation: ValidationMode) -> Executable {
    let builder = Schema::build(Query, Mutation, Subscription)
        .register_output_type::<MutationPayload>()
        .validation_mode(validation);
    if production { builder.disable_introspection().disable_suggestions().finish() } else { builder.finish() }
}

pub(crate) fn sdl() -> String {
    OPEN.sdl_with_options(SDLExportOptions::new().use_space_ident().prefer_single_line_descriptions())
}

/// The messages that resolvers committed, and those that lost their meaning, gathered for the queue.
#[derive(Clone, Default)]
pub(crate) struct Committed(Arc<Mutex<(Vec<Outgoing>, Vec<MessageId>)>>);

impl Committed {
    pub(crate) fn add(&self, sent: Vec<Outgoing>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.extend(sent);
    }

    pub(crate) fn forget(&self, messages: Vec<MessageId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.extend(messages);
    }

    pub(crate) fn take(&self) -> (Vec<Outgoing>, Vec<MessageId>) {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) async fn answer(context: &Context, request: Request<'_>, request_id: &str) -> Answer {
    let committed = Committed::default();
    let (media, reply) = match envelope::read(request) {
        Err((media, reply)) => (media, *reply),
        Ok(asked) => {
            let media = asked.media;
            let identity = Identity::read(request.headers, &context.keys, context.clock.now());
            let asker = Asker { identity, client: Client(request.client) };
            let work = execute(context, asked, asker, committed.clone());
            (media, in_time(work, request_id).await)
        }
    };
    let (outgoing, forgotten) = committed.take();
    Answer { response: reply.write(media, request_id), outgoing, forgotten }
}

async fn in_time(work: impl Future<Output = Reply>, request_id: &str) -> Reply {
    tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS), work).await.unwrap_or_else(|_| {
        tracing::warn!(request_id, "a request took too long");
        Reply::refused(Code::Unavailable.refuse("The request took too long. Try again in a moment."))
    })
}

/// The same over a socket, where a subscription begins with what its source says.
pub(crate) async fn over_socket(
    context: &Context,
    asked: Asked,
    (tenant, address): (Tenant, Option<IpAddr>),
    source: Source,
    committed: Committed,
    request_id: &str,
) -> Reply {
    let identity = Identity::Known(tenant);
    let work = async {
        match admit(context, identity) {
            Err(error) => Reply::refused(error),
            Ok(()) => {
                let asker = Asker { identity, client: Client(address) };
                run(context, asked, asker, committed, Some(source)).await
            }
        }
    };
    in_time(work, request_id).await
}

/// A subscription that has begun, for a later state. Nobody asks, so nobody is counted.
pub(crate) async fn again(context: &Context, asked: Asked, identity: Identity, source: Source) -> Reply {
    run(context, asked, Asker::from(identity), Committed::default(), Some(source)).await
}

pub(crate) fn fault(request_id: &str) -> Response<Vec<u8>> {
    Reply::refused(Code::Internal.refuse("Something went wrong on our side.")).write(Media::Json, request_id)
}

async fn execute(context: &Context, asked: Asked, asker: Asker, committed: Committed) -> Reply {
    match admit(context, asker.identity) {
        Err(error) => Reply::refused(error),
        Ok(()) => run(context, asked, asker, committed, None).await,
    }
}

/// Subscriptions have a source, and none over HTTP.
async fn run(
    context: &Context,
    asked: Asked,
    asker: Asker,
    committed: Committed,
    source: Option<Source>,
) -> Reply {
    let Prepared { document, checked, is_kept } = match prepare(&asked, context.production) {
        Ok(prepared) => prepared,
        Err(reply) => return *reply,
    };
    let watches = checked.kind == OperationType::Subscription;
    if watches && source.is_none() {
        return Reply::refused(Code::BadUserInput.refuse(OVER_SOCKET));
    }
    let is_pushed = source.is_some();
    let schema = match (context.production, is_kept) {
        (false, false) => &*OPEN,
        (false, true) => &*OPEN_FOR_KEPT,
        (true, false) => &*PRODUCTION,
        (true, true) => &*PRODUCTION_FOR_KEPT,
    };
    let Asked { document: text, operation_name: name, variables, .. } = asked;
    let mut request = async_graphql::Request::new("")
        .variables(async_graphql::Variables::from_json(variables.clone().into()))
        .data(context.clone())
        .data(asker.identity)
        .data(asker.client)
        .data(committed);
    if let Some(source) = source {
        request = request.data(source);
    }
    request.operation_name.clone_from(&name);
    request.set_parsed_query(ExecutableDocument::clone(&document));
    let mut response = if watches {
        schema.execute_stream(request).next().await.unwrap_or_default()
    } else {
        schema.execute(request).await
    };
    if code_errors(&mut response) {
        return Reply {
            errors: response.errors,
            cost: points(checked),
            ..Reply::refused(Code::Internal.refuse(""))
        };
    }
    if !is_kept {
        kept::keep(&text, &document);
    }
    let executed =
        Executed { document: &document, checked, asked_name: name.as_deref(), variables: &variables };
    executed.reply(response, asker.identity, is_pushed)
}

/// Who asks, and from where. A socket's messages come from nowhere that could be counted.
#[derive(Clone, Copy)]
struct Asker {
    identity: Identity,
    client: Client,
}

impl From<Identity> for Asker {
    fn from(identity: Identity) -> Self {
        Self { identity, client: Client(None) }
    }
}

/// What was executed.
struct Executed<'a> {
    document: &'a ExecutableDocument,
    checked: Checked,
    asked_name: Option<&'a str>,
    variables: &'a document::Variables,
}

impl Executed<'_> {
    fn reply(&self, response: async_graphql::Response, identity: Identity, is_pushed: bool) -> Reply {
        let operation = match document::select(self.document, self.asked_name) {
            Err(error) => return Reply::refused(error),
            Ok(operation) => operation,
        };
        let (document, variables, errors) = (self.document, self.variables, &response.errors);
        let completion = Completion { shape: &SHAPE, document, operation, variables, errors, slim: false };
        let slim = (is_pushed && completion::weighs(&response.data) > SLIM_FROM_BYTES)
            .then(|| Box::new(Completion { slim: true, ..completion }.complete(response.data.clone())));
        let data = completion.complete(response.data);
        let reads = operation.ty == OperationType::Query;
        if session_ended(identity, &response.errors) && (reads || nothing(&data)) {
            return Reply::refused(Code::Unauthenticated.refuse(TOKEN_REFUSED));
        }
        // A subscription without its one field has not begun.
        let unbegun = operation.ty == OperationType::Subscription && nothing(&data);
        let withheld = unbegun || refused_as_a_whole(&data, &response.errors, self.checked);
        Reply {
            data: (!withheld).then_some(data),
            errors: response.errors,
            cost: points(self.checked),
            slim,
            status: None,
            allow: None,
        }
    }
}

/// What is run is within its bound, which is a small number.
fn points(checked: Checked) -> Option<u32> {
    u32::try_from(checked.cost).ok()
}

/// Whether this request is looked at at all.
fn admit(context: &Context, identity: Identity) -> Result<(), ServerError> {
    match (identity, context.limits.requests_per_minute) {
        (Identity::Refused, _) => Err(Code::Unauthenticated.refuse(TOKEN_REFUSED)),
        (Identity::Known(tenant), Some(per_minute)) => {
            rates::take(tenant.user_id(), per_minute, context.clock.now()).map_err(Code::too_often)
        }
        (Identity::Known(_), None) | (Identity::Nobody, _) => Ok(()),
    }
}

/// What may be executed.
struct Prepared {
    document: Good,
    checked: Checked,
    /// Whether the executor's validator has seen it before.
    is_kept: bool,
}

/// Everything that can be refused before the database hears of it.
fn prepare(asked: &Asked, production: bool) -> Result<Prepared, Box<Reply>> {
    let refuse = |error| Box::new(Reply::refused(error));
    let known = kept::find(&asked.document);
    let is_kept = known.is_some();
    let document = match known {
        Some(document) => document,
        None => Arc::new(read(&asked.document).map_err(refuse)?),
    };
    let operation = document::select(&document, asked.operation_name.as_deref()).map_err(refuse)?;
    if asked.reads_only && operation.ty != OperationType::Query {
        let reply = Reply::http(
            StatusCode::METHOD_NOT_ALLOWED,
            "By GET only queries are answered; send this by POST.",
        );
        return Err(Box::new(Reply { allow: Some(Allowed::Post), ..reply }));
    }
    let checked = document::check(&SHAPE, &document, operation, &asked.variables).map_err(refuse)?;
    if production && checked.introspects {
        return Err(refuse(Code::ValidationFailed.refuse("The schema is not shown here.")));
    }
    variables::check(&SHAPE, &operation.variable_definitions, &asked.variables)
        .map_err(|message| refuse(Code::BadUserInput.refuse(message)))?;
    Ok(Prepared { document, checked, is_kept })
}

/// Parses a document and checks what does not depend on variables.
fn read(text: &str) -> Result<ExecutableDocument, ServerError> {
    light(text)?;
    let mut document = parse_query(text).map_err(not_a_document)?;
    unrepeated(text)?;
    document::check_text(&SHAPE, &document)?;
    completion::name_types(&SHAPE, &mut document);
    Ok(document)
}

/// The parser draws the place into its message; the place stands beside it already.
fn not_a_document(error: parser::Error) -> ServerError {
    let mut error = ServerError::from(error);
    let expected = error.message.rsplit("= ").next().unwrap_or_default().to_owned();
    error.message = format!("The document is not GraphQL: {expected}.");
    Code::ParseFailed.mark(&mut error);
    error
}

/// Refuses what the validator cannot see any more, because the parser has thrown it away.
fn unrepeated(document: &str) -> Result<(), ServerError> {
    let Some((offset, name)) = tokens::repeated_field(document) else { return Ok(()) };
    let before = document.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    let line = before.matches('\n').count() + 1;
    let mut error = ServerError::new(
        format!("The input object names its field \"{name}\" twice."),
        Some(Pos { line, column }),
    );
    Code::ValidationFailed.mark(&mut error);
    Err(error)
}

/// Refuses what no parser should see.
fn light(document: &str) -> Result<(), ServerError> {
    if document.len() > DOCUMENT_BYTES_MAX {
        let message =
            format!("The document has {} bytes; at most {DOCUMENT_BYTES_MAX} are allowed.", document.len());
        return Err(Code::QueryTooComplex.refuse(message));
    }
    let weight = weight::of_document(document);
    if weight.tokens > DOCUMENT_TOKENS_MAX {
        let message =
            format!("The document has {} tokens; at most {DOCUMENT_TOKENS_MAX} are allowed.", weight.tokens);
        return Err(Code::QueryTooComplex.refuse(message));
    }
    if weight.nesting > DOCUMENT_NESTING_MAX {
        let message = format!("The document nests brackets more than {DOCUMENT_NESTING_MAX} deep.");
        return Err(Code::QueryTooComplex.refuse(message));
    }
    Ok(())
}

/// Gives the executor's own errors a code, and says whether they are the validator's: those have no path.
fn code_errors(response: &mut async_graphql::Response) -> bool {
    let uncoded = |error: &ServerError| Code::of(error).is_none();
    let invalid = response.errors.iter().any(|error| error.path.is_empty() && uncoded(error));
    let code = if invalid { Code::ValidationFailed } else { Code::BadUserInput };
    response.errors.iter_mut().filter(|error| uncoded(error)).for_each(|error| code.mark(error));
    response.errors.dedup();
    if invalid {
        response.errors.truncate(VALIDATION_ERRORS_MAX);
    }
    invalid
}

/// Whether the database said of a good token that its session has ended: then the token is like any that is not good.
fn session_ended(identity: Identity, errors: &[ServerError]) -> bool {
    identity.tenant().is_some() && errors.iter().any(|error| Code::of(error) == Some(Code::Unauthenticated))
}

/// Whether no field was answered.
fn nothing(data: &Value) -> bool {
    match data {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        _ => false,
    }
}

/// Whether nothing was answered for one reason that the status should tell.
fn refused_as_a_whole(data: &Value, errors: &[ServerError], checked: Checked) -> bool {
    let all = |code| errors.iter().all(|error| Code::of(error) == Some(code));
    let told = all(Code::Unavailable) || all(Code::Internal) || (all(Code::Unauthenticated) && !checked.open);
    nothing(data) && told && !errors.is_empty()
}
