with recursive wanted (written, oid) as (
       select n.written, pg_catalog.to_regclass(n.written)::oid
         from pg_catalog.unnest($1::text[]) as n (written)
     ),
     tree (root, oid) as (
       select w.oid, w.oid from wanted as w where w.oid is not null
       union
       select t.root, h.inhrelid
         from pg_catalog.pg_inherits as h
         join tree as t on t.oid = h.inhparent
     ),
     -- To ask for the size of what somebody has locked for himself is to wait for him.
     locked (oid) as (
       select l.relation
         from pg_catalog.pg_locks as l
        where l.mode = 'AccessExclusiveLock'
          and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
     ),
     size (root, heap, whole, estimate) as (
       select t.root,
              pg_catalog.sum(case when k.free then pg_catalog.pg_relation_size(c.oid) else c.relpages * b.size end),
              pg_catalog.sum(case when k.free then pg_catalog.pg_total_relation_size(c.oid) else c.relpages * b.size end),
              -- -1 is that of a table that was never analyzed.
              case when pg_catalog.bool_and(c.reltuples >= 0 or c.relkind <> 'r')
                   then pg_catalog.sum(c.reltuples) filter (where c.relkind = 'r') end
         from tree as t
         join pg_catalog.pg_class as c on c.oid = t.oid
        cross join (select pg_catalog.current_setting('block_size')::bigint as size) as b
        cross join lateral (
              select not exists (
                     select from locked as l
                      where l.oid = c.oid
                         or l.oid in (select i.indexrelid from pg_catalog.pg_index as i where i.indrelid = c.oid)) as free
              ) as k
        where c.relkind in ('r', 'p', 'm')
        group by t.root
     )
select w.written,
       c.oid,
       n.nspname as schema,
       c.relname as name,
       o.rolname as owner,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') as ours,
       pg_catalog.has_table_privilege(c.oid, 'UPDATE')
         or pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') as "mayUpdate",
       pg_catalog.row_security_active(c.oid) as bound,
       c.relforcerowsecurity as forced,
       coalesce(s.heap, 0)::float8 as "heapBytes",
       coalesce(s.whole, 0)::float8 as "totalBytes",
       s.estimate::float8 as rows,
       c.reltablespace as tablespace,
       coalesce('autovacuum_enabled=false' = any (c.reloptions) or 'autovacuum_enabled=off' = any (c.reloptions), false)
         as "autovacuumOff",
       array(
         select p.pubname::text
           from pg_catalog.pg_publication as p
          where p.puballtables
             or exists (select from pg_catalog.pg_publication_rel as r where r.prpubid = p.oid and r.prrelid = c.oid)
          order by p.pubname) as publications
  from wanted as w
  join pg_catalog.pg_class as c on c.oid = w.oid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_roles as o on o.oid = c.relowner
  left join size as s on s.root = w.oid
 where c.relkind in ('r', 'p', 'm', 'v', 'f')
 order by w.written
