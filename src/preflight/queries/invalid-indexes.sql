select n.nspname as schema,
       x.relname as name,
       pg_catalog.jsonb_build_object('schema', m.nspname, 'name', t.relname) as "table",
       exists (select from pg_catalog.pg_stat_progress_create_index as p where p.index_relid = i.indexrelid) as building
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as x on x.oid = i.indexrelid
  join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
  join pg_catalog.pg_class as t on t.oid = i.indrelid
  join pg_catalog.pg_namespace as m on m.oid = t.relnamespace
 where not i.indisvalid
   -- That of a partitioned table is invalid until each of its partitions has one.
   and x.relkind = 'i'
 order by n.nspname, x.relname
