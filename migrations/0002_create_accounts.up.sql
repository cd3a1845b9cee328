-- Users, what they prefer, the stores they connected, and what is kept about both.

-- The tenant itself. Its address is unique across tenants by nature, so only the system role may look for it.
create table users (
  id uuid not null primary key,
  email text not null constraint users_email_key unique check (octet_length(email) <= 254),
  password_hash text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
alter table users enable row level security;
alter table users force row level security;
create policy tenant on users to alatar_runtime
  using (id = (select app.tenant())) with check (id = (select app.tenant()));
create policy system on users to alatar_system using (true) with check (true);
grant select (id, email, created_at, updated_at) on users to alatar_runtime;
grant select (id, email, password_hash, created_at), insert (id, email, password_hash, created_at, updated_at)
  on users to alatar_system;

create table user_preferences (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  preferred_llm text check (char_length(preferred_llm) <= 100),
  notifications_enabled boolean not null default true,
  budget_cents_per_analysis integer not null default 25 check (budget_cents_per_analysis >= 0),
  updated_at timestamptz not null,
  primary key (user_id)
);
alter table user_preferences enable row level security;
alter table user_preferences force row level security;
create policy tenant on user_preferences to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on user_preferences to alatar_runtime;

-- Data keys of the tenant, wrapped by the master key.
create table tenant_keys (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  version integer not null,
  wrapped_key bytea not null,
  created_at timestamptz not null,
  primary key (user_id, version)
);
alter table tenant_keys enable row level security;
alter table tenant_keys force row level security;
create policy tenant on tenant_keys to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert on tenant_keys to alatar_runtime;

create table linked_accounts (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  id uuid not null,
  provider text not null default 'shopify' check (provider = 'shopify'),
  shop_domain text not null check (char_length(shop_domain) <= 255),
  status text not null default 'active'
    check (status in ('active', 'reconnect_needed', 'uninstalled', 'unlinked')),
  scopes text[] not null,
  access_token bytea,
  access_token_key_version integer,
  -- What the shop says of itself, once it has been asked.
  shop_name text,
  shop_currency text,
  shop_timezone text,
  shop_taxes_included boolean,
  shop_plan text,
  -- How far its mirror is.
  sync_state text not null default 'never' check (sync_state in ('never', 'loading', 'ready', 'failed')),
  sync_progress double precision not null default 0 check (sync_progress between 0 and 1),
  sync_error text,
  orders bigint not null default 0,
  covers_from timestamptz,
  covers_to timestamptz,
  watermark timestamptz,
  synced_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (user_id, id),
  constraint linked_accounts_shop_key unique (user_id, provider, shop_domain),
  foreign key (user_id, access_token_key_version) references tenant_keys (user_id, version)
);
alter table linked_accounts enable row level security;
alter table linked_accounts force row level security;
create policy tenant on linked_accounts to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on linked_accounts to alatar_runtime;

create table cached_shopify_data (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  kind text not null,
  key text not null,
  body jsonb not null,
  fetched_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (user_id, account_id, kind, key),
  foreign key (user_id, account_id) references linked_accounts (user_id, id) on delete cascade
);
alter table cached_shopify_data enable row level security;
alter table cached_shopify_data force row level security;
create policy tenant on cached_shopify_data to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update, delete on cached_shopify_data to alatar_runtime;

create table idempotency_keys (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  mutation text not null,
  key text not null check (char_length(key) <= 255),
  input_digest bytea not null,
  -- What the first call made.
  object_id uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  constraint idempotency_keys_pkey primary key (user_id, mutation, key)
);
alter table idempotency_keys enable row level security;
alter table idempotency_keys force row level security;
create policy tenant on idempotency_keys to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on idempotency_keys to alatar_runtime;

-- Rows are added, never changed: nobody but the owner may update or delete.
create table audit_log (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  id uuid not null,
  event text not null,
  subject text not null,
  detail jsonb not null,
  created_at timestamptz not null,
  primary key (user_id, id)
);
alter table audit_log enable row level security;
alter table audit_log force row level security;
create policy tenant on audit_log to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert on audit_log to alatar_runtime;
