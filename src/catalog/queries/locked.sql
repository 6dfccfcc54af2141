-- Relations that another session locks or waits to lock so that nobody may read them, and what cannot be printed without reading them.
with recursive locked as (
  select l.relation as oid, pg_catalog.min(l.pid) as pid
  from pg_catalog.pg_locks l
  join pg_catalog.pg_database d on d.oid = l.database and d.datname = pg_catalog.current_database()
  where
    l.locktype = 'relation'
    and l.mode = 'AccessExclusiveLock'
    and l.pid <> pg_catalog.pg_backend_pid()
  group by l.relation
),
-- Who reads a parent reads its children too.
family as (
  select l.oid as relation, l.oid as locked, l.pid
  from locked l
  union
  select i.inhparent, f.locked, f.pid
  from family f
  join pg_catalog.pg_inherits i on i.inhrelid = f.relation
),
-- The expressions of a view, a rule, a policy or a function are printed under a lock on every relation that they name.
dependent as (
  select w.ev_class as relation, null::pg_catalog.oid as function, l.oid as locked, l.pid
  from locked l
  join pg_catalog.pg_depend d
    on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.refobjid = l.oid
    and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
  join pg_catalog.pg_rewrite w on w.oid = d.objid
  union all
  select p.polrelid, null, l.oid, l.pid
  from locked l
  join pg_catalog.pg_depend d
    on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.refobjid = l.oid
    and d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
  join pg_catalog.pg_policy p on p.oid = d.objid
  union all
  select null, d.objid, l.oid, l.pid
  from locked l
  join pg_catalog.pg_depend d
    on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and d.refobjid = l.oid
    and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
  union all
  select f.relation, null, f.locked, f.pid
  from family f
)
select distinct on (u.relation, u.function)
  u.relation,
  u.function,
  k.relname::pg_catalog.text as "lockedName",
  m.nspname::pg_catalog.text as "lockedSchema",
  u.pid,
  a.usename::pg_catalog.text as "user",
  a.application_name as "applicationName"
from dependent u
join pg_catalog.pg_class k on k.oid = u.locked and k.relkind in ('r', 'p', 'v', 'm', 'f')
join pg_catalog.pg_namespace m on m.oid = k.relnamespace
left join pg_catalog.pg_stat_activity a on a.pid = u.pid
order by u.relation, u.function, u.relation <> u.locked, u.locked
