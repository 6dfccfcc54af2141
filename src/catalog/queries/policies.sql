select
  p.polname::pg_catalog.text as polname,
  p.polrelid,
  p.polpermissive,
  p.polcmd::pg_catalog.text as polcmd,
  array(
    select case when u.role = 0 then 'public' else pg_catalog.pg_get_userbyid(u.role)::pg_catalog.text end
    from pg_catalog.unnest(p.polroles) as u (role)
    order by 1
  ) as polroles,
  case when p.polrelid <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_expr(p.polqual, p.polrelid) end as polqual,
  case when p.polrelid <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) end as polwithcheck,
  array(
    select distinct d.refobjid
    from pg_catalog.pg_depend d
    where
      d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
      and d.objid = p.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid <> p.polrelid
    order by d.refobjid
  ) as "dependsOn",
  array(
    select distinct d.refobjid
    from pg_catalog.pg_depend d
    where
      d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
      and d.objid = p.oid
      and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    order by d.refobjid
  ) as "callsFunctions"
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where p.polrelid = any ($1::pg_catalog.oid[])
order by n.nspname, c.relname, p.polname
