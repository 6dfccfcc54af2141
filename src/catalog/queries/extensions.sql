select
  e.extname::pg_catalog.text as extname,
  e.extversion,
  n.nspname::pg_catalog.text as nspname,
  array(
    select distinct u.item::pg_catalog.text
    from pg_catalog.pg_depend d
    join pg_catalog.pg_proc p on p.oid = d.objid
    cross join lateral pg_catalog.unnest(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as u (item)
    where
      e.extname = 'dblink'
      and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
      and d.refobjid = e.oid
      and d.deptype = 'e'
      and p.proname in ('dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec')
    order by 1
  ) as connectacl
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
order by e.extname
