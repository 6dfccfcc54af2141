select
  pg_catalog.format('rule %I.%I.%I', n.nspname, c.relname, w.rulename) as object,
  pg_catalog.concat_ws(e'\n', pg_catalog.pg_get_ruledef(w.oid), 'enabled ' || w.ev_enabled::pg_catalog.text) as definition
from pg_catalog.pg_rewrite w
join pg_catalog.pg_class c on c.oid = w.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  w.rulename <> '_RETURN'
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
