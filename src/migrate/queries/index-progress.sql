select c.relname as index,
       p.phase,
       -- The counts of a phase stay through the one that waits after it.
       case
         when p.phase like 'waiting%' then null
         when p.blocks_total > 0 then p.blocks_done::double precision / p.blocks_total
         when p.tuples_total > 0 then p.tuples_done::double precision / p.tuples_total
       end as fraction,
       nullif(p.current_locker_pid, 0)::integer as "waitsFor"
  from pg_catalog.pg_stat_progress_create_index as p
  left join pg_catalog.pg_class as c on c.oid = p.index_relid
 where p.pid = $1
