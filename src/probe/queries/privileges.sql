select
  c.oid,
  pg_catalog.row_security_active(c.oid) as "truthBound",
  pg_catalog.has_schema_privilege($1::pg_catalog.text, c.relnamespace, 'USAGE') as usage,
  pg_catalog.has_table_privilege($1::pg_catalog.text, c.oid, 'DELETE') as delete,
  pg_catalog.has_table_privilege($1::pg_catalog.text, c.oid, 'TRUNCATE') as truncate,
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.pg_attribute a
    where
      a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and pg_catalog.has_column_privilege($1::pg_catalog.text, c.oid, a.attnum, 'SELECT')
    order by a.attnum
  ) as select,
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.pg_attribute a
    where
      a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and pg_catalog.has_column_privilege($1::pg_catalog.text, c.oid, a.attnum, 'INSERT')
    order by a.attnum
  ) as insert,
  array(
    select a.attname::pg_catalog.text
    from pg_catalog.pg_attribute a
    where
      a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      and pg_catalog.has_column_privilege($1::pg_catalog.text, c.oid, a.attnum, 'UPDATE')
    order by a.attnum
  ) as update
from pg_catalog.pg_class c
where c.oid = any ($2::pg_catalog.oid[])
order by c.oid
