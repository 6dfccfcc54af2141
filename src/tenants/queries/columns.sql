select w.name,
       pg_catalog.array_agg(a.attname::text order by a.attnum) as columns
  from pg_catalog.unnest($1::text[]) as w (name)
  join pg_catalog.pg_attribute as a on a.attrelid = pg_catalog.to_regclass(w.name)
 where a.attnum > 0
   and not a.attisdropped
   and a.attgenerated = ''
 group by w.name
