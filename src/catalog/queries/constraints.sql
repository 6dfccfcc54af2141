select
  k.conname::pg_catalog.text as conname,
  k.contype::pg_catalog.text as contype,
  k.conrelid,
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.unnest(k.conkey) with ordinality as u (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum
    order by u.position
  ) as columns,
  nullif(k.confrelid, 0) as confrelid,
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.unnest(k.confkey) with ordinality as u (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum
    order by u.position
  ) as confcolumns,
  k.confdeltype::pg_catalog.text as confdeltype,
  k.confupdtype::pg_catalog.text as confupdtype,
  k.convalidated,
  k.condeferrable,
  case when k.conrelid <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_constraintdef(k.oid) else '' end as definition,
  d.description as comment,
  -- A query that groups by a primary key and shows other columns needs the key, as does one that says ON CONFLICT ON CONSTRAINT.
  -- Looked up one by one, by an index: joined as a whole, the planner reads all dependencies once for each constraint.
  array(
    select distinct pg_catalog.pg_describe_object(e.classid, e.objid, 0)
    from pg_catalog.pg_depend e
    where
      e.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
      and e.refobjid = k.oid
      and e.classid in ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass)
    order by 1
  ) as leaning
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d
  on d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objoid = k.oid and d.objsubid = 0
where
  k.conrelid = any ($1::pg_catalog.oid[])
  and k.contype in ('p', 'u', 'f', 'c', 'x', 'n')
order by n.nspname, c.relname, k.contype, k.conname
