-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of suite_functions that exist become the platform's.
-- Locks: rows of suite_functions, a batch at a time. Rows: all that have no tenant.

update public.suite_functions as f
set tenant_id = '00000000-0000-0000-0000-000000000001'
where f.tenant_id is null;
