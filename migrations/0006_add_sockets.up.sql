-- WebSockets, what their clients wait for, and what each change of a request was.

-- A socket is nobody's until its client has shown a token, so these are no tenant's.
create table app.sockets (
  id text not null primary key check (char_length(id) between 1 and 128),
  -- The process that holds the connection; null where API Gateway does.
  instance uuid,
  user_id uuid,
  session_id uuid,
  -- The protocol's state, where no process keeps it.
  state jsonb,
  connected_at timestamptz not null,
  -- When it is closed: nobody had shown a token, or the token has ended.
  expires_at timestamptz not null,
  -- When anything last went either way: an idle connection is cut.
  touched_at timestamptz not null
);
create index sockets_by_user on app.sockets (user_id) where user_id is not null;
create index sockets_by_session on app.sockets (session_id) where session_id is not null;
create index sockets_by_end on app.sockets (expires_at);
create index sockets_by_touch on app.sockets (touched_at);
grant select, insert, update, delete on app.sockets to alatar_system;

-- Who is told of a request's changes. Publishing one looks here, by the key.
create table subscriptions (
  user_id uuid not null default app.tenant(),
  request_id uuid not null,
  id uuid not null,
  socket_id text not null,
  -- The client's name for it, unique on its socket.
  operation_id text not null,
  document text not null,
  operation_name text,
  variables jsonb not null,
  -- The last version of the request that was sent.
  sent_version integer not null,
  -- Who is sending now, and until when nobody else does: so versions go out in order.
  sender uuid,
  sender_until timestamptz,
  -- When the token ends that it was asked for with: after that nothing is sent.
  expires_at timestamptz not null,
  created_at timestamptz not null,
  primary key (user_id, request_id, id),
  foreign key (user_id, request_id) references analysis_requests (user_id, id) on delete cascade
);
create index subscriptions_by_socket on subscriptions (socket_id);
create index subscriptions_by_sender on subscriptions (sender_until) where sender is not null;
alter table subscriptions enable row level security;
alter table subscriptions force row level security;
create policy tenant on subscriptions to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
create policy system on subscriptions to alatar_system using (true) with check (true);
grant select, insert, update, delete on subscriptions to alatar_runtime;
grant select (request_id, socket_id, sender, sender_until), delete on subscriptions to alatar_system;

-- What a version made of the request, on its first event: who watches sees each one, however late it is told.
alter table analysis_events
  add column status text,
  add column progress double precision check (progress between 0 and 1);
