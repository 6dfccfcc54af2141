-- What is granted on PostgreSQL's own tables and functions beyond what initdb granted, and on the ways out to other servers.
select g.kind, g.name, g.owner, g.acl
from (
  select
    'relation' as kind,
    c.relname::pg_catalog.text as name,
    pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text as owner,
    array(
      select u.item::pg_catalog.text from pg_catalog.unnest(c.relacl) as u (item)
      except
      select u.item::pg_catalog.text from pg_catalog.unnest(i.initprivs) as u (item)
      union
      -- On columns alone.
      select u.item::pg_catalog.text
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_init_privs k
        on k.objoid = c.oid and k.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and k.objsubid = a.attnum
      cross join lateral pg_catalog.unnest(a.attacl) as u (item)
      where a.attrelid = c.oid and a.attacl is distinct from k.initprivs
    ) as acl
  from pg_catalog.pg_class c
  left join pg_catalog.pg_init_privs i
    on i.objoid = c.oid and i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and i.objsubid = 0
  where c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace and c.relkind in ('r', 'v')
  union all
  select
    'function',
    p.oid::pg_catalog.regprocedure::pg_catalog.text,
    pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text,
    array(
      select u.item::pg_catalog.text from pg_catalog.unnest(p.proacl) as u (item)
      except
      select u.item::pg_catalog.text from pg_catalog.unnest(i.initprivs) as u (item)
    )
  from pg_catalog.pg_proc p
  left join pg_catalog.pg_init_privs i
    on i.objoid = p.oid and i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and i.objsubid = 0
  where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and p.proacl is not null
  union all
  select
    'server',
    s.srvname::pg_catalog.text,
    pg_catalog.pg_get_userbyid(s.srvowner)::pg_catalog.text,
    coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))::pg_catalog.text[]
  from pg_catalog.pg_foreign_server s
  union all
  select
    'wrapper',
    w.fdwname::pg_catalog.text,
    pg_catalog.pg_get_userbyid(w.fdwowner)::pg_catalog.text,
    coalesce(w.fdwacl, pg_catalog.acldefault('F', w.fdwowner))::pg_catalog.text[]
  from pg_catalog.pg_foreign_data_wrapper w
) g
where g.acl <> '{}'
order by g.kind, g.name
