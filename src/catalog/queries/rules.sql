select
  w.rulename::pg_catalog.text as rulename,
  w.ev_class,
  -- 1 SELECT, 2 UPDATE, 3 INSERT, 4 DELETE
  w.ev_type::pg_catalog.text as ev_type,
  w.ev_enabled::pg_catalog.text as ev_enabled,
  w.is_instead,
  array(
    select distinct d.refobjid
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class r on r.oid = d.refobjid and r.relkind in ('r', 'p', 'v', 'm', 'f')
    where
      d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid <> w.ev_class
    order by d.refobjid
  ) as "dependsOn",
  case when w.ev_class <> all ($2::pg_catalog.oid[]) then pg_catalog.pg_get_ruledef(w.oid) else '' end as definition
from pg_catalog.pg_rewrite w
join pg_catalog.pg_class c on c.oid = w.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where w.ev_class = any ($1::pg_catalog.oid[]) and w.rulename <> '_RETURN'
order by n.nspname, c.relname, w.rulename
