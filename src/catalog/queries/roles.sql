-- PostgreSQL 16 moved INHERIT and SET from the member to the grant: reading the row as JSON suits both.
select
  r.rolname::pg_catalog.text as rolname,
  r.rolsuper,
  r.rolinherit,
  r.rolcreaterole,
  r.rolcanlogin,
  r.rolbypassrls,
  r.rolreplication,
  coalesce(
    (
      select pg_catalog.jsonb_agg(g.membership order by g.rolname)
      from (
        select
          b.rolname,
          pg_catalog.jsonb_build_object(
            'rolname', b.rolname,
            'inherit', pg_catalog.bool_or(coalesce((m.grant_row ->> 'inherit_option')::pg_catalog.bool, r.rolinherit)),
            'set', pg_catalog.bool_or(coalesce((m.grant_row ->> 'set_option')::pg_catalog.bool, true)),
            'admin', pg_catalog.bool_or((m.grant_row ->> 'admin_option')::pg_catalog.bool)
          ) as membership
        from (select x.roleid, pg_catalog.to_jsonb(x) as grant_row from pg_catalog.pg_auth_members x where x.member = r.oid) m
        join pg_catalog.pg_roles b on b.oid = m.roleid
        group by b.rolname
      ) g
    ),
    '[]'
  ) as "memberOf"
from pg_catalog.pg_roles r
order by r.rolname
