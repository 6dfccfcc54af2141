select
  pg_catalog.pg_get_userbyid(d.defaclrole)::pg_catalog.text as defaclrole,
  n.nspname::pg_catalog.text as nspname,
  d.defaclobjtype::pg_catalog.text as defaclobjtype,
  d.defaclacl::pg_catalog.text[] as defaclacl
from pg_catalog.pg_default_acl d
left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
order by 1, 2, 3
