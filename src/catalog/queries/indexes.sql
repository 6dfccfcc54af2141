select
  i.indexrelid,
  x.relname::pg_catalog.text as relname,
  i.indrelid,
  m.amname::pg_catalog.text as amname,
  i.indisunique,
  i.indisprimary,
  i.indisexclusion,
  i.indisvalid,
  i.indisreplident,
  i.indisclustered,
  -- An expression has no column: null stands in its place.
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as u (attnum, position)
    left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.attnum and u.attnum > 0
    where u.position <= i.indnkeyatts
    order by u.position
  ) as columns,
  case when i.indrelid <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_expr(i.indpred, i.indrelid) end as indpred,
  case when i.indrelid <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_indexdef(i.indexrelid) else '' end as definition,
  d.description as comment
from pg_catalog.pg_index i
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_am m on m.oid = x.relam
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_description d
  on d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objoid = i.indexrelid and d.objsubid = 0
where i.indrelid = any ($1::pg_catalog.oid[])
order by n.nspname, c.relname, x.relname
