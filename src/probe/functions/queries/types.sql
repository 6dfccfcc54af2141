with recursive needed as (
  select u.oid
  from pg_catalog.unnest($1::pg_catalog.oid[]) as u (oid)
  union
  select x.oid
  from needed
  join pg_catalog.pg_type t on t.oid = needed.oid
  cross join lateral (
    select t.typelem
    union all
    select t.typbasetype
    union all
    select a.atttypid
    from pg_catalog.pg_attribute a
    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
  ) as x (oid)
  where x.oid <> 0
)
select
  t.oid,
  pg_catalog.format_type(t.oid, null) as name,
  t.typtype::pg_catalog.text as typtype,
  t.typcategory::pg_catalog.text as typcategory,
  t.typelem,
  t.typbasetype,
  t.typrelid,
  array(
    select e.enumlabel::pg_catalog.text
    from pg_catalog.pg_enum e
    where e.enumtypid = t.oid
    order by e.enumsortorder
  ) as labels,
  array(
    select a.atttypid
    from pg_catalog.pg_attribute a
    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    order by a.attnum
  ) as attributes
from needed
join pg_catalog.pg_type t on t.oid = needed.oid
order by t.oid
