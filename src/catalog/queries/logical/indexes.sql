select
  pg_catalog.format('index %I.%I', n.nspname, c.relname) as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.pg_get_indexdef(c.oid),
    'tablespace ' || s.spcname,
    case when not i.indisvalid then 'invalid' end,
    case when i.indisclustered then 'clustered' end,
    case when i.indisreplident then 'replica identity' end,
    (
      select 'partition of ' || h.inhparent::pg_catalog.regclass::pg_catalog.text
      from pg_catalog.pg_inherits h
      where h.inhrelid = c.oid
    )
  ) as definition
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
where
  n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = i.indrelid
      and e.deptype = 'e'
  )
