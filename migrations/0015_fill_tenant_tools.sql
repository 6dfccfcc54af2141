-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of tools that exist become the platform's.
-- Locks: rows of tools, a batch at a time. Rows: all that have no tenant.

update public.tools as t
set tenant_id = '00000000-0000-0000-0000-000000000001'
where t.tenant_id is null;
