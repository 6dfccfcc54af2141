select
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as "serverVersionNum",
  d.datname::pg_catalog.text as database,
  pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text as datdba,
  coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))::pg_catalog.text[] as datacl,
  exists (select from pg_catalog.pg_largeobject_metadata) as "hasLargeObjects"
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
