-- What every table stands on: who the tenant is, and which moves a status may make.
-- The roles alatar_runtime and alatar_system belong to the whole server and are made before any migration.

revoke create on schema public from public;
grant usage on schema public to alatar_runtime, alatar_system;
grant usage on schema app to alatar_runtime, alatar_system;
grant select on app.migrations to alatar_runtime, alatar_system;

create function app.no_tenant() returns uuid
language plpgsql stable parallel safe
as $$
begin
  raise exception 'no tenant is set in this transaction' using errcode = 'AL000';
end
$$;

-- After a commit the setting is the empty string, not null. SQL, so that the planner unfolds it into column defaults.
create function app.tenant() returns uuid
language sql stable parallel safe
return coalesce(nullif(current_setting('app.current_user_id', true), '')::uuid, app.no_tenant());

-- Called where a row was to be as it had been read, and is not.
create function app.conflict() returns integer
language plpgsql volatile
as $$
begin
  raise exception 'the row was changed meanwhile' using errcode = 'AL001';
end
$$;

-- Exactly what domain::status allows; a test compares the two cell by cell.
create table app.legal_moves (
  noun text not null,
  from_status text not null,
  move text not null,
  to_status text not null,
  primary key (noun, from_status, move)
);

insert into app.legal_moves (noun, from_status, move, to_status) values
  ('analysis_requests', 'pending', 'begin', 'processing'),
  ('analysis_requests', 'pending', 'fail', 'failed'),
  ('analysis_requests', 'pending', 'cancel', 'cancelled'),
  ('analysis_requests', 'processing', 'ask', 'awaiting_clarification'),
  ('analysis_requests', 'processing', 'complete', 'completed'),
  ('analysis_requests', 'processing', 'fail', 'failed'),
  ('analysis_requests', 'processing', 'cancel', 'cancelled'),
  ('analysis_requests', 'awaiting_clarification', 'resume', 'processing'),
  ('analysis_requests', 'awaiting_clarification', 'fail', 'failed'),
  ('analysis_requests', 'awaiting_clarification', 'cancel', 'cancelled'),
  ('agent_tasks', 'pending', 'start', 'running'),
  ('agent_tasks', 'pending', 'fail', 'failed'),
  ('agent_tasks', 'pending', 'cancel', 'cancelled'),
  ('agent_tasks', 'running', 'complete', 'completed'),
  ('agent_tasks', 'running', 'retry', 'retrying'),
  ('agent_tasks', 'running', 'fail', 'failed'),
  ('agent_tasks', 'running', 'cancel', 'cancelled'),
  ('agent_tasks', 'retrying', 'start', 'running'),
  ('agent_tasks', 'retrying', 'fail', 'failed'),
  ('agent_tasks', 'retrying', 'cancel', 'cancelled'),
  ('proposed_actions', 'proposed', 'approve', 'approved'),
  ('proposed_actions', 'proposed', 'reject', 'rejected'),
  ('proposed_actions', 'proposed', 'expire', 'expired'),
  ('proposed_actions', 'approved', 'expire', 'expired'),
  ('proposed_actions', 'approved', 'claim', 'executing'),
  ('proposed_actions', 'approved', 'fail', 'failed'),
  ('proposed_actions', 'executing', 'succeed', 'executed'),
  ('proposed_actions', 'executing', 'fail', 'failed'),
  ('proposed_actions', 'executed', 'undo', 'undoing'),
  ('proposed_actions', 'undoing', 'undone', 'undone'),
  ('proposed_actions', 'undoing', 'keep', 'executed');

create function app.refuse_illegal_move() returns trigger
language plpgsql
as $$
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
$$;

revoke execute on all functions in schema app from public;
grant execute on function app.tenant(), app.no_tenant(), app.conflict(), app.refuse_illegal_move() to alatar_runtime;
grant select on app.legal_moves to alatar_runtime;
