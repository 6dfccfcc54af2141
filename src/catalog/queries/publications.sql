-- PostgreSQL 15 brought row filters and lists of columns: reading the row as JSON suits both.
select
  p.pubname::pg_catalog.text as pubname,
  p.schemaname::pg_catalog.text as nspname,
  p.tablename::pg_catalog.text as relname,
  pg_catalog.to_jsonb(p) ->> 'rowfilter' as rowfilter
from pg_catalog.pg_publication_tables p
order by 1, 2, 3
