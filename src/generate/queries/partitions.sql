-- The leaves below partitioned tables, with all that a row must satisfy to get there.
select t.root,
       n.nspname::text as schema,
       c.relname::text as name,
       pg_catalog.pg_get_partition_constraintdef(t.relid) as sql
  from (select r.oid as root, p.relid
          from pg_catalog.unnest($1::oid[]) as r (oid)
         cross join lateral pg_catalog.pg_partition_tree(r.oid) as p
         where p.isleaf and p.relid <> r.oid) as t
  join pg_catalog.pg_class as c on c.oid = t.relid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
 order by t.root, n.nspname, c.relname
