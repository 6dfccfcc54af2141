-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of personas that exist become the platform's.
-- Locks: rows of personas, a batch at a time. Rows: all that have no tenant.

update public.personas as p
set tenant_id = '00000000-0000-0000-0000-000000000001'
where p.tenant_id is null;
