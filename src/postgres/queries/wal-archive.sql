select pg_catalog.current_setting('archive_mode') <> 'off' as "on",
       coalesce(a.last_failed_time > a.last_archived_time, a.last_failed_time is not null) as fails,
       a.last_archived_wal as archived,
       a.last_failed_wal as failed,
       case when not pg_catalog.pg_is_in_recovery()
            then pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()) end as "current",
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size'))::float8 as "segmentBytes"
  from pg_catalog.pg_stat_archiver as a
