select
  pg_catalog.format('schema %I', n.nspname) as object,
  pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(n.nspowner)) as definition
from pg_catalog.pg_namespace n
where
  n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
      and e.objid = n.oid
      and e.deptype = 'e'
  )
