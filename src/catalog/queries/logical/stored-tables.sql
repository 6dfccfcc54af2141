-- Where rows are stored: a partitioned table's are in its partitions.
select
  n.nspname::pg_catalog.text as schema,
  c.relname::pg_catalog.text as name,
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    order by a.attname
  ) as columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  (c.relkind = 'r' or c.relkind = 'm' and c.relispopulated)
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
order by n.nspname, c.relname
