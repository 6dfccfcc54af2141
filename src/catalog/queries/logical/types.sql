select
  pg_catalog.format('type %I.%I', n.nspname, t.typname) as object,
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format('owner %I', pg_catalog.pg_get_userbyid(t.typowner)),
    case t.typtype
      when 'e' then
        'enum ' || (
          select pg_catalog.string_agg(pg_catalog.quote_literal(l.enumlabel), ', ' order by l.enumsortorder)
          from pg_catalog.pg_enum l
          where l.enumtypid = t.oid
        )
      when 'd' then
        pg_catalog.concat_ws(
          ' ',
          'domain',
          pg_catalog.format_type(t.typbasetype, t.typtypmod),
          case when t.typcollation <> b.typcollation then 'collate ' || t.typcollation::pg_catalog.regcollation::pg_catalog.text end,
          case when t.typnotnull then 'not null' end,
          'default ' || t.typdefault
        )
      when 'r' then
        (
          select
            pg_catalog.concat_ws(
              ' ',
              'range of',
              r.rngsubtype::pg_catalog.regtype,
              'collate ' || nullif(r.rngcollation, 0)::pg_catalog.regcollation::pg_catalog.text,
              'canonical ' || nullif(r.rngcanonical::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text,
              'difference ' || nullif(r.rngsubdiff::pg_catalog.oid, 0)::pg_catalog.regprocedure::pg_catalog.text
            )
          from pg_catalog.pg_range r
          where r.rngtypid = t.oid
        )
      when 'b' then pg_catalog.format('base %s %s', t.typinput, t.typoutput)
      else t.typtype::pg_catalog.text
    end
  ) as definition
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type b on b.oid = t.typbasetype
where
  t.typtype in ('e', 'd', 'r', 'b', 'p')
  -- Every type has an array type with it.
  and not exists (select from pg_catalog.pg_type item where item.typarray = t.oid)
  and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'rowhouse')
  and not exists (
    select
    from pg_catalog.pg_depend e
    where
      e.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
      and e.objid = t.oid
      and e.deptype = 'e'
  )
