select
  e.extname::pg_catalog.text as extname,
  e.extversion,
  n.nspname::pg_catalog.text as nspname
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
order by e.extname
