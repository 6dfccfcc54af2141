-- A body written as SQL (BEGIN ATOMIC) is stored parsed, and printed; any other is stored as text. $1: functions whose body is not read.
select
  p.oid,
  n.nspname::pg_catalog.text as nspname,
  p.proname::pg_catalog.text as proname,
  p.oid::pg_catalog.regprocedure::pg_catalog.text as signature,
  pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text as proowner,
  p.prokind::pg_catalog.text as prokind,
  p.prosecdef,
  p.proleakproof,
  p.proisstrict,
  p.provolatile::pg_catalog.text as provolatile,
  p.proretset,
  coalesce(p.proconfig, '{}') as proconfig,
  l.lanname::pg_catalog.text as lanname,
  coalesce(
    nullif(p.prosrc, ''),
    case when p.oid <> all ($1::pg_catalog.oid[]) then pg_catalog.pg_get_function_sqlbody(p.oid) end,
    ''
  ) as prosrc,
  pg_catalog.format_type(p.prorettype, null) as rettype,
  array(
    select pg_catalog.format_type(u.type, null)
    from pg_catalog.unnest(p.proargtypes) with ordinality as u (type, position)
    order by u.position
  ) as argtypes,
  array(
    select coalesce(p.proargnames[u.position], '')
    from pg_catalog.unnest(coalesce(p.proargmodes, pg_catalog.array_fill('i'::pg_catalog."char", array[p.pronargs]))) with ordinality
      as u (mode, position)
    where u.mode in ('i', 'b', 'v')
    order by u.position
  ) as argnames,
  p.pronargdefaults,
  array(
    select pg_catalog.pg_get_function_arg_default(p.oid, u.position::pg_catalog.int4)
    from pg_catalog.unnest(coalesce(p.proargmodes, pg_catalog.array_fill('i'::pg_catalog."char", array[p.pronargs]))) with ordinality
      as u (mode, position)
    where u.mode in ('i', 'b', 'v')
    order by u.position
  ) as argdefaults,
  array(
    select d.refobjid
    from pg_catalog.pg_depend d
    where
      d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and d.objid = p.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    group by d.refobjid
    order by d.refobjid
  ) as "dependsOn",
  array(
    select distinct u.oid
    from pg_catalog.pg_aggregate a
    cross join lateral pg_catalog.unnest(
      array[
        a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn
      ]::pg_catalog.oid[]
    ) as u (oid)
    where a.aggfnoid = p.oid and u.oid <> 0
    order by u.oid
  ) as aggregates,
  coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))::pg_catalog.text[] as proacl
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where
  n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid and e.deptype = 'e'
  )
order by n.nspname, p.proname, p.oid::pg_catalog.regprocedure::pg_catalog.text
