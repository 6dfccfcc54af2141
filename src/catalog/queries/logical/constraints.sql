select
  case
    when k.conrelid <> 0 then pg_catalog.format('constraint %s.%I', k.conrelid::pg_catalog.regclass, k.conname)
    else pg_catalog.format('constraint %s.%I', k.contypid::pg_catalog.regtype, k.conname)
  end as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.pg_get_constraintdef(k.oid),
    case when not k.convalidated then 'not validated' end,
    -- An index that becomes a primary key makes the NOT NULL of a partition local too, which nobody can see but here.
    case when k.coninhcount > 0 then pg_catalog.format('inherited %s%s', k.coninhcount, case when k.conislocal and not (k.contype = 'n' and c.relispartition) then ' and local' end) end
  ) as definition
from pg_catalog.pg_constraint k
join pg_catalog.pg_namespace n on n.oid = k.connamespace
left join pg_catalog.pg_class c on c.oid = k.conrelid
where
  k.contype in ('p', 'u', 'f', 'c', 'x', 'n')
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = k.conrelid
      and e.deptype = 'e'
  )
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
      and e.objid = k.contypid
      and e.deptype = 'e'
  )
