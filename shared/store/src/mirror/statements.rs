//! The statements of the mirror. Each merges the rows that differ, and marks the months of what it changed.
//!
//! A month is cut in the shop's time zone, which a load may not know yet. All zones lie between 12 hours behind and 14
//! hours ahead of UTC, so the months at both ends are marked: one too many at times, never one too few.

use crate::sql::Sql;

/// A changed order changes its month, the month it was in before, and those of its refunds.
pub(super) const UPSERT_ORDERS: Sql = Sql::new(
    r"-- mirror.upsert_orders
with written as (
  insert into orders (account_id, id, name, customer_id, created_at, processed_at, updated_at, cancelled_at, cancel_reason, test,
    taxes_included, financial_status, fulfillment_status, source_name, country_code, discount_codes, tags,
    note, subtotal, discounts, shipping, tax, utm_source, utm_medium, utm_campaign)
  select $1, u.id, u.name, u.customer_id, u.created_at, u.processed_at, u.updated_at, u.cancelled_at, u.cancel_reason,
    u.test, u.taxes_included, u.financial_status, u.fulfillment_status, u.source_name, u.country_code,
    string_to_array(u.discount_codes, E'\x1f'), string_to_array(u.tags, E'\x1f'), u.note, u.subtotal,
    u.discounts, u.shipping, u.tax, u.utm_source, u.utm_medium, u.utm_campaign
  from unnest($2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],
    $8::timestamptz[], $9::text[], $10::boolean[], $11::boolean[], $12::text[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::bigint[],
    $22::bigint[], $23::text[], $24::text[], $25::text[])
    as u (id, name, customer_id, created_at, processed_at, updated_at, cancelled_at, cancel_reason, test,
      taxes_included, financial_status, fulfillment_status, source_name, country_code, discount_codes, tags,
      note, subtotal, discounts, shipping, tax, utm_source, utm_medium, utm_campaign)
  on conflict (user_id, account_id, id) do update set
    name = excluded.name, customer_id = excluded.customer_id, created_at = excluded.created_at,
    processed_at = excluded.processed_at, updated_at = excluded.updated_at,
    cancelled_at = excluded.cancelled_at, cancel_reason = excluded.cancel_reason, test = excluded.test,
    taxes_included = excluded.taxes_included, financial_status = excluded.financial_status,
    fulfillment_status = excluded.fulfillment_status, source_name = excluded.source_name,
    country_code = excluded.country_code, discount_codes = excluded.discount_codes, tags = excluded.tags,
    note = excluded.note, subtotal = excluded.subtotal, discounts = excluded.discounts,
    shipping = excluded.shipping, tax = excluded.tax, utm_source = excluded.utm_source,
    utm_medium = excluded.utm_medium, utm_campaign = excluded.utm_campaign
  where (orders.name, orders.customer_id, orders.created_at, orders.processed_at, orders.updated_at,
    orders.cancelled_at, orders.cancel_reason, orders.test, orders.taxes_included, orders.financial_status,
    orders.fulfillment_status, orders.source_name, orders.country_code, orders.discount_codes, orders.tags,
    orders.note, orders.subtotal, orders.discounts, orders.shipping, orders.tax, orders.utm_source,
    orders.utm_medium, orders.utm_campaign)
    is distinct from (excluded.name, excluded.customer_id, excluded.created_at, excluded.processed_at, excluded.updated_at,
    excluded.cancelled_at, excluded.cancel_reason, excluded.test, excluded.taxes_included,
    excluded.financial_status, excluded.fulfillment_status, excluded.source_name, excluded.country_code,
    excluded.discount_codes, excluded.tags, excluded.note, excluded.subtotal, excluded.discounts,
    excluded.shipping, excluded.tax, excluded.utm_source, excluded.utm_medium, excluded.utm_campaign)
  returning id, processed_at
), instants as (
  select processed_at as at from written
  union
  select o.processed_at from written w cross join lateral (
    select processed_at from orders o where o.account_id = $1 and o.id = w.id offset 0
  ) o
  union
  select r.processed_at from written w cross join lateral (
    select processed_at from refunds r where r.account_id = $1 and r.order_id = w.id offset 0
  ) r
), marked as (
  insert into mirror_months (account_id, month, marked)
  select distinct $1::uuid, date_trunc('month', instants.at at time zone 'UTC' + reach.by)::date,
    pg_current_xact_id()::text::bigint
  from instants, (values (interval '-12 hours'), (interval '14 hours')) as reach (by)
  on conflict (user_id, account_id, month) do update set marked = excluded.marked
)
select count(*) as changed from written",
);

pub(super) const UPSERT_ORDER_LINES: Sql = Sql::new(
    r"-- mirror.upsert_order_lines
with written as (
  insert into order_lines (account_id, order_id, id, product_id, variant_id, title, quantity, gross, discount, tax, gift_card)
  select $1, u.order_id, u.id, u.product_id, u.variant_id, u.title, u.quantity, u.gross, u.discount, u.tax,
    u.gift_card
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::integer[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::boolean[])
    as u (order_id, id, product_id, variant_id, title, quantity, gross, discount, tax, gift_card)
  on conflict (user_id, account_id, order_id, id) do update set
    product_id = excluded.product_id, variant_id = excluded.variant_id, title = excluded.title,
    quantity = excluded.quantity, gross = excluded.gross, discount = excluded.discount, tax = excluded.tax,
    gift_card = excluded.gift_card
  where (order_lines.product_id, order_lines.variant_id, order_lines.title, order_lines.quantity,
    order_lines.gross, order_lines.discount, order_lines.tax, order_lines.gift_card)
    is distinct from (excluded.product_id, excluded.variant_id, excluded.title, excluded.quantity, excluded.gross,
    excluded.discount, excluded.tax, excluded.gift_card)
  returning order_id
), instants as (
  select o.processed_at as at
  from (select distinct order_id from written) w cross join lateral (
    select processed_at from orders o where o.account_id = $1 and o.id = w.order_id offset 0
  ) o
  union
  select r.processed_at
  from (select distinct order_id from written) w cross join lateral (
    select processed_at from refunds r where r.account_id = $1 and r.order_id = w.order_id offset 0
  ) r
), marked as (
  insert into mirror_months (account_id, month, marked)
  select distinct $1::uuid, date_trunc('month', instants.at at time zone 'UTC' + reach.by)::date,
    pg_current_xact_id()::text::bigint
  from instants, (values (interval '-12 hours'), (interval '14 hours')) as reach (by)
  on conflict (user_id, account_id, month) do update set marked = excluded.marked
)
select count(*) as changed from written",
);

/// A refund's instant may move, as an order's.
pub(super) const UPSERT_REFUNDS: Sql = Sql::new(
    r"-- mirror.upsert_refunds
with written as (
  insert into refunds (account_id, id, order_id, processed_at, note, total, shipping)
  select $1, u.id, u.order_id, u.processed_at, u.note, u.total, u.shipping
  from unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bigint[], $7::bigint[])
    as u (id, order_id, processed_at, note, total, shipping)
  on conflict (user_id, account_id, id) do update set
    order_id = excluded.order_id, processed_at = excluded.processed_at, note = excluded.note,
    total = excluded.total, shipping = excluded.shipping
  where (refunds.order_id, refunds.processed_at, refunds.note, refunds.total, refunds.shipping)
    is distinct from (excluded.order_id, excluded.processed_at, excluded.note, excluded.total, excluded.shipping)
  returning id, processed_at
), instants as (
  select processed_at as at from written
  union
  select r.processed_at from written w cross join lateral (
    select processed_at from refunds r where r.account_id = $1 and r.id = w.id offset 0
  ) r
), marked as (
  insert into mirror_months (account_id, month, marked)
  select distinct $1::uuid, date_trunc('month', instants.at at time zone 'UTC' + reach.by)::date,
    pg_current_xact_id()::text::bigint
  from instants, (values (interval '-12 hours'), (interval '14 hours')) as reach (by)
  on conflict (user_id, account_id, month) do update set marked = excluded.marked
)
select count(*) as changed from written",
);

pub(super) const UPSERT_REFUND_LINES: Sql = Sql::new(
    r"-- mirror.upsert_refund_lines
with written as (
  insert into refund_lines (account_id, refund_id, id, order_line_id, quantity, subtotal, tax, restock_type)
  select $1, u.refund_id, u.id, u.order_line_id, u.quantity, u.subtotal, u.tax, u.restock_type
  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[], $7::bigint[], $8::text[])
    as u (refund_id, id, order_line_id, quantity, subtotal, tax, restock_type)
  on conflict (user_id, account_id, refund_id, id) do update set
    order_line_id = excluded.order_line_id, quantity = excluded.quantity, subtotal = excluded.subtotal,
    tax = excluded.tax, restock_type = excluded.restock_type
  where (refund_lines.order_line_id, refund_lines.quantity, refund_lines.subtotal, refund_lines.tax,
    refund_lines.restock_type)
    is distinct from (excluded.order_line_id, excluded.quantity, excluded.subtotal, excluded.tax, excluded.restock_type)
  returning refund_id
), instants as (
  select r.processed_at as at
  from (select distinct refund_id from written) w join refunds r on r.account_id = $1 and r.id = w.refund_id
), marked as (
  insert into mirror_months (account_id, month, marked)
  select distinct $1::uuid, date_trunc('month', instants.at at time zone 'UTC' + reach.by)::date,
    pg_current_xact_id()::text::bigint
  from instants, (values (interval '-12 hours'), (interval '14 hours')) as reach (by)
  on conflict (user_id, account_id, month) do update set marked = excluded.marked
)
select count(*) as changed from written",
);

pub(super) const UPSERT_PRODUCTS: Sql = Sql::new(
    r"-- mirror.upsert_products
with written as (
  insert into products (account_id, id, title, handle, vendor, product_type, status, tags, created_at, updated_at)
  select $1, u.id, u.title, u.handle, u.vendor, u.product_type, u.status, string_to_array(u.tags, E'\x1f'),
    u.created_at, u.updated_at
  from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
    $10::timestamptz[])
    as u (id, title, handle, vendor, product_type, status, tags, created_at, updated_at)
  on conflict (user_id, account_id, id) do update set
    title = excluded.title, handle = excluded.handle, vendor = excluded.vendor,
    product_type = excluded.product_type, status = excluded.status, tags = excluded.tags,
    created_at = excluded.created_at, updated_at = excluded.updated_at
  where (products.title, products.handle, products.vendor, products.product_type, products.status, products.tags,
    products.created_at, products.updated_at)
    is distinct from (excluded.title, excluded.handle, excluded.vendor, excluded.product_type, excluded.status, excluded.tags,
    excluded.created_at, excluded.updated_at)
  returning id
)
select count(*) as changed from written",
);

pub(super) const UPSERT_VARIANTS: Sql = Sql::new(
    r"-- mirror.upsert_variants
with written as (
  insert into variants (account_id, id, product_id, title, sku, price, compare_at_price, unit_cost, inventory_quantity)
  select $1, u.id, u.product_id, u.title, u.sku, u.price, u.compare_at_price, u.unit_cost, u.inventory_quantity
  from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::integer[])
    as u (id, product_id, title, sku, price, compare_at_price, unit_cost, inventory_quantity)
  on conflict (user_id, account_id, id) do update set
    product_id = excluded.product_id, title = excluded.title, sku = excluded.sku, price = excluded.price,
    compare_at_price = excluded.compare_at_price, unit_cost = excluded.unit_cost,
    inventory_quantity = excluded.inventory_quantity
  where (variants.product_id, variants.title, variants.sku, variants.price, variants.compare_at_price,
    variants.unit_cost, variants.inventory_quantity)
    is distinct from (excluded.product_id, excluded.title, excluded.sku, excluded.price, excluded.compare_at_price,
    excluded.unit_cost, excluded.inventory_quantity)
  returning id
)
select count(*) as changed from written",
);

pub(super) const UPSERT_CUSTOMERS: Sql = Sql::new(
    r"-- mirror.upsert_customers
with written as (
  insert into customers (account_id, id, created_at, updated_at, country_code, tags, orders_count)
  select $1, u.id, u.created_at, u.updated_at, u.country_code, string_to_array(u.tags, E'\x1f'), u.orders_count
  from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::bigint[])
    as u (id, created_at, updated_at, country_code, tags, orders_count)
  on conflict (user_id, account_id, id) do update set
    created_at = excluded.created_at, updated_at = excluded.updated_at, country_code = excluded.country_code,
    tags = excluded.tags, orders_count = excluded.orders_count
  where (customers.created_at, customers.updated_at, customers.country_code, customers.tags,
    customers.orders_count)
    is distinct from (excluded.created_at, excluded.updated_at, excluded.country_code, excluded.tags, excluded.orders_count)
  returning id
)
select count(*) as changed from written",
);

pub(crate) const STATEMENTS: &[Sql] = &[
    UPSERT_ORDERS,
    UPSERT_ORDER_LINES,
    UPSERT_REFUNDS,
    UPSERT_REFUND_LINES,
    UPSERT_PRODUCTS,
    UPSERT_VARIANTS,
    UPSERT_CUSTOMERS,
];
