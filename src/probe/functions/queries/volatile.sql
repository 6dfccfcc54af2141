-- Functions of PostgreSQL and of extensions that may do more than read.
select distinct p.proname::pg_catalog.text as proname
from pg_catalog.pg_proc p
where
  p.provolatile = 'v'
  and p.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype
  and (
    p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    or exists (
      select
      from pg_catalog.pg_depend e
      where
        e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        and e.objid = p.oid
        and e.deptype = 'e'
    )
  )
order by 1
