-- The trigger hands the name of its sequence to its function: the arguments end with a zero byte each.
-- It fires on the table that a statement names, so a partition made since then has none.
select w.name,
       coalesce(pg_catalog.pg_sequence_last_value(s.sequence), 0) as writes,
       (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname)
                                            order by n.nspname, c.relname), '[]')
          from pg_catalog.pg_partition_tree(t.tgrelid) as p
          join pg_catalog.pg_class as c on c.oid = p.relid
          join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
         where not exists (
                 select from pg_catalog.pg_trigger as o where o.tgrelid = c.oid and o.tgname = t.tgname
               )) as uncounted
  from pg_catalog.unnest($1::text[]) as w (name)
  join pg_catalog.pg_trigger as t on t.tgrelid = pg_catalog.to_regclass(w.name)
 cross join lateral (
         select pg_catalog.to_regclass(
                  pg_catalog.convert_from(
                    pg_catalog.substring(t.tgargs, 1, pg_catalog.length(t.tgargs) - 1),
                    pg_catalog.getdatabaseencoding()
                  )
                ) as sequence
       ) as s
 where t.tgname = 'zz_count_contextless'
   and not t.tgisinternal
   and s.sequence is not null
