select n.nspname as schema,
       t.relname as name,
       t.relkind as relkind,
       s.bytes / pg_catalog.current_setting('block_size')::integer as pages,
       s.estimate,
       k.columns,
       k.types
  from pg_catalog.pg_class as t
  join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
  -- A partitioned table has the pages and the rows of its partitions.
  cross join lateral (
       select pg_catalog.sum(pg_catalog.pg_relation_size(l.oid)) as bytes,
              pg_catalog.sum(l.reltuples)::float8 as estimate
         from pg_catalog.pg_class as l
        where l.oid = t.oid and t.relkind <> 'p'
           or t.relkind = 'p'
          and l.oid in (select p.relid from pg_catalog.pg_partition_tree(t.oid) as p where p.isleaf)
       ) as s
  left join lateral (
       select pg_catalog.array_agg(a.attname::text order by x.position) as columns,
              pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by x.position) as types
         from pg_catalog.pg_index as i
        cross join lateral pg_catalog.unnest(i.indkey::smallint[]) with ordinality as x (attnum, position)
         join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = x.attnum
        where i.indrelid = t.oid
          and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
          and x.position <= i.indnkeyatts
        group by i.indexrelid, i.indisprimary
       having pg_catalog.bool_and(a.attnotnull)
        order by i.indisprimary desc, pg_catalog.count(*), i.indexrelid
        limit 1
       ) as k on true
 where t.oid = pg_catalog.to_regclass($1)
