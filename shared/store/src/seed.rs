//! Rows for demonstrations: at least one in each of a tenant's tables. None of them shows in an answer: the order is a
//! test order, the question was withdrawn, the message is a dead letter, the segment is not current, the session has
//! ended. The proposed action says that it changes nothing.

use domain::ids::LinkedAccountId;
use jiff::Timestamp;

use crate::TenantTx;
use crate::error::Error;
use crate::linked_accounts;
use crate::sql::Sql;

const PREFERENCES: Sql = Sql::new(
    "-- seed.user_preferences
insert into user_preferences (updated_at) select $2 from linked_accounts where id = $1 on conflict do nothing",
);

const SESSION: Sql = Sql::new(
    "-- seed.sessions
insert into sessions (id, created_at, ended_at, end_reason)
select id, $2, $2, 'logged_out' from linked_accounts where id = $1 on conflict do nothing",
);

const REFRESH_TOKEN: Sql = Sql::new(
    "-- seed.refresh_tokens
insert into refresh_tokens (digest, session_id, issued_at, expires_at, used_at)
select sha256(uuid_send(id)), id, $2, $2, $2 from linked_accounts where id = $1 on conflict do nothing",
);

const IDEMPOTENCY_KEY: Sql = Sql::new(
    "-- seed.idempotency_keys
insert into idempotency_keys (mutation, key, input_digest, object_id, created_at, expires_at)
select 'seed', 'seed ' || $1::uuid, '', $1, $2, $2::timestamptz + interval '30 days' on conflict do nothing",
);

const AUDIT: Sql = Sql::new(
    "-- seed.audit_log
insert into audit_log (id, event, subject, detail, created_at)
select $1, 'seeded', 'linked_account:' || $1::uuid, '{}', $2 on conflict do nothing",
);

const CACHED: Sql = Sql::new(
    "-- seed.cached_shopify_data
insert into cached_shopify_data (account_id, kind, key, body, fetched_at, expires_at)
values ($1, 'seed', 'seed', '{}', $2, $2) on conflict do nothing",
);

const REQUEST: Sql = Sql::new(
    "-- seed.analysis_requests
insert into analysis_requests (id, linked_account_id, prompt, created_at, updated_at)
values ($1, $1, 'A question that was withdrawn, kept as an example', $2, $2) on conflict do nothing",
);

const EVENT: Sql = Sql::new(
    "-- seed.analysis_events
insert into analysis_events (request_id, version, ordinal, kind, body, created_at)
values ($1, 0, 1, 'asked', '{}', $2) on conflict do nothing",
);

const TASK: Sql = Sql::new(
    r#"-- seed.agent_tasks
insert into agent_tasks (id, request_id, department, description, work, created_at, updated_at)
values ($1, $1, 'data_retrieval', 'Refresh the mirror', '"refresh_mirror"', $2, $2) on conflict do nothing"#,
);

const TASK_CANCELLED: Sql = Sql::new(
    "-- seed.agent_tasks_cancelled
update agent_tasks set status = 'cancelled', updated_at = $2 where id = $1 and status = 'pending'",
);

const ACTION: Sql = Sql::new(
    r#"-- seed.proposed_actions
insert into proposed_actions (id, request_id, action_type, description, parameters, preview, preview_hash,
  expected_effect, expires_at, created_at, updated_at)
select $1, $1, 'tag_customers', 'An example that changes nothing', '{"tag": "example", "customers": []}',
  shown.preview::jsonb, sha256(convert_to(shown.preview, 'utf8')),
  '[{"id": "c1", "kind": "example", "text": "Nothing is expected of an example.", "figures": []}]',
  $2::timestamptz + interval '7 days', $2, $2
from (values ('{"rows": [{"object": "Nobody", "field": "tags", "before": null, "after": "example"}],
  "requiredScopes": ["write_customers"], "reversible": true}')) as shown (preview)
on conflict do nothing"#,
);

const ACTION_AUDIT: Sql = Sql::new(
    "-- seed.audit_log_of_action
insert into audit_log (id, event, subject, detail, created_at)
select md5('proposed ' || $1::uuid)::uuid, 'action_proposed', 'proposed_action:' || $1::uuid, '{}', $2
on conflict do nothing",
);

const REQUEST_CANCELLED: Sql = Sql::new(
    "-- seed.analysis_requests_cancelled
update analysis_requests set status = 'cancelled', updated_at = $2, completed_at = $2
where id = $1 and status = 'pending'",
);

const DEAD_LETTER: Sql = Sql::new(
    "-- seed.outbox
insert into outbox (id, queue, body, available_at, dead_at, dead_reason, created_at)
values ($1, 'orchestrator', '{}', $2, $2, 'an example of a dead letter', $2) on conflict do nothing",
);

const SUBSCRIPTION: Sql = Sql::new(
    "-- seed.subscriptions
insert into subscriptions (request_id, id, socket_id, operation_id, document, variables, sent_version,
  expires_at, created_at)
values ($1, $1, 'seed', 'seed', '', '{}', 2147483647, $2, $2) on conflict do nothing",
);

const ORDER: Sql = Sql::new(
    "-- seed.orders
insert into orders (account_id, id, name, created_at, processed_at, updated_at, test, taxes_included,
  discount_codes, tags, subtotal, discounts, shipping, tax)
values ($1, -1, '#seed', $2, $2, $2, true, false, '{}', '{}', 0, 0, 0, 0) on conflict do nothing",
);

const ORDER_LINE: Sql = Sql::new(
    "-- seed.order_lines
insert into order_lines (account_id, order_id, id, quantity, gross, discount, tax, gift_card)
select id, -1, -1, 1, 0, 0, 0, false from linked_accounts where id = $1 and created_at <= $2
on conflict do nothing",
);

const REFUND: Sql = Sql::new(
    "-- seed.refunds
insert into refunds (account_id, id, order_id, processed_at, total, shipping)
values ($1, -1, -1, $2, 0, 0) on conflict do nothing",
);

const REFUND_LINE: Sql = Sql::new(
    "-- seed.refund_lines
insert into refund_lines (account_id, refund_id, id, order_line_id, quantity, subtotal, tax, restock_type)
select id, -1, -1, -1, 1, 0, 0, 'NO_RESTOCK' from linked_accounts where id = $1 and created_at <= $2
on conflict do nothing",
);

const PRODUCT: Sql = Sql::new(
    "-- seed.products
insert into products (account_id, id, title, handle, vendor, product_type, status, tags, created_at, updated_at)
values ($1, -1, 'Seed', 'seed', '', '', 'ARCHIVED', '{}', $2, $2) on conflict do nothing",
);

const VARIANT: Sql = Sql::new(
    "-- seed.variants
insert into variants (account_id, id, product_id, title, price)
select id, -1, -1, 'Seed', 0 from linked_accounts where id = $1 and created_at <= $2 on conflict do nothing",
);

const CUSTOMER: Sql = Sql::new(
    "-- seed.customers
insert into customers (account_id, id, created_at, updated_at, tags, orders_count)
values ($1, -1, $2, $2, '{}', 0) on conflict do nothing",
);

const LOAD: Sql = Sql::new(
    "-- seed.mirror_loads
insert into mirror_loads (account_id, dataset, started_at, updated_at, finished_at)
values ($1, 'customers', $2, $2, $2) on conflict do nothing",
);

const MONTH: Sql = Sql::new(
    "-- seed.mirror_months
insert into mirror_months (account_id, month, marked)
select id, date '1970-01-01', 0 from linked_accounts where id = $1 and created_at <= $2 on conflict do nothing",
);

const SEGMENT: Sql = Sql::new(
    "-- seed.segments
insert into segments (account_id, dataset, month, digest, rows, bytes, current, created_at)
values ($1, 'orders', date '1970-01-01', sha256(''), 0, '', false, $2) on conflict do nothing",
);

const SNAPSHOT: Sql = Sql::new(
    "-- seed.snapshots
insert into snapshots (account_id, digest, taken_at, orders, segments)
select id, sha256('[]'), to_timestamp(0), 0, '[]' from linked_accounts where id = $1 and created_at <= $2
on conflict do nothing",
);

/// In this order: rows before what points to them.
pub(crate) const STATEMENTS: &[Sql] = &[
    PREFERENCES,
    SESSION,
    REFRESH_TOKEN,
    IDEMPOTENCY_KEY,
    AUDIT,
    CACHED,
    REQUEST,
    EVENT,
    TASK,
    TASK_CANCELLED,
    ACTION,
    ACTION_AUDIT,
    REQUEST_CANCELLED,
    DEAD_LETTER,
    SUBSCRIPTION,
    ORDER,
    ORDER_LINE,
    REFUND,
    REFUND_LINE,
    PRODUCT,
    VARIANT,
    CUSTOMER,
    LOAD,
    MONTH,
    SEGMENT,
    SNAPSHOT,
];

/// Gives every table of the tenant at least one row about this account. Again, it adds nothing.
///
/// # Errors
/// [`Error::NotFound`] when the account is not the tenant's.
pub async fn every_table(tx: &mut TenantTx, account: LinkedAccountId, now: Timestamp) -> Result<(), Error> {
    linked_accounts::load(tx, account).await?.ok_or(Error::NotFound("linked account"))?;
    for statement in STATEMENTS {
        tx.session.ahead(*statement, vec![Box::new(account.uuid()), Box::new(now)]).await?;
    }
    Ok(())
}
