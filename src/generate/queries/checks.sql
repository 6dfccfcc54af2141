select k.conrelid,
       k.conname::text as name,
       pg_catalog.pg_get_expr(k.conbin, k.conrelid) as sql
  from pg_catalog.pg_constraint as k
 where k.conrelid = any ($1::oid[])
   and k.contype = 'c'
 order by k.conrelid, k.conname
