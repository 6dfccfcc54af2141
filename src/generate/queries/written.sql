-- The tables in which the current transaction has stored rows.
select n.nspname::text as schema,
       c.relname::text as name,
       array(select a.attname::text
               from pg_catalog.pg_attribute as a
              where a.attrelid = c.oid
                and a.attnum > 0
                and not a.attisdropped
                and a.attgenerated = ''
              order by a.attnum) as columns,
       c.relhasrules as ruled
  from pg_catalog.pg_stat_xact_user_tables as s
  join pg_catalog.pg_class as c on c.oid = s.relid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 where s.n_tup_ins > 0
   and c.relpersistence <> 't'
 order by n.nspname, c.relname
