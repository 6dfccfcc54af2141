-- How it counts, and whose it is; not how far it has come.
select
  pg_catalog.format('sequence options %I.%I', n.nspname, c.relname) as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format(
      'as %s start %s increment %s minimum %s maximum %s cache %s%s',
      pg_catalog.format_type(q.seqtypid, null),
      q.seqstart,
      q.seqincrement,
      q.seqmin,
      q.seqmax,
      q.seqcache,
      case when q.seqcycle then ' cycle' end
    ),
    (
      select pg_catalog.format('owned by %s.%I', a.attrelid::pg_catalog.regclass, a.attname)
      from pg_catalog.pg_depend d
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where
        d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.objid = c.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and d.deptype in ('a', 'i')
    )
  ) as definition
from pg_catalog.pg_sequence q
join pg_catalog.pg_class c on c.oid = q.seqrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
