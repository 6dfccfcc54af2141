with recursive wanted (oid, name) as (
       select r.oid, r.name
         from (select pg_catalog.to_regclass(n.name)::oid as oid, n.name
                 from pg_catalog.unnest($1::text[]) as n (name)) as r
        where r.oid is not null
       union
       select h.inhrelid, w.name
         from pg_catalog.pg_inherits as h
         join wanted as w on w.oid = h.inhparent
     ),
     held (pid, transaction, locks) as (
       select l.pid,
              l.virtualtransaction,
              pg_catalog.json_agg(
                distinct pg_catalog.jsonb_build_object('relation', w.name, 'mode', pg_catalog.replace(l.mode, 'Lock', '')))
         from pg_catalog.pg_locks as l
         join wanted as w on w.oid = l.relation
        where l.locktype = 'relation'
          and l.granted
          and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
        group by l.pid, l.virtualtransaction
     ),
     found as (
       select a.pid,
              null::text as prepared,
              a.usename::text as "user",
              a.application_name as "applicationName",
              a.state,
              a.xact_start as began,
              a.backend_xmin is not null as snapshot,
              pg_catalog.left(a.query, 200) as query,
              a.query = '<insufficient privilege>' as hidden,
              a.backend_type is not distinct from 'autovacuum worker' and a.query not like '%to prevent wraparound%' as gives_way,
              coalesce(h.locks, '[]') as locks
         from pg_catalog.pg_stat_activity as a
         left join held as h on h.pid = a.pid
        where a.datname = pg_catalog.current_database()
          and a.pid <> pg_catalog.pg_backend_pid()
          and (a.xact_start is not null or a.query = '<insufficient privilege>')
       union all
       select null,
              p.gid,
              p.owner::text,
              null,
              'prepared',
              p.prepared,
              false,
              null,
              false,
              false,
              coalesce(h.locks, '[]')
         from pg_catalog.pg_prepared_xacts as p
         -- How the number of a transaction without a session is made up differs by version; each holds its own identifier.
         left join pg_catalog.pg_locks as own
                on own.locktype = 'transactionid' and own.transactionid = p.transaction and own.pid is null
         left join held as h on h.pid is null and h.transaction = own.virtualtransaction
        where p.database = pg_catalog.current_database()
     )
select f.pid,
       f.prepared,
       f."user",
       f."applicationName",
       f.state,
       pg_catalog.to_char(f.began at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       (extract(epoch from pg_catalog.clock_timestamp() - f.began) * 1000)::float8 as "ageMs",
       f.snapshot,
       f.query,
       f.hidden,
       f.gives_way as "givesWay",
       f.locks
  from found as f
 order by f.began, f.pid
