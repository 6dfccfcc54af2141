-- The types themselves, and all that they are made of.
with recursive reached (oid) as (
       select pg_catalog.unnest($1::oid[])
       union
       select part.oid
         from reached
         join pg_catalog.pg_type as t on t.oid = reached.oid
        cross join lateral (
              select t.typbasetype as oid
               where t.typtype = 'd'
              union all
              select t.typelem
               where t.typcategory = 'A'
              union all
              select r.rngsubtype
                from pg_catalog.pg_range as r
               where r.rngtypid = t.oid
              union all
              select r.rngtypid
                from pg_catalog.pg_range as r
               where r.rngmultitypid = t.oid
              union all
              select a.atttypid
                from pg_catalog.pg_attribute as a
               where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
              ) as part
     )
select t.oid,
       t.typname::text as typname,
       pg_catalog.format_type(t.oid, null) as name,
       t.typtype::text as typtype,
       t.typcategory::text as typcategory,
       t.typnotnull,
       pg_catalog.format_type(t.typbasetype, t.typtypmod) as "baseName",
       nullif(t.typbasetype, 0) as base,
       case when t.typcategory = 'A' then nullif(t.typelem, 0) end as element,
       (select r.rngsubtype from pg_catalog.pg_range as r where r.rngtypid = t.oid) as subtype,
       (select r.rngtypid from pg_catalog.pg_range as r where r.rngmultitypid = t.oid) as range,
       array(select e.enumlabel::text
               from pg_catalog.pg_enum as e
              where e.enumtypid = t.oid
              order by e.enumsortorder) as labels,
       coalesce(
         (select pg_catalog.jsonb_agg(
                   pg_catalog.jsonb_build_object(
                     'attname', a.attname,
                     'type', a.atttypid::int8,
                     'name', pg_catalog.format_type(a.atttypid, a.atttypmod))
                   order by a.attnum)
            from pg_catalog.pg_attribute as a
           where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
         '[]') as attributes,
       coalesce(
         (select pg_catalog.jsonb_agg(
                   pg_catalog.jsonb_build_object('name', k.conname, 'sql', pg_catalog.pg_get_expr(k.conbin, 0))
                   order by k.conname)
            from pg_catalog.pg_constraint as k
           where k.contypid = t.oid and k.contype = 'c'),
         '[]') as checks
  from reached
  join pg_catalog.pg_type as t on t.oid = reached.oid
 order by t.oid
