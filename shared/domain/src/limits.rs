//! Every bound has a name. Past a bound stands a clear refusal.

/// A merchant's question, in Unicode scalar values.
pub const PROMPT_CHARS_MAX: usize = 4_000;
/// An idempotency key, in Unicode scalar values.
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// How long an idempotency key is remembered.
pub const IDEMPOTENCY_KEPT_DAYS: i64 = 30;
/// An e-mail address, in bytes (RFC 5321, 4.5.3.1.3).
pub const EMAIL_BYTES_MAX: usize = 254;
pub const PASSWORD_CHARS_MIN: usize = 12;
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Argon2id hashes computed at once in a process: each takes 19 MiB.
pub const PASSWORD_HASHES_AT_ONCE: usize = 2;
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;
/// A refresh token, which is used once; the next one begins anew.
pub const REFRESH_TOKEN_DAYS: i64 = 30;
/// The time in which failed log-ins and registrations are counted together.
pub const ATTEMPTS_WINDOW_SECONDS: i64 = 15 * 60;
/// Failed log-ins of one account in [`ATTEMPTS_WINDOW_SECONDS`], whether it exists or not.
pub const FAILED_LOGINS_PER_ACCOUNT: u32 = 10;
/// Failed log-ins from one client address in [`ATTEMPTS_WINDOW_SECONDS`].
pub const FAILED_LOGINS_PER_ADDRESS: u32 = 100;
/// Registrations from one client address in [`ATTEMPTS_WINDOW_SECONDS`], whether they succeed or not.
pub const REGISTRATIONS_PER_ADDRESS: u32 = 100;
/// Counters of the past that one failed attempt takes away with it.
pub const ATTEMPTS_FORGOTTEN_AT_ONCE: i64 = 10;

pub const HTTP_BODY_BYTES_MAX: usize = 256 * 1024;
pub const JSON_DEPTH_MAX: usize = 32;
pub const DOCUMENT_BYTES_MAX: usize = 16 * 1024;
pub const DOCUMENT_TOKENS_MAX: usize = 1_000;
pub const DOCUMENT_DEPTH_MAX: usize = 10;
pub const DOCUMENT_ALIASES_MAX: usize = 15;
pub const DOCUMENT_ROOT_FIELDS_MAX: usize = 10;
pub const DOCUMENT_DIRECTIVES_MAX: usize = 10;
pub const DOCUMENT_FRAGMENTS_MAX: usize = 20;
pub const DOCUMENT_OPERATIONS_MAX: usize = 5;
/// Cost of one operation in points; see the formula in `api`.
pub const COST_MAX: u64 = 2_000;
pub const PAGE_SIZE_DEFAULT: usize = 20;
pub const PAGE_SIZE_MAX: usize = 100;
pub const REQUEST_SECONDS: u64 = 10;

/// How long a new socket waits for the client's first message.
pub const SOCKET_INIT_SECONDS: i64 = 5;
/// A message of a client, whole or in frames: API Gateway takes no larger frame.
pub const FRAME_BYTES_MAX: usize = 32 * 1024;
/// What one push may hold: API Gateway takes no larger message.
pub const PUSH_BYTES_MAX: usize = 128 * 1024;
/// Operations of one socket at once.
pub const SOCKET_OPERATIONS_MAX: usize = 20;
/// The client's name for an operation.
pub const OPERATION_ID_BYTES_MAX: usize = 128;
/// Sockets of one user.
pub const USER_SOCKETS_MAX: i64 = 5;
/// Sockets of one process, those included that have not said who they are.
pub const PROCESS_SOCKETS_MAX: usize = 16_384;
/// Messages of a client in any second; a first one that says who it is does not count.
pub const MESSAGES_PER_SECOND: usize = 20;
/// Messages that wait for a client to read them; past it the socket is closed.
pub const SOCKET_QUEUE_MAX: usize = 256;
/// What a close frame holds beside its code (RFC 6455, 5.5).
pub const CLOSE_REASON_BYTES_MAX: usize = 123;

pub const STATEMENT_TIMEOUT_MS: u64 = 5_000;
pub const LOCK_TIMEOUT_MS: u64 = 2_000;
pub const IDLE_IN_TRANSACTION_TIMEOUT_MS: u64 = 10_000;

/// Analyses one user may submit in an hour.
pub const ANALYSES_PER_HOUR: i64 = 20;
/// Work on one analysis, without the time it waits for the merchant.
pub const ANALYSIS_SECONDS_MAX: i64 = 15 * 60;
/// Questions back to the merchant in one analysis.
pub const CLARIFICATIONS_MAX: usize = 3;
/// How long a question back waits for its answer.
pub const CLARIFICATION_DAYS_MAX: i64 = 7;
/// Options of one question back; with more to choose from, nothing is asked.
pub const CLARIFICATION_OPTIONS_MAX: usize = 100;
/// A merchant's answer to a question back, in Unicode scalar values.
pub const ANSWER_CHARS_MAX: usize = 4_000;
/// Turns of the orchestrator in one analysis.
pub const TURNS_MAX: u32 = 24;
/// Attempts of one task, counted in its row.
pub const TASK_ATTEMPTS_MAX: u32 = 5;
/// Steps in one plan.
pub const PLAN_STEPS_MAX: usize = 12;
/// Metric queries in one step.
pub const STEP_QUERIES_MAX: usize = 12;
/// Cents a merchant allows for one analysis unless they say otherwise.
pub const BUDGET_CENTS_DEFAULT: i32 = 25;
/// Cents a merchant may allow for one analysis.
pub const BUDGET_CENTS_MAX: i32 = 10_000;
/// The name of a preferred model, in Unicode scalar values.
pub const PREFERRED_LLM_CHARS_MAX: usize = 100;

/// Actions that one analysis may propose: a page of 100 questions with tasks, actions and store stays within the cost.
pub const ACTIONS_MAX: usize = 3;
/// Changes in the preview of one action: what a merchant can look through before approving.
pub const ACTION_CHANGES_MAX: usize = 50;
/// Statements about what an action is expected to bring.
pub const ACTION_CLAIMS_MAX: usize = 5;
/// Lines of the audit log that are shown with an action, the latest ones.
pub const ACTION_AUDIT_MAX: usize = 20;
/// Why a merchant rejects an action, in Unicode scalar values.
pub const REJECTION_REASON_CHARS_MAX: usize = 1_000;
/// The query string that Shopify sends a merchant back with, in bytes.
pub const OAUTH_QUERY_BYTES_MAX: usize = 4_096;

/// A queue message's body.
pub const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Deliveries of one message before it is a dead letter.
pub const MESSAGE_RECEIVES_MAX: i32 = 5;
/// How long a delivered message stays invisible before it is delivered again.
pub const MESSAGE_VISIBILITY_SECONDS: i64 = 6 * 60;
/// Messages handed to one call of a handler.
pub const MESSAGE_BATCH_MAX: i64 = 10;

/// Rows that one table of an answer's raw data may hold; the rest is said to be cut.
pub const RAW_TABLE_ROWS_MAX: usize = 1_000;
/// How old the mirror may be before a question refreshes it.
pub const MIRROR_FRESH_SECONDS: i64 = 60 * 60;
