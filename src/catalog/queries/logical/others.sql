select
  pg_catalog.format('statistics %I.%I', n.nspname, s.stxname) as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(s.stxowner)),
    pg_catalog.pg_get_statisticsobjdef(s.oid)
  ) as definition
from pg_catalog.pg_statistic_ext s
join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
union all
select
  pg_catalog.format('publication %I', p.pubname),
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(p.pubowner)),
    pg_catalog.format(
      'all tables %s insert %s update %s delete %s truncate %s via root %s',
      p.puballtables,
      p.pubinsert,
      p.pubupdate,
      p.pubdelete,
      p.pubtruncate,
      p.pubviaroot
    ),
    (
      select
        pg_catalog.string_agg(
          pg_catalog.concat_ws(
            ' ',
            pg_catalog.format('%I.%I', v.schemaname, v.tablename),
            -- Row filters and column lists came with PostgreSQL 15: reading the row as JSON suits all.
            'where ' || (pg_catalog.to_jsonb(v) ->> 'rowfilter'),
            'columns ' || (
              select pg_catalog.string_agg(pg_catalog.quote_ident(a.name), ', ' order by a.name collate "C")
              from pg_catalog.jsonb_array_elements_text(pg_catalog.to_jsonb(v) -> 'attnames') as a (name)
            )
          ),
          e'\n'
          order by v.schemaname, v.tablename
        )
      from pg_catalog.pg_publication_tables v
      where v.pubname = p.pubname and v.schemaname <> 'rowhouse'
    )
  )
from pg_catalog.pg_publication p
union all
select
  pg_catalog.format('setting %s', coalesce('of ' || pg_catalog.quote_ident(r.rolname), 'of the database')),
  (select pg_catalog.string_agg(u, e'\n' order by u collate "C") from pg_catalog.unnest(s.setconfig) as u)
from pg_catalog.pg_db_role_setting s
join pg_catalog.pg_database d on d.oid = s.setdatabase and d.datname = pg_catalog.current_database()
left join pg_catalog.pg_roles r on r.oid = s.setrole
union all
select pg_catalog.format('%s %s', i.type, i.identity), ''
from (
  select 'pg_catalog.pg_cast'::pg_catalog.regclass as classid, oid from pg_catalog.pg_cast
  union all
  select 'pg_catalog.pg_operator'::pg_catalog.regclass, oid from pg_catalog.pg_operator
  union all
  select 'pg_catalog.pg_opclass'::pg_catalog.regclass, oid from pg_catalog.pg_opclass
  union all
  select 'pg_catalog.pg_opfamily'::pg_catalog.regclass, oid from pg_catalog.pg_opfamily
  union all
  select 'pg_catalog.pg_collation'::pg_catalog.regclass, oid from pg_catalog.pg_collation
  union all
  select 'pg_catalog.pg_conversion'::pg_catalog.regclass, oid from pg_catalog.pg_conversion
  union all
  select 'pg_catalog.pg_language'::pg_catalog.regclass, oid from pg_catalog.pg_language
  union all
  select 'pg_catalog.pg_ts_config'::pg_catalog.regclass, oid from pg_catalog.pg_ts_config
  union all
  select 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, oid from pg_catalog.pg_ts_dict
  union all
  select 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid from pg_catalog.pg_foreign_server
  union all
  select 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, oid from pg_catalog.pg_foreign_data_wrapper
) o
cross join lateral pg_catalog.pg_identify_object(o.classid, o.oid, 0) i
where
  -- What initdb made has a lower OID: transam.h, FirstNormalObjectId.
  o.oid >= 16384
  and i.schema is distinct from 'rowhouse'
  and not exists (
    select
    from pg_catalog.pg_depend e
    where e.classid = o.classid and e.objid = o.oid and e.deptype = 'e'
  )
