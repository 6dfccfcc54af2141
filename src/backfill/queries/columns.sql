select a.attname::text as name,
       a.attlen::integer as width
  from pg_catalog.pg_attribute as a
 where a.attrelid = pg_catalog.to_regclass($1)
   and a.attnum > 0
   and not a.attisdropped
 order by a.attnum
