select
  pg_catalog.format(
    '%s %s',
    case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
    p.oid::pg_catalog.regprocedure
  ) as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(p.proowner)),
    case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) end,
    (
      select
        pg_catalog.concat_ws(
          e'\n',
          'kind ' || a.aggkind::pg_catalog.text,
          'transition ' || a.aggtransfn::pg_catalog.regprocedure::pg_catalog.text,
          'state ' || a.aggtranstype::pg_catalog.regtype::pg_catalog.text,
          'initial ' || a.agginitval,
          'final ' || nullif(a.aggfinalfn::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text,
          'combine ' || nullif(a.aggcombinefn::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text
        )
      from pg_catalog.pg_aggregate a
      where a.aggfnoid = p.oid
    )
  ) as definition
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where
  n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and e.objid = p.oid
      and e.deptype = 'e'
  )
