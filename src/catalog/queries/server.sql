select
  pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as "serverVersionNum",
  pg_catalog.current_database()::pg_catalog.text as database
