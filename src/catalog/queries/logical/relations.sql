select
  pg_catalog.format('%s %I.%I', case c.relkind
    when 'v' then 'view'
    when 'm' then 'materialized view'
    when 'f' then 'foreign table'
    when 'S' then 'sequence'
    when 'c' then 'composite type'
    else 'table'
  end, n.nspname, c.relname) as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(c.relowner)),
    case c.relpersistence when 'u' then 'unlogged' end,
    'access method ' || m.amname,
    'tablespace ' || s.spcname,
    case when c.relrowsecurity then 'row security' end,
    case when c.relforcerowsecurity then 'force row security' end,
    case when c.relreplident <> 'd' and c.relkind in ('r', 'p', 'm') then 'replica identity ' || c.relreplident::pg_catalog.text end,
    'partition by ' || pg_catalog.pg_get_partkeydef(c.oid),
    (
      select 'inherits ' || pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::pg_catalog.text, ', ' order by i.inhseqno)
      from pg_catalog.pg_inherits i
      where i.inhrelid = c.oid
    ),
    pg_catalog.pg_get_expr(c.relpartbound, c.oid),
    'of ' || nullif(c.reloftype, 0)::pg_catalog.regtype::pg_catalog.text,
    (
      select 'with (' || pg_catalog.string_agg(o, ', ' order by o collate "C") || ')'
      from pg_catalog.unnest(c.reloptions) as o
    ),
    (
      select pg_catalog.format('server %I %s', v.srvname, f.ftoptions)
      from pg_catalog.pg_foreign_table f
      join pg_catalog.pg_foreign_server v on v.oid = f.ftserver
      where f.ftrelid = c.oid
    ),
    case when c.relkind = 'm' and not c.relispopulated then 'not populated' end,
    case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end
  ) as definition
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_am m on m.oid = c.relam
left join pg_catalog.pg_tablespace s on s.oid = c.reltablespace
where
  c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and e.objid = c.oid
      and e.deptype = 'e'
  )
