select
  pg_catalog.format(
    'default acl for %I%s on %s',
    pg_catalog.pg_get_userbyid(d.defaclrole),
    ' in schema ' || pg_catalog.quote_ident(n.nspname),
    d.defaclobjtype
  ) as object,
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
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
left join lateral pg_catalog.aclexplode(d.defaclacl) x on true
where n.nspname is distinct from 'rowhouse'
group by d.oid, n.nspname
