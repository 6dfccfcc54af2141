select c.oid,
       n.nspname as schema,
       c.relname as name,
       coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)::bigint::float8 as file,
       pg_catalog.array_remove(pg_catalog.array_agg(pg_catalog.replace(l.mode, 'Lock', '')), null) as modes
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_locks as l
         on l.relation = c.oid
        and l.pid = pg_catalog.pg_backend_pid()
        and l.locktype = 'relation'
 where c.relkind in ('r', 'p', 'm', 'v', 'f')
   and n.nspname <> all ('{pg_catalog,pg_toast,information_schema,rowhouse}')
   and n.nspname not like 'pg\_temp\_%'
 group by c.oid, n.nspname, c.relname
 order by n.nspname, c.relname
