-- An ACL that was never changed is NULL: expanded, it is the same as one that was granted and revoked again.
select
  'acl ' || o.object as object,
  coalesce(
    pg_catalog.string_agg(
      pg_catalog.format(
        '%s to %s by %I%s',
        x.privilege_type,
        case when x.grantee = 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end,
        pg_catalog.pg_get_userbyid(x.grantor),
        case when x.is_grantable then ' with grant option' end
      ),
      e'\n'
      order by
        pg_catalog.pg_get_userbyid(x.grantee),
        x.privilege_type collate "C",
        pg_catalog.pg_get_userbyid(x.grantor)
    ),
    ''
  ) as definition
from (
  select
    pg_catalog.format('%s %I.%I', case c.relkind
      when 'v' then 'view'
      when 'm' then 'materialized view'
      when 'f' then 'foreign table'
      when 'S' then 'sequence'
      when 'c' then 'composite type'
      else 'table'
    end, n.nspname, c.relname) as object,
    coalesce(c.relacl, pg_catalog.acldefault(case c.relkind when 'S' then 's' else 'r' end::pg_catalog."char", c.relowner)) as acl
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where
    c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
    and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
  union all
  select pg_catalog.format('column %I.%I.%I', n.nspname, c.relname, a.attname), a.attacl
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where
    pg_catalog.cardinality(a.attacl) > 0
    and a.attnum > 0
    and not a.attisdropped
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
    and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
  union all
  select
    pg_catalog.format('function %s', p.oid::pg_catalog.regprocedure),
    coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
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
  union all
  select
    pg_catalog.format('type %I.%I', n.nspname, t.typname),
    coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))
  from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where
    t.typtype in ('e', 'd', 'r')
    and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
    and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
      and e.objid = t.oid
      and e.deptype = 'e'
  )
  union all
  select pg_catalog.format('schema %I', n.nspname), coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
  from pg_catalog.pg_namespace n
  where
    n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
    and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
      and e.objid = n.oid
      and e.deptype = 'e'
  )
  union all
  select 'database', coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))
  from pg_catalog.pg_database d
  where d.datname = pg_catalog.current_database()
  union all
  select pg_catalog.format('server %I', s.srvname), coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))
  from pg_catalog.pg_foreign_server s
) o
left join lateral pg_catalog.aclexplode(o.acl) x on true
group by o.object
