select
  pg_catalog.format('comment on %s %s', i.type, i.identity) as object,
  d.description as definition
from pg_catalog.pg_description d
cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
where
  -- What initdb made has a lower OID: transam.h, FirstNormalObjectId.
  d.objoid >= 16384
  and i.schema is distinct from 'rowhouse'
  and i.identity !~ '(^|\son )rowhouse(\.|$)'
  and not exists (
    select
    from pg_catalog.pg_depend e
    where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e'
  )
  and d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
