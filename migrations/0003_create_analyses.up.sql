-- Questions, their journal, the work they cause, and the messages between those who do it.

create table analysis_requests (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  id uuid not null,
  linked_account_id uuid,
  prompt text not null check (char_length(prompt) between 1 and 4000),
  status text not null default 'pending',
  -- A checkpoint of the journal; it holds references, not results.
  agent_state jsonb,
  -- One more with every turn.
  version integer not null default 0,
  progress double precision not null default 0 check (progress between 0 and 1),
  -- Compressed by us.
  result bytea,
  error_code text,
  error_message text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  completed_at timestamptz,
  primary key (user_id, id),
  foreign key (user_id, linked_account_id) references linked_accounts (user_id, id)
    on delete set null (linked_account_id)
);
alter table analysis_requests alter column result set storage external;
create index analysis_requests_by_time on analysis_requests (user_id, created_at desc, id desc);
create trigger refuse_illegal_beginning before insert on analysis_requests
  for each row execute function app.refuse_illegal_move('pending');
create trigger refuse_illegal_move before update on analysis_requests
  for each row when (old.status is distinct from new.status) execute function app.refuse_illegal_move();
alter table analysis_requests enable row level security;
alter table analysis_requests force row level security;
create policy tenant on analysis_requests to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on analysis_requests to alatar_runtime;

-- The truth about an analysis: past facts, added and never changed.
create table analysis_events (
  user_id uuid not null default app.tenant(),
  request_id uuid not null,
  -- The request's version that this turn made, and the place within the turn.
  version integer not null,
  ordinal integer not null,
  kind text not null,
  body jsonb not null,
  -- On the first event of a turn: a message redelivered finds itself here.
  message_id uuid,
  created_at timestamptz not null,
  primary key (user_id, request_id, version, ordinal),
  constraint analysis_events_message_key unique (user_id, request_id, message_id),
  foreign key (user_id, request_id) references analysis_requests (user_id, id) on delete cascade
);
alter table analysis_events enable row level security;
alter table analysis_events force row level security;
create policy tenant on analysis_events to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert on analysis_events to alatar_runtime;

create table agent_tasks (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  request_id uuid not null,
  department text not null check (department in (
    'data_retrieval', 'quantitative_analysis', 'qualitative_analysis', 'comparative_analysis',
    'predictive_analysis', 'recommendation_generation')),
  description text not null,
  work jsonb not null,
  status text not null default 'pending',
  -- Attempts after the first.
  retry_count integer not null default 0,
  -- Compressed by us.
  result bytea,
  error_message text,
  created_at timestamptz not null,
  started_at timestamptz,
  completed_at timestamptz,
  updated_at timestamptz not null,
  primary key (user_id, id),
  foreign key (user_id, request_id) references analysis_requests (user_id, id) on delete cascade
);
alter table agent_tasks alter column result set storage external;
create index agent_tasks_by_request on agent_tasks (user_id, request_id);
create trigger refuse_illegal_beginning before insert on agent_tasks
  for each row execute function app.refuse_illegal_move('pending');
create trigger refuse_illegal_move before update on agent_tasks
  for each row when (old.status is distinct from new.status) execute function app.refuse_illegal_move();
alter table agent_tasks enable row level security;
alter table agent_tasks force row level security;
create policy tenant on agent_tasks to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on agent_tasks to alatar_runtime;

create table proposed_actions (
  user_id uuid not null default app.tenant(),
  id uuid not null,
  request_id uuid not null,
  action_type text not null,
  description text not null,
  parameters jsonb not null,
  preview jsonb not null,
  preview_hash bytea not null,
  status text not null default 'proposed',
  outcome text not null default 'none' check (outcome in ('none', 'known', 'unknown')),
  execution_result jsonb,
  error_message text,
  expires_at timestamptz not null,
  approved_at timestamptz,
  executed_at timestamptz,
  undone_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (user_id, id),
  foreign key (user_id, request_id) references analysis_requests (user_id, id) on delete cascade
);
create index proposed_actions_by_request on proposed_actions (user_id, request_id);
create trigger refuse_illegal_beginning before insert on proposed_actions
  for each row execute function app.refuse_illegal_move('proposed');
create trigger refuse_illegal_move before update on proposed_actions
  for each row when (old.status is distinct from new.status) execute function app.refuse_illegal_move();
alter table proposed_actions enable row level security;
alter table proposed_actions force row level security;
create policy tenant on proposed_actions to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
grant select, insert, update on proposed_actions to alatar_runtime;

-- Messages written in the transaction that made their reason. Tenants write them; the relay, which serves all
-- tenants, leases and removes them and cannot change what they say.
create table outbox (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  id uuid not null,
  queue text not null,
  body text not null check (octet_length(body) <= 262144),
  available_at timestamptz not null,
  -- Who delivers it, and until when it stays invisible to others.
  lease_owner uuid,
  leased_until timestamptz,
  receives integer not null default 0,
  last_error text,
  dead_at timestamptz,
  dead_reason text,
  created_at timestamptz not null,
  primary key (user_id, id)
);
create index outbox_by_id on outbox (id);
create index outbox_by_time on outbox (available_at) where dead_at is null;
alter table outbox enable row level security;
alter table outbox force row level security;
create policy tenant on outbox to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
create policy system on outbox to alatar_system using (true) with check (true);
grant select, insert on outbox to alatar_runtime;
grant select, delete, update (available_at, lease_owner, leased_until, receives, last_error, dead_at, dead_reason)
  on outbox to alatar_system;
