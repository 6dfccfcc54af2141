select a.pid,
       a.usename as "user",
       a.application_name as "applicationName",
       a.state,
       pg_catalog.to_char(coalesce(a.xact_start, a.backend_start) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       pg_catalog.left(a.query, 200) as query
  from pg_catalog.pg_stat_activity as a
 where a.pid = any (pg_catalog.pg_blocking_pids($1))
 order by a.xact_start, a.pid
