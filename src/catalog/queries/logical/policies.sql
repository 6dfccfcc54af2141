select
  pg_catalog.format('policy %I.%I.%I', n.nspname, c.relname, p.polname) as object,
  pg_catalog.concat_ws(
    e'\n',
    case when p.polpermissive then 'permissive' else 'restrictive' end,
    'for ' || p.polcmd::pg_catalog.text,
    'to ' || (
      select pg_catalog.string_agg(r.name, ', ' order by r.name collate "C")
      from (
        select case when u.role = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(u.role)) end as name
        from pg_catalog.unnest(p.polroles) as u (role)
      ) r
    ),
    'using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
  ) as definition
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
