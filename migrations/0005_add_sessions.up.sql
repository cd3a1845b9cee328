-- Sessions and the refresh tokens that keep them alive, and what is counted against those who guess.

create function app.session_ended() returns integer
language plpgsql volatile
as $$
begin
  raise exception 'the session has ended' using errcode = 'AL003';
end
$$;
revoke execute on function app.session_ended() from public;
grant execute on function app.session_ended() to alatar_runtime;

-- Looked up by its key in front of every request. A row that is not there is a session that has ended.
create table sessions (
  user_id uuid not null default app.tenant() references users (id) on delete cascade,
  id uuid not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  end_reason text check (end_reason in ('logged_out', 'password_changed', 'token_reused')),
  primary key (user_id, id),
  check ((ended_at is null) = (end_reason is null))
);
alter table sessions enable row level security;
alter table sessions force row level security;
create policy tenant on sessions to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
create policy system on sessions to alatar_system using (true) with check (true);
grant select, insert, update, delete on sessions to alatar_runtime;
grant select (user_id, id, created_at), insert (user_id, id, created_at), delete on sessions to alatar_system;

-- Each is used once and leads to the next of its session. Only the digest is kept.
create table refresh_tokens (
  user_id uuid not null default app.tenant(),
  digest bytea not null check (octet_length(digest) = 32),
  session_id uuid not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (user_id, digest),
  foreign key (user_id, session_id) references sessions (user_id, id) on delete cascade
);
create index refresh_tokens_by_session on refresh_tokens (user_id, session_id, expires_at);
alter table refresh_tokens enable row level security;
alter table refresh_tokens force row level security;
create policy tenant on refresh_tokens to alatar_runtime
  using (user_id = (select app.tenant())) with check (user_id = (select app.tenant()));
create policy system on refresh_tokens to alatar_system using (true) with check (true);
grant select, insert, update, delete on refresh_tokens to alatar_runtime;
grant select (user_id, digest, session_id, expires_at), insert (user_id, digest, session_id, issued_at, expires_at)
  on refresh_tokens to alatar_system;

-- Log-in locks the user while it opens a session, which takes the right to update something.
grant update (updated_at) on users to alatar_system;
-- A user changes their own password and removes themselves.
grant update (password_hash, updated_at), delete on users to alatar_runtime;

-- How often somebody tried lately. No tenant's: an address that tries belongs to nobody yet, and an e-mail address may
-- be nobody's. Subjects are keyed digests, so that nothing can be read out of them.
create table app.attempts (
  kind text not null,
  subject bytea not null check (octet_length(subject) = 32),
  -- Oldest first; what has left the window goes with the next attempt.
  times timestamptz[] not null,
  -- Set where the latest attempt was refused: from then on there is room again.
  again_at timestamptz,
  -- Nothing counts any more.
  forget_at timestamptz not null,
  primary key (kind, subject)
);
create index attempts_by_end on app.attempts (forget_at);
grant select, insert, update, delete on app.attempts to alatar_system;
