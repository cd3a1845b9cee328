create schema app;
create schema public;
grant usage on schema app to alatar_runtime;
grant usage on schema app to alatar_system;
grant usage on schema public to public;
grant usage on schema public to alatar_runtime;
grant usage on schema public to alatar_system;

CREATE OR REPLACE FUNCTION app.conflict()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the row was changed meanwhile' using errcode = 'AL001';
end
$function$
;
grant execute on function app.conflict() to alatar_runtime;

CREATE OR REPLACE FUNCTION app.no_tenant()
 RETURNS uuid
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
begin
  raise exception 'no tenant is set in this transaction' using errcode = 'AL000';
end
$function$
;
grant execute on function app.no_tenant() to alatar_runtime;

CREATE OR REPLACE FUNCTION app.refuse_illegal_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    if new.status <> tg_argv[0] then
      raise exception '% begin as %', tg_table_name, tg_argv[0] using errcode = 'AL002';
    end if;
  elsif not exists (
    select from app.legal_moves m
    where m.noun = tg_table_name and m.from_status = old.status and m.to_status = new.status
  ) then
    raise exception '% do not move from % to %', tg_table_name, old.status, new.status using errcode = 'AL002';
  end if;
  return new;
end
$function$
;
grant execute on function app.refuse_illegal_move() to alatar_runtime;

CREATE OR REPLACE FUNCTION app.session_ended()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the session has ended' using errcode = 'AL003';
end
$function$
;
grant execute on function app.session_ended() to alatar_runtime;

CREATE OR REPLACE FUNCTION app.tenant()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN COALESCE((NULLIF(current_setting('app.current_user_id'::text, true), ''::text))::uuid, app.no_tenant())
;
grant execute on function app.tenant() to alatar_runtime;

create table app.attempts (
  kind text not null,
  subject bytea not null,
  times timestamp with time zone[] not null,
  again_at timestamp with time zone,
  forget_at timestamp with time zone not null,
  constraint attempts_pkey PRIMARY KEY (kind, subject),
  constraint attempts_subject_check CHECK ((octet_length(subject) = 32))
);
CREATE INDEX attempts_by_end ON app.attempts USING btree (forget_at);
grant delete, insert, select, update on app.attempts to alatar_system;

create table app.legal_moves (
  noun text not null,
  from_status text not null,
  move text not null,
  to_status text not null,
  constraint legal_moves_pkey PRIMARY KEY (noun, from_status, move)
);
grant select on app.legal_moves to alatar_runtime;

create table app.migrations (
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migrations_pkey PRIMARY KEY (version)
);
grant select on app.migrations to alatar_runtime;
grant select on app.migrations to alatar_system;

create table app.sockets (
  id text not null,
  instance uuid,
  user_id uuid,
  session_id uuid,
  state jsonb,
  connected_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  touched_at timestamp with time zone not null,
  constraint sockets_id_check CHECK (((char_length(id) >= 1) AND (char_length(id) <= 128))),
  constraint sockets_pkey PRIMARY KEY (id)
);
CREATE INDEX sockets_by_end ON app.sockets USING btree (expires_at);
CREATE INDEX sockets_by_session ON app.sockets USING btree (session_id) WHERE (session_id IS NOT NULL);
CREATE INDEX sockets_by_touch ON app.sockets USING btree (touched_at);
CREATE INDEX sockets_by_user ON app.sockets USING btree (user_id) WHERE (user_id IS NOT NULL);
grant delete, insert, select, update on app.sockets to alatar_system;

create table public.agent_tasks (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  request_id uuid not null,
  department text not null,
  description text not null,
  work jsonb not null,
  status text not null default 'pending'::text,
  retry_count integer not null default 0,
  result bytea,
  error_message text,
  created_at timestamp with time zone not null,
  started_at timestamp with time zone,
  completed_at timestamp with time zone,
  updated_at timestamp with time zone not null,
  constraint agent_tasks_department_check CHECK ((department = ANY (ARRAY['data_retrieval'::text, 'quantitative_analysis'::text, 'qualitative_analysis'::text, 'comparative_analysis'::text, 'predictive_analysis'::text, 'recommendation_generation'::text]))),
  constraint agent_tasks_pkey PRIMARY KEY (user_id, id),
  constraint agent_tasks_user_id_request_id_fkey FOREIGN KEY (user_id, request_id) REFERENCES analysis_requests(user_id, id) ON DELETE CASCADE
);
CREATE INDEX agent_tasks_by_request ON public.agent_tasks USING btree (user_id, request_id);
CREATE TRIGGER refuse_illegal_beginning BEFORE INSERT ON public.agent_tasks FOR EACH ROW EXECUTE FUNCTION app.refuse_illegal_move('pending');
CREATE TRIGGER refuse_illegal_move BEFORE UPDATE ON public.agent_tasks FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION app.refuse_illegal_move();
alter table public.agent_tasks enable row level security;
alter table public.agent_tasks force row level security;
create policy tenant on public.agent_tasks as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.agent_tasks to alatar_runtime;

create table public.analysis_events (
  user_id uuid not null default app.tenant(),
  request_id uuid not null,
  version integer not null,
  ordinal integer not null,
  kind text not null,
  body jsonb not null,
  message_id uuid,
  created_at timestamp with time zone not null,
  status text,
  progress double precision,
  constraint analysis_events_message_key UNIQUE (user_id, request_id, message_id),
  constraint analysis_events_pkey PRIMARY KEY (user_id, request_id, version, ordinal),
  constraint analysis_events_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
  constraint analysis_events_user_id_request_id_fkey FOREIGN KEY (user_id, request_id) REFERENCES analysis_requests(user_id, id) ON DELETE CASCADE
);
alter table public.analysis_events enable row level security;
alter table public.analysis_events force row level security;
create policy tenant on public.analysis_events as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select on public.analysis_events to alatar_runtime;

create table public.analysis_requests (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  linked_account_id uuid,
  prompt text not null,
  status text not null default 'pending'::text,
  agent_state jsonb,
  version integer not null default 0,
  progress double precision not null default 0,
  result bytea,
  error_code text,
  error_message text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  completed_at timestamp with time zone,
  clarification jsonb,
  constraint analysis_requests_pkey PRIMARY KEY (user_id, id),
  constraint analysis_requests_progress_check CHECK (((progress >= (0)::double precision) AND (progress <= (1)::double precision))),
  constraint analysis_requests_prompt_check CHECK (((char_length(prompt) >= 1) AND (char_length(prompt) <= 4000))),
  constraint analysis_requests_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
  constraint analysis_requests_user_id_linked_account_id_fkey FOREIGN KEY (user_id, linked_account_id) REFERENCES linked_accounts(user_id, id) ON DELETE SET NULL (linked_account_id)
);
CREATE INDEX analysis_requests_by_time ON public.analysis_requests USING btree (user_id, created_at DESC, id DESC);
CREATE TRIGGER refuse_illegal_beginning BEFORE INSERT ON public.analysis_requests FOR EACH ROW EXECUTE FUNCTION app.refuse_illegal_move('pending');
CREATE TRIGGER refuse_illegal_move BEFORE UPDATE ON public.analysis_requests FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION app.refuse_illegal_move();
alter table public.analysis_requests enable row level security;
alter table public.analysis_requests force row level security;
create policy tenant on public.analysis_requests as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.analysis_requests to alatar_runtime;

create table public.audit_log (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  event text not null,
  subject text not null,
  detail jsonb not null,
  created_at timestamp with time zone not null,
  constraint audit_log_pkey PRIMARY KEY (user_id, id),
  constraint audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX audit_log_by_subject ON public.audit_log USING btree (user_id, subject, created_at DESC, id DESC);
alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;
create policy tenant on public.audit_log as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select on public.audit_log to alatar_runtime;

create table public.cached_shopify_data (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  kind text not null,
  key text not null,
  body jsonb not null,
  fetched_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint cached_shopify_data_pkey PRIMARY KEY (user_id, account_id, kind, key),
  constraint cached_shopify_data_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.cached_shopify_data enable row level security;
alter table public.cached_shopify_data force row level security;
create policy tenant on public.cached_shopify_data as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.cached_shopify_data to alatar_runtime;

create table public.customers (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  country_code text,
  tags text[] not null,
  orders_count bigint not null,
  constraint customers_pkey PRIMARY KEY (user_id, account_id, id),
  constraint customers_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.customers enable row level security;
alter table public.customers force row level security;
create policy tenant on public.customers as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.customers to alatar_runtime;

create table public.idempotency_keys (
  user_id uuid not null default app.tenant(),
  mutation text not null,
  key text not null,
  input_digest bytea not null,
  object_id uuid not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint idempotency_keys_key_check CHECK ((char_length(key) <= 255)),
  constraint idempotency_keys_pkey PRIMARY KEY (user_id, mutation, key),
  constraint idempotency_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
alter table public.idempotency_keys enable row level security;
alter table public.idempotency_keys force row level security;
create policy tenant on public.idempotency_keys as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.idempotency_keys to alatar_runtime;

create table public.linked_accounts (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  provider text not null default 'shopify'::text,
  shop_domain text not null,
  status text not null default 'active'::text,
  scopes text[] not null,
  access_token bytea,
  access_token_key_version integer,
  shop_name text,
  shop_currency text,
  shop_timezone text,
  shop_taxes_included boolean,
  shop_plan text,
  sync_state text not null default 'never'::text,
  sync_progress double precision not null default 0,
  sync_error text,
  orders bigint not null default 0,
  covers_from timestamp with time zone,
  covers_to timestamp with time zone,
  watermark timestamp with time zone,
  synced_at timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint linked_accounts_pkey PRIMARY KEY (user_id, id),
  constraint linked_accounts_provider_check CHECK ((provider = 'shopify'::text)),
  constraint linked_accounts_shop_domain_check CHECK ((char_length(shop_domain) <= 255)),
  constraint linked_accounts_shop_key UNIQUE (user_id, provider, shop_domain),
  constraint linked_accounts_status_check CHECK ((status = ANY (ARRAY['active'::text, 'reconnect_needed'::text, 'uninstalled'::text, 'unlinked'::text]))),
  constraint linked_accounts_sync_progress_check CHECK (((sync_progress >= (0)::double precision) AND (sync_progress <= (1)::double precision))),
  constraint linked_accounts_sync_state_check CHECK ((sync_state = ANY (ARRAY['never'::text, 'loading'::text, 'ready'::text, 'failed'::text]))),
  constraint linked_accounts_user_id_access_token_key_version_fkey FOREIGN KEY (user_id, access_token_key_version) REFERENCES tenant_keys(user_id, version),
  constraint linked_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
alter table public.linked_accounts enable row level security;
alter table public.linked_accounts force row level security;
create policy tenant on public.linked_accounts as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.linked_accounts to alatar_runtime;

create table public.mirror_loads (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  dataset text not null,
  since timestamp with time zone,
  operation_id text,
  url text,
  cursor text,
  rows_done bigint not null default 0,
  started_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint mirror_loads_dataset_check CHECK ((dataset = ANY (ARRAY['orders'::text, 'refunds'::text, 'products'::text, 'customers'::text]))),
  constraint mirror_loads_pkey PRIMARY KEY (user_id, account_id, dataset),
  constraint mirror_loads_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.mirror_loads enable row level security;
alter table public.mirror_loads force row level security;
create policy tenant on public.mirror_loads as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.mirror_loads to alatar_runtime;

create table public.mirror_months (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  month date not null,
  marked bigint not null,
  constraint mirror_months_pkey PRIMARY KEY (user_id, account_id, month),
  constraint mirror_months_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.mirror_months enable row level security;
alter table public.mirror_months force row level security;
create policy tenant on public.mirror_months as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.mirror_months to alatar_runtime;

create table public.order_lines (
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
  constraint order_lines_pkey PRIMARY KEY (user_id, account_id, order_id, id),
  constraint order_lines_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.order_lines enable row level security;
alter table public.order_lines force row level security;
create policy tenant on public.order_lines as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.order_lines to alatar_runtime;

create table public.orders (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  name text not null,
  customer_id bigint,
  created_at timestamp with time zone not null,
  processed_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  cancelled_at timestamp with time zone,
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
  constraint orders_pkey PRIMARY KEY (user_id, account_id, id),
  constraint orders_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
CREATE INDEX orders_by_time ON public.orders USING btree (account_id, processed_at);
alter table public.orders enable row level security;
alter table public.orders force row level security;
create policy tenant on public.orders as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.orders to alatar_runtime;

create table public.outbox (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  queue text not null,
  body text not null,
  available_at timestamp with time zone not null,
  lease_owner uuid,
  leased_until timestamp with time zone,
  receives integer not null default 0,
  last_error text,
  dead_at timestamp with time zone,
  dead_reason text,
  created_at timestamp with time zone not null,
  constraint outbox_body_check CHECK ((octet_length(body) <= 262144)),
  constraint outbox_pkey PRIMARY KEY (user_id, id),
  constraint outbox_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
CREATE INDEX outbox_by_id ON public.outbox USING btree (id);
CREATE INDEX outbox_by_time ON public.outbox USING btree (available_at) WHERE (dead_at IS NULL);
alter table public.outbox enable row level security;
alter table public.outbox force row level security;
create policy system on public.outbox as permissive for all to alatar_system using (true) with check (true);
create policy tenant on public.outbox as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select on public.outbox to alatar_runtime;
grant delete, select, update (available_at, lease_owner, leased_until, receives, last_error, dead_at, dead_reason) on public.outbox to alatar_system;

create table public.products (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  title text not null,
  handle text not null,
  vendor text not null,
  product_type text not null,
  status text not null,
  tags text[] not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint products_pkey PRIMARY KEY (user_id, account_id, id),
  constraint products_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.products enable row level security;
alter table public.products force row level security;
create policy tenant on public.products as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.products to alatar_runtime;

create table public.proposed_actions (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  request_id uuid not null,
  action_type text not null,
  description text not null,
  parameters jsonb not null,
  preview jsonb not null,
  preview_hash bytea not null,
  status text not null default 'proposed'::text,
  outcome text not null default 'none'::text,
  execution_result jsonb,
  error_message text,
  expires_at timestamp with time zone not null,
  approved_at timestamp with time zone,
  executed_at timestamp with time zone,
  undone_at timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  expected_effect jsonb not null default '[]'::jsonb,
  constraint proposed_actions_changes_check CHECK ((jsonb_array_length((preview -> 'rows'::text)) <= 50)) NOT VALID,
  constraint proposed_actions_outcome_check CHECK ((outcome = ANY (ARRAY['none'::text, 'known'::text, 'unknown'::text]))),
  constraint proposed_actions_pkey PRIMARY KEY (user_id, id),
  constraint proposed_actions_type_check CHECK ((action_type = ANY (ARRAY['create_discount_code'::text, 'update_product_price'::text, 'set_inventory'::text, 'tag_customers'::text, 'create_draft_order'::text, 'update_product_content'::text]))) NOT VALID,
  constraint proposed_actions_user_id_request_id_fkey FOREIGN KEY (user_id, request_id) REFERENCES analysis_requests(user_id, id) ON DELETE CASCADE
);
CREATE INDEX proposed_actions_by_request ON public.proposed_actions USING btree (user_id, request_id);
CREATE INDEX proposed_actions_by_time ON public.proposed_actions USING btree (user_id, created_at DESC, id DESC);
CREATE TRIGGER refuse_illegal_beginning BEFORE INSERT ON public.proposed_actions FOR EACH ROW EXECUTE FUNCTION app.refuse_illegal_move('proposed');
CREATE TRIGGER refuse_illegal_move BEFORE UPDATE ON public.proposed_actions FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION app.refuse_illegal_move();
alter table public.proposed_actions enable row level security;
alter table public.proposed_actions force row level security;
create policy tenant on public.proposed_actions as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.proposed_actions to alatar_runtime;

create table public.refresh_tokens (
  user_id uuid not null default app.tenant(),
  digest bytea not null,
  session_id uuid not null,
  issued_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint refresh_tokens_digest_check CHECK ((octet_length(digest) = 32)),
  constraint refresh_tokens_pkey PRIMARY KEY (user_id, digest),
  constraint refresh_tokens_user_id_session_id_fkey FOREIGN KEY (user_id, session_id) REFERENCES sessions(user_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_session ON public.refresh_tokens USING btree (user_id, session_id, expires_at);
alter table public.refresh_tokens enable row level security;
alter table public.refresh_tokens force row level security;
create policy system on public.refresh_tokens as permissive for all to alatar_system using (true) with check (true);
create policy tenant on public.refresh_tokens as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.refresh_tokens to alatar_runtime;
grant insert (user_id, digest, session_id, issued_at, expires_at), select (user_id, digest, session_id, expires_at) on public.refresh_tokens to alatar_system;

create table public.refund_lines (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  refund_id bigint not null,
  id bigint not null,
  order_line_id bigint not null,
  quantity integer not null,
  subtotal bigint not null,
  tax bigint not null,
  restock_type text not null,
  constraint refund_lines_pkey PRIMARY KEY (user_id, account_id, refund_id, id),
  constraint refund_lines_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.refund_lines enable row level security;
alter table public.refund_lines force row level security;
create policy tenant on public.refund_lines as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.refund_lines to alatar_runtime;

create table public.refunds (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  id bigint not null,
  order_id bigint not null,
  processed_at timestamp with time zone not null,
  note text,
  total bigint not null,
  shipping bigint not null,
  constraint refunds_pkey PRIMARY KEY (user_id, account_id, id),
  constraint refunds_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
CREATE INDEX refunds_by_order ON public.refunds USING btree (user_id, account_id, order_id);
CREATE INDEX refunds_by_time ON public.refunds USING btree (account_id, processed_at);
alter table public.refunds enable row level security;
alter table public.refunds force row level security;
create policy tenant on public.refunds as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.refunds to alatar_runtime;

create table public.segments (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  dataset text not null,
  month date not null,
  digest bytea not null,
  rows bigint not null,
  bytes bytea not null,
  current boolean not null,
  created_at timestamp with time zone not null,
  constraint segments_dataset_check CHECK ((dataset = ANY (ARRAY['orders'::text, 'lines'::text, 'returns'::text, 'products'::text]))),
  constraint segments_digest_check CHECK ((octet_length(digest) = 32)),
  constraint segments_pkey PRIMARY KEY (user_id, account_id, dataset, month, digest),
  constraint segments_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
CREATE INDEX segments_by_digest ON public.segments USING btree (user_id, digest);
alter table public.segments enable row level security;
alter table public.segments force row level security;
create policy tenant on public.segments as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.segments to alatar_runtime;

create table public.sessions (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  created_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  end_reason text,
  constraint sessions_check CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
  constraint sessions_end_reason_check CHECK ((end_reason = ANY (ARRAY['logged_out'::text, 'password_changed'::text, 'token_reused'::text]))),
  constraint sessions_pkey PRIMARY KEY (user_id, id),
  constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
alter table public.sessions enable row level security;
alter table public.sessions force row level security;
create policy system on public.sessions as permissive for all to alatar_system using (true) with check (true);
create policy tenant on public.sessions as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.sessions to alatar_runtime;
grant delete, insert (user_id, id, created_at), select (user_id, id, created_at) on public.sessions to alatar_system;

create table public.snapshots (
  user_id uuid not null default app.tenant(),
  account_id uuid not null,
  digest bytea not null,
  taken_at timestamp with time zone not null,
  covers_from timestamp with time zone,
  covers_to timestamp with time zone,
  watermark timestamp with time zone,
  synced_at timestamp with time zone,
  orders bigint not null,
  segments jsonb not null,
  constraint snapshots_digest_check CHECK ((octet_length(digest) = 32)),
  constraint snapshots_pkey PRIMARY KEY (user_id, account_id, digest),
  constraint snapshots_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
CREATE INDEX snapshots_by_time ON public.snapshots USING btree (user_id, account_id, taken_at DESC);
alter table public.snapshots enable row level security;
alter table public.snapshots force row level security;
create policy tenant on public.snapshots as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.snapshots to alatar_runtime;

create table public.subscriptions (
  user_id uuid not null default app.tenant(),
  request_id uuid not null,
  id uuid not null,
  socket_id text not null,
  operation_id text not null,
  document text not null,
  operation_name text,
  variables jsonb not null,
  sent_version integer not null,
  sender uuid,
  sender_until timestamp with time zone,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null,
  constraint subscriptions_pkey PRIMARY KEY (user_id, request_id, id),
  constraint subscriptions_user_id_request_id_fkey FOREIGN KEY (user_id, request_id) REFERENCES analysis_requests(user_id, id) ON DELETE CASCADE
);
CREATE INDEX subscriptions_by_sender ON public.subscriptions USING btree (sender_until) WHERE (sender IS NOT NULL);
CREATE INDEX subscriptions_by_socket ON public.subscriptions USING btree (socket_id);
alter table public.subscriptions enable row level security;
alter table public.subscriptions force row level security;
create policy system on public.subscriptions as permissive for all to alatar_system using (true) with check (true);
create policy tenant on public.subscriptions as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.subscriptions to alatar_runtime;
grant delete, select (request_id, socket_id, sender, sender_until) on public.subscriptions to alatar_system;

create table public.tenant_keys (
  user_id uuid not null default app.tenant(),
  version integer not null,
  wrapped_key bytea not null,
  created_at timestamp with time zone not null,
  constraint tenant_keys_pkey PRIMARY KEY (user_id, version),
  constraint tenant_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
alter table public.tenant_keys enable row level security;
alter table public.tenant_keys force row level security;
create policy tenant on public.tenant_keys as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select on public.tenant_keys to alatar_runtime;

create table public.user_preferences (
  user_id uuid not null default app.tenant(),
  preferred_llm text,
  notifications_enabled boolean not null default true,
  budget_cents_per_analysis integer not null default 25,
  updated_at timestamp with time zone not null,
  constraint user_preferences_budget_cents_per_analysis_check CHECK ((budget_cents_per_analysis >= 0)),
  constraint user_preferences_pkey PRIMARY KEY (user_id),
  constraint user_preferences_preferred_llm_check CHECK ((char_length(preferred_llm) <= 100)),
  constraint user_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);
alter table public.user_preferences enable row level security;
alter table public.user_preferences force row level security;
create policy tenant on public.user_preferences as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant insert, select, update on public.user_preferences to alatar_runtime;

create table public.users (
  id uuid not null,
  email text not null,
  password_hash text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint users_email_check CHECK ((octet_length(email) <= 254)),
  constraint users_email_key UNIQUE (email),
  constraint users_pkey PRIMARY KEY (id)
);
alter table public.users enable row level security;
alter table public.users force row level security;
create policy system on public.users as permissive for all to alatar_system using (true) with check (true);
create policy tenant on public.users as permissive for all to alatar_runtime using ((id = ( SELECT app.tenant() AS tenant))) with check ((id = ( SELECT app.tenant() AS tenant)));
grant delete, select (id, email, created_at, updated_at), update (password_hash, updated_at) on public.users to alatar_runtime;
grant insert (id, email, password_hash, created_at, updated_at), select (id, email, password_hash, created_at), update (updated_at) on public.users to alatar_system;

create table public.variants (
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
  constraint variants_pkey PRIMARY KEY (user_id, account_id, id),
  constraint variants_user_id_account_id_fkey FOREIGN KEY (user_id, account_id) REFERENCES linked_accounts(user_id, id) ON DELETE CASCADE
);
alter table public.variants enable row level security;
alter table public.variants force row level security;
create policy tenant on public.variants as permissive for all to alatar_runtime using ((user_id = ( SELECT app.tenant() AS tenant))) with check ((user_id = ( SELECT app.tenant() AS tenant)));
grant delete, insert, select, update on public.variants to alatar_runtime;
