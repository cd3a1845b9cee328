-- tenancy.faults: one line for everything in the catalogue that would let tenants see or touch each other.
with tables as (
  select c.oid, c.relname as name, c.relrowsecurity, c.relforcerowsecurity, c.relowner
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
), roles as (
  select oid, rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication from pg_roles
  where rolname in ('alatar_runtime', 'alatar_system')
), tenant_column as (
  select oid, name, case when name = 'users' then 'id' else 'user_id' end as tenant from tables
), expected_policies as (
  select t.oid, 'tenant' as polname, 'alatar_runtime' as role,
    format('(%s = ( SELECT app.tenant() AS tenant))', t.tenant) as expression from tenant_column t
  union all
  select t.oid, 'system', 'alatar_system', 'true' from tables t where t.name in ('users', 'outbox', 'subscriptions', 'sessions', 'refresh_tokens')
), found_policies as (
  select p.polrelid as oid, p.polname::text, array_to_string(p.polroles::regrole[], ',') as role,
    p.polpermissive and p.polcmd = '*' as whole, pg_get_expr(p.polqual, p.polrelid) as used,
    pg_get_expr(p.polwithcheck, p.polrelid) as checked
  from pg_policy p
), keys as (
  select i.indrelid as oid, i.indexrelid::regclass::text as name,
    (select attname from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0]) as first
  from pg_index i where i.indisunique
), foreign_keys as (
  select k.conrelid as oid, k.conname as name, k.confrelid as target,
    (select attname from pg_attribute where attrelid = k.conrelid and attnum = k.conkey[1]) as first,
    (select attname from pg_attribute where attrelid = k.confrelid and attnum = k.confkey[1]) as first_there
  from pg_constraint k where k.contype = 'f'
)
select name || ': row security is off' as fault from tables where not relrowsecurity
union all
select name || ': row security is not forced' from tables where not relforcerowsecurity
union all
select t.name || ': policy ' || e.polname || ' is missing' from expected_policies e join tables t using (oid)
where not exists (select from found_policies f where f.oid = e.oid and f.polname = e.polname)
union all
select t.name || ': policy ' || f.polname || ' is not what it must be' from found_policies f join tables t using (oid)
where not exists (
  select from expected_policies e where e.oid = f.oid and e.polname = f.polname and e.role = f.role and f.whole
    and e.expression = f.used and e.expression = f.checked)
union all
select t.name || ': ' || t.tenant || ' is not a column as it must be' from tenant_column t
where not exists (
  select from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = t.oid and a.attname = t.tenant and a.atttypid = 'uuid'::regtype and a.attnotnull
    and pg_get_expr(d.adbin, d.adrelid) is not distinct from case when t.name <> 'users' then 'app.tenant()' end)
union all
select t.name || ': no primary key' from tables t
where not exists (select from pg_constraint k where k.conrelid = t.oid and k.contype = 'p')
union all
select t.name || ': ' || k.name || ' does not begin with the tenant' from keys k join tenant_column t using (oid)
where k.first is distinct from t.tenant and k.name <> 'users_email_key'
union all
select t.name || ': ' || f.name || ' does not begin with the tenant' from foreign_keys f
join tenant_column t using (oid) join tenant_column there on there.oid = f.target
where f.first <> t.tenant or f.first_there <> there.tenant
union all
select t.name || ': hangs on no user' from tables t
where t.name <> 'users' and not exists (select from foreign_keys f where f.oid = t.oid)
union all
select t.name || ': status moves unwatched' from tables t
join pg_attribute a on a.attrelid = t.oid and a.attname = 'status'
where exists (select from app.legal_moves m where m.noun = t.name) and (
  select count(*) from pg_trigger g where g.tgrelid = t.oid and g.tgenabled = 'O'
    and g.tgname in ('refuse_illegal_beginning', 'refuse_illegal_move')
    and g.tgfoid = 'app.refuse_illegal_move'::regproc) <> 2
union all
select t.name || ': owned by ' || r.rolname from tables t join roles r on r.oid = t.relowner
union all
select 'role ' || rolname || ' is too mighty' from roles
where rolsuper or rolbypassrls or rolcreatedb or rolcreaterole or rolreplication
union all
select 'role ' || r.rolname || ' is a member of ' || m.roleid::regrole from roles r join pg_auth_members m on m.member = r.oid
union all
select 'role ' || r.rolname || ' owns something' from roles r
where exists (select from pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o'
  and d.dbid = (select oid from pg_database where datname = current_database()))
union all
select 'role ' || r.rolname || ' may create in ' || n.nspname from roles r, pg_namespace n
where has_schema_privilege(r.oid, n.oid, 'CREATE')
union all
select 'role ' || r.rolname || ' may create schemas' from roles r
where has_database_privilege(r.oid, current_database(), 'CREATE')
union all
select 'role ' || r.rolname || ' may create temporary tables' from roles r
where has_database_privilege(r.oid, current_database(), 'TEMPORARY')
union all
select 'role ' || r.rolname || ' may write ' || c.oid::regclass from roles r, pg_class c
where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'v', 'm', 'S')
  -- What the system role keeps there belongs to no tenant; what exactly it may do is among the grants.
  and not (r.rolname = 'alatar_system' and c.relname in ('sockets', 'attempts'))
  and (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
    or has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE, REFERENCES'))
union all
select 'view ' || c.oid::regclass || ' looks with its owner''s eyes' from pg_class c
where c.relkind = 'v' and c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)
  and not coalesce(c.reloptions @> array['security_invoker=true'], false)
union all
select c.oid::regclass || ' keeps rows or numbers of all tenants' from pg_class c
where c.relkind in ('m', 'S', 'f') and c.relnamespace in ('public'::regnamespace, 'app'::regnamespace)
union all
select 'function ' || p.oid::regprocedure || ' runs as its owner or vouches for itself' from pg_proc p
where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace) and (p.prosecdef or p.proleakproof)
union all
select 'function ' || p.oid::regprocedure || ' may be called by everyone' from pg_proc p
where p.pronamespace in ('public'::regnamespace, 'app'::regnamespace)
  and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0)
order by 1
