select a.attrelid,
       a.attname::text as attname,
       a.atttypid
  from pg_catalog.pg_attribute as a
 where a.attrelid = any ($1::oid[])
   and a.attnum > 0
   and not a.attisdropped
 order by a.attrelid, a.attnum
