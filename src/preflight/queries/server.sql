select pg_catalog.current_setting('server_version') as version,
       pg_catalog.current_setting('server_version_num')::integer as "versionNum",
       pg_catalog.pg_is_in_recovery() as standby,
       current_user::text as "user",
       pg_catalog.current_database()::text as database,
       r.rolsuper as superuser,
       r.rolbypassrls as "bypassesRls",
       (select pg_catalog.jsonb_object_agg(
                 s.name,
                 pg_catalog.jsonb_build_object(
                   -- What our own session has set is not what others begin with.
                   'value', s.reset_val,
                   'bytes', case s.unit when 'B' then 1 when 'kB' then 1024 when '8kB' then 8192 when 'MB' then 1048576 end))
          from pg_catalog.pg_settings as s
         where s.name in ('archive_command', 'archive_library', 'archive_mode', 'autovacuum', 'data_directory',
                          'default_transaction_read_only', 'max_slot_wal_keep_size', 'max_wal_size',
                          'synchronous_commit', 'synchronous_standby_names', 'track_counts', 'wal_segment_size')
       ) as settings,
       pg_catalog.host(pg_catalog.inet_server_addr()) as address,
       c.system_identifier::text as "systemIdentifier"
  from pg_catalog.pg_roles as r
 cross join pg_catalog.pg_control_system() as c
 where r.rolname = current_user
