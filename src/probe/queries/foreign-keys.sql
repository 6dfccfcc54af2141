-- Those that PostgreSQL made for partitions, on either side, are the parent's: conparentid. NULLs of older majors stand for what they lack.
select
  k.conname::pg_catalog.text as conname,
  k.conrelid,
  k.confrelid,
  k.convalidated,
  c.relkind = 'p' as partitioned,
  r.relkind = 'p' as "parentPartitioned",
  n.nspname::pg_catalog.text as "parentSchema",
  r.relname::pg_catalog.text as "parentName",
  (
    select
      pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object(
          'column', a.attname,
          'parentColumn', f.attname,
          'operator',
          case
            when u.position = pg_catalog.cardinality(k.conkey) and (pg_catalog.to_jsonb(k) ->> 'conperiod')::pg_catalog.bool
              then 'operator(pg_catalog.&&)'
            else pg_catalog.format('operator(%I.%s)', o.nspname, o.oprname)
          end
        )
        order by u.position
      )
    from
      rows from (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop))
        with ordinality as u (attnum, fattnum, operator, position)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum
    join pg_catalog.pg_attribute f on f.attrelid = k.confrelid and f.attnum = u.fattnum
    join (
      select p.oid, p.oprname, s.nspname
      from pg_catalog.pg_operator p
      join pg_catalog.pg_namespace s on s.oid = p.oprnamespace
    ) o on o.oid = u.operator
  ) as pairs
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_class r on r.oid = k.confrelid
join pg_catalog.pg_namespace n on n.oid = r.relnamespace
where k.contype = 'f' and k.conparentid = 0 and k.conrelid = any ($1::pg_catalog.oid[])
order by k.conrelid, k.conname
