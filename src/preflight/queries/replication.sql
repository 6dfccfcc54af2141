select (select pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')) as visible,
       coalesce((
         select pg_catalog.jsonb_agg(
                  pg_catalog.jsonb_build_object(
                    'name', s.slot_name,
                    'type', s.slot_type,
                    'active', s.active,
                    'keeps', case when not pg_catalog.pg_is_in_recovery()
                                  then pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.restart_lsn) end,
                    'oldRows', greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin)))
                  order by s.slot_name)
           from pg_catalog.pg_replication_slots as s
          where not s.temporary
       ), '[]') as slots,
       coalesce((
         select pg_catalog.jsonb_agg(
                  pg_catalog.jsonb_build_object(
                    'name', r.application_name,
                    'state', r.state,
                    'synchronous', coalesce(r.sync_state in ('sync', 'quorum'), false),
                    'lag', case when not pg_catalog.pg_is_in_recovery()
                                then pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn) end,
                    'oldRows', pg_catalog.age(r.backend_xmin))
                  order by r.application_name, r.pid)
           from pg_catalog.pg_stat_replication as r
       ), '[]') as replicas
