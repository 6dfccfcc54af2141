select
  n.nspname::pg_catalog.text as nspname,
  t.typname::pg_catalog.text as typname,
  t.typtype::pg_catalog.text as typtype,
  case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end as basetype,
  t.typnotnull,
  array(
    select l.enumlabel::pg_catalog.text
    from pg_catalog.pg_enum l
    where l.enumtypid = t.oid
    order by l.enumsortorder
  ) as labels,
  array(
    select pg_catalog.pg_get_constraintdef(k.oid)
    from pg_catalog.pg_constraint k
    where k.contypid = t.oid and k.contype = 'c'
    order by k.conname
  ) as checks
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where
  t.typtype in ('d', 'e')
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and e.objid = t.oid and e.deptype = 'e'
  )
order by n.nspname, t.typname
