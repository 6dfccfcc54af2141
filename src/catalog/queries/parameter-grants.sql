-- PostgreSQL 15 and later.
select
  'parameter' as kind,
  p.parname as name,
  null::pg_catalog.text as owner,
  p.paracl::pg_catalog.text[] as acl
from pg_catalog.pg_parameter_acl p
order by p.parname
