select w.name,
       c.oid::text as oid,
       coalesce(c.relkind in ('r', 'p') and not c.relispartition, false) as table
  from pg_catalog.unnest($1::text[]) as w (name)
  left join pg_catalog.pg_class as c on c.oid = pg_catalog.to_regclass(w.name)
 order by w.name
