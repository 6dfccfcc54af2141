select
  pg_catalog.format('trigger %I.%I.%I', n.nspname, c.relname, t.tgname) as object,
  pg_catalog.concat_ws(e'\n', pg_catalog.pg_get_triggerdef(t.oid), 'enabled ' || t.tgenabled::pg_catalog.text) as definition
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  not t.tgisinternal
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
  pg_catalog.format('event trigger %I', v.evtname),
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(v.evtowner)),
    'on ' || v.evtevent::pg_catalog.text,
    'tags ' || v.evttags::pg_catalog.text,
    'execute ' || v.evtfoid::pg_catalog.regprocedure::pg_catalog.text,
    'enabled ' || v.evtenabled::pg_catalog.text
  )
from pg_catalog.pg_event_trigger v
where
  not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass
      and e.objid = v.oid
      and e.deptype = 'e'
  )
