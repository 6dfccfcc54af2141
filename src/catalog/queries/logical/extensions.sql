select
  pg_catalog.format('extension %I', x.extname) as object,
  pg_catalog.format('version %s schema %I', x.extversion, n.nspname) as definition
from pg_catalog.pg_extension x
join pg_catalog.pg_namespace n on n.oid = x.extnamespace
