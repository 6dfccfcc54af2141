select
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as "serverVersionNum",
  d.datname::pg_catalog.text as database,
  pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text as datdba,
  coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))::pg_catalog.text[] as datacl,
  array(
    select distinct u.item::pg_catalog.text
    from (select distinct l.lomowner, l.lomacl from pg_catalog.pg_largeobject_metadata l) g
    cross join lateral pg_catalog.unnest(coalesce(g.lomacl, pg_catalog.acldefault('L', g.lomowner))) as u (item)
    order by 1
  ) as largeobjectacl
from pg_catalog.pg_database d
where d.datname = pg_catalog.current_database()
