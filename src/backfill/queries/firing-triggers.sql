select g.tgname as name
  from pg_catalog.pg_trigger as g
 where g.tgrelid = pg_catalog.to_regclass($1)
   and not g.tgisinternal
   and g.tgenabled in ('O', 'A')
   and (g.tgtype & 16) <> 0
   and (
        pg_catalog.array_length(g.tgattr::smallint[], 1) is null
        or exists (
           select
             from pg_catalog.pg_attribute as a
            where a.attrelid = g.tgrelid
              and a.attnum = any (g.tgattr::smallint[])
              and a.attname::text = any ($2::text[])
        )
       )
   and pg_catalog.pg_get_triggerdef(g.oid) not like '%rowhouse.backfill%'
 order by g.tgname
