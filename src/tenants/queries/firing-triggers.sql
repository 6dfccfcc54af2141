-- pg_partition_tree knows nothing of a table that is neither partitioned nor a partition.
with recursive tree (oid) as (
       select pg_catalog.to_regclass(w.name)::oid
         from pg_catalog.unnest($1::text[]) as w (name)
       union
       select h.inhrelid
         from pg_catalog.pg_inherits as h
         join tree on tree.oid = h.inhparent
     )
select n.nspname as schema,
       c.relname as name,
       t.tgname as trigger,
       t.tgenabled = 'A' as always
  from tree
  join pg_catalog.pg_class as c on c.oid = tree.oid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  join pg_catalog.pg_trigger as t on t.tgrelid = c.oid
 where not t.tgisinternal
   and t.tgenabled in ('O', 'A')
 order by 1, 2, 3
