select a.pid,
       a.usename as "user",
       a.application_name as "applicationName",
       pg_catalog.host(a.client_addr) as "clientAddress",
       pg_catalog.to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       a.state,
       a.query
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_stat_activity as a on a.pid = l.pid
 where l.locktype = 'advisory'
   and l.granted
   and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
   and l.classid = $1::bigint::oid
   and l.objid = $2::bigint::oid
   and l.objsubid = 2
