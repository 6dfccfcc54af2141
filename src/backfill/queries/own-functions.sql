select distinct p.proname::text as name
  from pg_catalog.pg_proc as p
 where p.proname::text = any ($1::text[])
   and p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
 order by name
