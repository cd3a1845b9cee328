-- tenancy.grants: who but the owner may do what, a line a table and role.
with held as (
  select c.oid::regclass::text as name, x.grantee, lower(x.privilege_type) as privilege, null as columns
  from pg_class c, aclexplode(c.relacl) x
  where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace) and x.grantee <> c.relowner
  union all
  select c.oid::regclass::text, x.grantee, lower(x.privilege_type), string_agg(a.attname, ' ' order by a.attname)
  from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) x
  where c.relnamespace in ('public'::regnamespace, 'app'::regnamespace) and x.grantee <> c.relowner
  group by 1, 2, 3
)
select format('%s %s: %s', name, case when grantee = 0 then 'public' else grantee::regrole::text end,
  string_agg(privilege || coalesce(' (' || columns || ')', ''), ', ' order by privilege, columns)) as line
from held group by name, grantee order by 1
