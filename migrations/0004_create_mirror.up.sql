-- The tenant's own copy of a store's facts, and the columns made from it. Ids are Shopify's numbers; money is minor
-- units of the shop's currency. Names, e-mails and addresses of customers are not kept.
--
-- Every table hangs on its account; between mirror tables there is no foreign key: Shopify delivers parts before
-- wholes, a load may stop in between, and each check costs about as much as the row (see docs/adr/0003).

create table orders (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  name text not null,
  customer_id bigint,
  created_at timestamptz not null,
  processed_at timestamptz not null,
  updated_at timestamptz not null,
  cancelled_at timestamptz,
  cancel_reason text,
  test boolean not null,
  taxes_included boolean not null,
  financial_status text,
  fulfillment_status text,
  source_name text,
  country_code text,
  discount_codes text[] not null,
  tags text[] not null,
  note text,
  subtotal bigint not null,
  discounts bigint not null,
  shipping bigint not null,
  tax bigint not null,
  utm_source text,
  utm_medium text,
  utm_campaign text,
  primary key (user_id, account_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
-- Not by the tenant first: before PostgreSQL has statistics it would take this index for look-ups by number, too.
create index orders_by_time on orders (account_id, processed_at);
alter table orders enable row level security;
alter table orders force row level security;
create policy tenant on orders to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on orders to alatar_runtime;

create table order_lines (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  order_id bigint not null,
  id bigint not null,
  product_id bigint,
  variant_id bigint,
  title text,
  quantity integer not null,
  gross bigint not null,
  discount bigint not null,
  tax bigint not null,
  gift_card boolean not null,
  primary key (user_id, account_id, order_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table order_lines enable row level security;
alter table order_lines force row level security;
create policy tenant on order_lines to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on order_lines to alatar_runtime;

create table refunds (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  order_id bigint not null,
  processed_at timestamptz not null,
  note text,
  total bigint not null,
  shipping bigint not null,
  primary key (user_id, account_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
create index refunds_by_time on refunds (account_id, processed_at);
create index refunds_by_order on refunds (user_id, account_id, order_id);
alter table refunds enable row level security;
alter table refunds force row level security;
create policy tenant on refunds to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on refunds to alatar_runtime;

create table refund_lines (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  refund_id bigint not null,
  id bigint not null,
  order_line_id bigint not null,
  quantity integer not null,
  subtotal bigint not null,
  tax bigint not null,
  restock_type text not null,
  primary key (user_id, account_id, refund_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table refund_lines enable row level security;
alter table refund_lines force row level security;
create policy tenant on refund_lines to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on refund_lines to alatar_runtime;

create table products (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  title text not null,
  handle text not null,
  vendor text not null,
  product_type text not null,
  status text not null,
  tags text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (user_id, account_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table products enable row level security;
alter table products force row level security;
create policy tenant on products to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on products to alatar_runtime;

create table variants (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  product_id bigint not null,
  title text not null,
  sku text,
  price bigint not null,
  compare_at_price bigint,
  unit_cost bigint,
  inventory_quantity integer,
  primary key (user_id, account_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table variants enable row level security;
alter table variants force row level security;
create policy tenant on variants to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on variants to alatar_runtime;

create table customers (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  country_code text,
  tags text[] not null,
  orders_count bigint not null,
  primary key (user_id, account_id, id),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table customers enable row level security;
alter table customers force row level security;
create policy tenant on customers to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on customers to alatar_runtime;

-- Where a load stands, so that another process can go on with it.
create table mirror_loads (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  dataset text not null check (dataset in ('orders', 'refunds', 'products', 'customers')),
  since timestamptz,
  operation_id text,
  url text,
  cursor text,
  rows_done bigint not null default 0,
  started_at timestamptz not null,
  updated_at timestamptz not null,
  -- Null while it is open.
  finished_at timestamptz,
  primary key (user_id, account_id, dataset),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table mirror_loads enable row level security;
alter table mirror_loads force row level security;
create policy tenant on mirror_loads to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on mirror_loads to alatar_runtime;

-- Months whose columns must be made anew: marked again and again, unmarked only by who has seen the last marking.
create table mirror_months (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  month date not null,
  marked bigint not null,
  primary key (user_id, account_id, month),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table mirror_months enable row level security;
alter table mirror_months force row level security;
create policy tenant on mirror_months to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on mirror_months to alatar_runtime;

-- Immutable pieces of columns, named by their digest. Those that snapshots name stay when others become current.
create table segments (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  dataset text not null check (dataset in ('orders', 'lines', 'returns', 'products')),
  -- 0001-01-01 for what is not cut by month.
  month date not null,
  digest bytea not null check (octet_length(digest) = 32),
  rows bigint not null,
  bytes bytea not null,
  current boolean not null,
  created_at timestamptz not null,
  primary key (user_id, account_id, dataset, month, digest),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table segments alter column bytes set storage external;
create index segments_by_digest on segments (user_id, digest);
alter table segments enable row level security;
alter table segments force row level security;
create policy tenant on segments to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on segments to alatar_runtime;

-- The segments that an analysis reads.
create table snapshots (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  digest bytea not null check (octet_length(digest) = 32),
  taken_at timestamptz not null,
  covers_from timestamptz,
  covers_to timestamptz,
  watermark timestamptz,
  synced_at timestamptz,
  orders bigint not null,
  segments jsonb not null,
  primary key (user_id, account_id, digest),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
create index snapshots_by_time on snapshots (user_id, account_id, taken_at desc);
alter table snapshots enable row level security;
alter table snapshots force row level security;
create policy tenant on snapshots to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on snapshots to alatar_runtime;
