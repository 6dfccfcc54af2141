-- The trigger hands the name of its sequence to its function: the arguments end with a zero byte each.
select w.name,
       coalesce(pg_catalog.pg_sequence_last_value(s.sequence), 0) as writes
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
