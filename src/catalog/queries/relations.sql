-- $1: relations whose definitions are not read, because reading one waits for a lock.
select
  c.oid,
  n.nspname::pg_catalog.text as nspname,
  c.relname::pg_catalog.text as relname,
  c.relkind::pg_catalog.text as relkind,
  pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text as relowner,
  c.relrowsecurity,
  c.relforcerowsecurity,
  c.relispartition,
  coalesce(c.reloptions, '{}') as reloptions,
  c.reltuples,
  c.relpages,
  coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))::pg_catalog.text[] as relacl,
  case when c.relkind in ('v', 'm') and c.oid <> all ($1::pg_catalog.oid[]) then pg_catalog.pg_get_viewdef(c.oid) end as definition,
  coalesce(
    (
      select
        pg_catalog.jsonb_agg(
          pg_catalog.jsonb_build_object(
            'attname', a.attname,
            'attnum', a.attnum,
            'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
            'attnotnull', a.attnotnull,
            'attidentity', a.attidentity,
            'attgenerated', a.attgenerated,
            'default', case when c.oid <> all ($1::pg_catalog.oid[]) then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
            'collisdeterministic', l.collisdeterministic,
            'attacl', coalesce(a.attacl::pg_catalog.text[], '{}')
          )
          order by a.attnum
        )
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_catalog.pg_collation l on l.oid = a.attcollation
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ),
    '[]'
  ) as columns,
  array(
    select distinct d.refobjid
    from pg_catalog.pg_rewrite w
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join pg_catalog.pg_class r on r.oid = d.refobjid and r.relkind in ('r', 'p', 'v', 'm', 'f')
    where w.ev_class = c.oid and w.rulename = '_RETURN' and d.refobjid <> c.oid
    order by d.refobjid
  ) as "dependsOn",
  array(
    select distinct d.refobjid
    from pg_catalog.pg_rewrite w
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    where w.ev_class = c.oid and w.rulename = '_RETURN'
    order by d.refobjid
  ) as "callsFunctions",
  array(
    select i.inhparent
    from pg_catalog.pg_inherits i
    where i.inhrelid = c.oid
    order by i.inhseqno
  ) as parents
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where
  c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
order by n.nspname, c.relname
