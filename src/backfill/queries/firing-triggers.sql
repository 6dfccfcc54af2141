with recursive tree (oid) as (
       select pg_catalog.to_regclass($1)::oid
       union
       select h.inhrelid
         from pg_catalog.pg_inherits as h
         join tree on tree.oid = h.inhparent
     )
select distinct g.tgname::text as name
  from pg_catalog.pg_trigger as g
  join tree on tree.oid = g.tgrelid
 where not g.tgisinternal
   and g.tgenabled in ('O', 'A')
   and (g.tgtype & 16) <> 0
   and (
        pg_catalog.cardinality(g.tgattr::smallint[]) = 0
        or exists (
           select
             from pg_catalog.pg_attribute as a
            where a.attrelid = g.tgrelid
              and a.attnum = any (g.tgattr::smallint[])
              and a.attname::text = any ($2::text[])
        )
       )
   and pg_catalog.pg_get_triggerdef(g.oid) not like '%rowhouse.backfill%'
   -- A trigger that fills the column where nobody has set it.
   and not exists (
       select
         from pg_catalog.unnest($2::text[]) as s (name)
        where pg_catalog.strpos(
                pg_catalog.pg_get_triggerdef(g.oid),
                pg_catalog.format('WHEN ((new.%I IS NULL))', s.name)
              ) > 0
     )
 order by name
