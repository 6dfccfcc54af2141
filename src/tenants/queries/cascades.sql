select c.conname as constraint,
       cn.nspname as "childSchema",
       cc.relname as "childName",
       parent.name as parent,
       array(select a.attname::text
               from pg_catalog.unnest(c.conkey) with ordinality as k (attnum, position)
               join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
              order by k.position) as "childColumns",
       array(select a.attname::text
               from pg_catalog.unnest(c.confkey) with ordinality as k (attnum, position)
               join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.attnum
              order by k.position) as "parentColumns"
  from pg_catalog.unnest($1::text[]) as parent (name)
  join pg_catalog.pg_constraint as c on c.confrelid = pg_catalog.to_regclass(parent.name)
  join pg_catalog.pg_class as cc on cc.oid = c.conrelid
  join pg_catalog.pg_namespace as cn on cn.oid = cc.relnamespace
 where c.contype = 'f'
   and c.confdeltype in ('c', 'n', 'd')
   and c.conparentid = 0
 order by 1, 2, 3
