select
  t.tgname::pg_catalog.text as tgname,
  t.tgrelid,
  t.tgtype,
  t.tgenabled::pg_catalog.text as tgenabled,
  t.tgparentid <> 0 as "isOfParent",
  t.tgfoid,
  t.tgfoid::pg_catalog.regprocedure::pg_catalog.text as function,
  f.prosecdef,
  case when t.tgrelid <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_triggerdef(t.oid) else '' end as definition
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc f on f.oid = t.tgfoid
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where t.tgrelid = any ($1::pg_catalog.oid[]) and not t.tgisinternal
order by n.nspname, c.relname, t.tgname
