select a.attname::text as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type
  from pg_catalog.pg_attribute as a
 where a.attrelid = pg_catalog.to_regclass($1)
   and a.attname = any ($2::text[])
   and a.attnum > 0
   and not a.attisdropped
