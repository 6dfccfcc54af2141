select
  c.oid,
  n.nspname::pg_catalog.text as nspname,
  c.relname::pg_catalog.text as relname,
  pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text as relowner,
  -- Owned by the column that it feeds: a serial's (a) or an identity's (i).
  d.refobjid as "ownedByRelation",
  a.attname::pg_catalog.text as "ownedByColumn",
  coalesce(c.relacl, pg_catalog.acldefault('s', c.relowner))::pg_catalog.text[] as relacl
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_depend d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  and d.objid = c.oid
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  and d.refobjsubid > 0
  and d.deptype in ('a', 'i')
left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where c.relkind = 'S' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
order by n.nspname, c.relname
