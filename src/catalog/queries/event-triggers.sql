-- Those of extensions are left out, as their functions are.
select
  e.evtname::pg_catalog.text as evtname,
  e.evtevent::pg_catalog.text as evtevent,
  e.evtenabled::pg_catalog.text as evtenabled,
  coalesce(e.evttags, '{}') as evttags,
  e.evtfoid
from pg_catalog.pg_event_trigger e
where
  not exists (
    select
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and d.objid = e.oid and d.deptype = 'e'
  )
order by e.evtname
