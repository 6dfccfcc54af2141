select (select pg_catalog.count(*)::integer
          from pg_catalog.pg_stat_activity as a
         where a.wait_event_type = 'Lock'
           and a.pid <> all ($1::integer[])
           and pg_catalog.pg_blocking_pids(a.pid) && $1::integer[]) as waiting,
       (select pg_catalog.count(*)::integer
          from pg_catalog.pg_stat_activity as a
         where a.state = 'active'
           and a.backend_type = 'client backend'
           and a.pid <> pg_catalog.pg_backend_pid()
           and a.pid <> all ($3::integer[])) as active,
       pg_catalog.current_setting('archive_mode') <> 'off' as archives,
       case when not pg_catalog.pg_is_in_recovery() then
         (select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn))::float8
            from pg_catalog.pg_stat_replication as r
           where r.state in ('streaming', 'catchup'))
       end as "replicaLag",
       case when not pg_catalog.pg_is_in_recovery() then
         pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::float8
       end as "walPosition",
       exists (select
                 from pg_catalog.pg_stat_progress_vacuum as v
                where v.relid = pg_catalog.to_regclass($2)
                  and v.pid <> all ($1::integer[])) as vacuuming
