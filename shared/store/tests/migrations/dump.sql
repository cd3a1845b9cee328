-- schema.dump: what lies in the schemas public and app, one text an object, in a fixed order. Written from the
-- catalogue rather than by pg_dump, whose words change with its version. Rights of the owner are left out.
with objects as (
  select c.oid, n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'app') and c.relkind in ('r', 'v', 'm', 'S', 'f', 'p')
), rights as (
  select c.oid, lower(x.privilege_type) as privilege, '' as columns, x.grantee
  from pg_class c, aclexplode(c.relacl) x where x.grantee <> c.relowner
  union all
  select c.oid, lower(x.privilege_type), format(' (%s)', string_agg(quote_ident(a.attname), ', ' order by a.attnum)),
    x.grantee
  from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) x where x.grantee <> c.relowner
  group by 1, 2, 4
), lines as (
  select 0 as part, n.nspname::text as name, format(E'create schema %I;\n', n.nspname) as text
  from pg_namespace n where n.nspname in ('public', 'app')
  union all
  select 1, n.nspname || ' ' || case when x.grantee = 0 then '' else x.grantee::regrole::text end, format(E'grant %s on schema %I to %s;\n',
    string_agg(lower(x.privilege_type), ', ' order by x.privilege_type), n.nspname,
    case when x.grantee = 0 then 'public' else x.grantee::regrole::text end)
  from pg_namespace n, aclexplode(n.nspacl) x
  where n.nspname in ('public', 'app') and x.grantee <> n.nspowner group by n.nspname, x.grantee
  union all
  select 2, p.oid::regprocedure::text, E'\n' || pg_get_functiondef(p.oid) || E';\n' || coalesce((
    select string_agg(format(E'grant execute on function %s to %s;\n', p.oid::regprocedure,
      case when x.grantee = 0 then 'public' else x.grantee::regrole::text end), '' order by x.grantee::regrole::text)
    from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee <> p.proowner), '')
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'app')
  union all
  select 3, o.schema || '.' || o.name, format(E'\ncreate table %I.%I (\n%s\n);\n', o.schema, o.name, (
      select string_agg(line, E',\n' order by place, line) from (
        select a.attnum::int as place, format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
          case when a.attnotnull then ' not null' else '' end,
          coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as line
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
        union all
        select 10000, format('  constraint %I %s', k.conname, pg_get_constraintdef(k.oid))
        from pg_constraint k where k.conrelid = o.oid and k.contype in ('p', 'u', 'f', 'c', 'x')
      ) inside))
    || coalesce((
      select string_agg(pg_get_indexdef(i.indexrelid) || E';\n', '' order by i.indexrelid::regclass::text)
      from pg_index i where i.indrelid = o.oid
        and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))), '')
    || coalesce((
      select string_agg(pg_get_triggerdef(g.oid) || E';\n', '' order by g.tgname)
      from pg_trigger g where g.tgrelid = o.oid and not g.tgisinternal), '')
    || case when c.relrowsecurity then format(E'alter table %I.%I enable row level security;\n', o.schema, o.name) else '' end
    || case when c.relforcerowsecurity then format(E'alter table %I.%I force row level security;\n', o.schema, o.name) else '' end
    || coalesce((
      select string_agg(format(E'create policy %I on %I.%I as %s for %s to %s using (%s) with check (%s);\n', p.polname,
        o.schema, o.name, case when p.polpermissive then 'permissive' else 'restrictive' end,
        case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
        array_to_string(p.polroles::regrole[], ', '), pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid)), '' order by p.polname)
      from pg_policy p where p.polrelid = o.oid), '')
    || coalesce((
      select string_agg(format(E'grant %s on %I.%I to %s;\n', granted, o.schema, o.name, grantee), '' order by grantee)
      from (
        select string_agg(r.privilege || r.columns, ', ' order by r.privilege, r.columns) as granted,
          case when r.grantee = 0 then 'public' else r.grantee::regrole::text end as grantee
        from rights r where r.oid = o.oid group by r.grantee) held), '')
  from objects o join pg_class c on c.oid = o.oid
)
select text from lines order by part, name collate "C"
