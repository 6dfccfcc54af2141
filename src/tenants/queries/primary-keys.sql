select w.name,
       pg_catalog.array_agg(a.attname::text order by k.position) as columns
  from pg_catalog.unnest($1::text[]) as w (name)
  join pg_catalog.pg_index as i on i.indrelid = pg_catalog.to_regclass(w.name)
 cross join lateral pg_catalog.unnest(i.indkey::smallint[]) with ordinality as k (attnum, position)
  join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
 where i.indisprimary
 group by w.name
