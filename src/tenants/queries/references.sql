select child.name as child,
       parent.name as parent
  from pg_catalog.pg_constraint as c
  join pg_catalog.unnest($1::text[]) as child (name) on c.conrelid = pg_catalog.to_regclass(child.name)
  join pg_catalog.unnest($1::text[]) as parent (name) on c.confrelid = pg_catalog.to_regclass(parent.name)
 where c.contype = 'f'
   and c.conrelid <> c.confrelid
 order by 1, 2
