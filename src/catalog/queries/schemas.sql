select
  n.nspname::pg_catalog.text as nspname,
  pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text as nspowner,
  coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))::pg_catalog.text[] as nspacl
from pg_catalog.pg_namespace n
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
order by n.nspname
