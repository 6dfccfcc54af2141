-- What a call of each function passes, beyond what the snapshot says of it.
select
  p.oid,
  p.provariadic <> 0 as variadic,
  -- A bare record has no columns that a query could name.
  p.prorettype = 'pg_catalog.record'::pg_catalog.regtype
    and not coalesce(p.proargmodes && array['o', 'b', 't']::pg_catalog."char"[], false) as shapeless,
  array(
    select coalesce(a.name, '')
    from (
      select
        u.position,
        p.proargnames[u.position] as name,
        coalesce(p.proargmodes[u.position], 'i') as mode
      from pg_catalog.generate_series(
        1,
        pg_catalog.cardinality(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]))
      ) as u (position)
    ) a
    where a.mode in ('i', 'b', 'v')
    order by a.position
  ) as names,
  p.proargtypes::pg_catalog.oid[] as types
from pg_catalog.pg_proc p
where p.oid = any ($1::pg_catalog.oid[])
