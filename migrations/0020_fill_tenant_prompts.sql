-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of prompts that exist become the platform's.
-- Locks: rows of prompts, a batch at a time. Rows: all that have no tenant.

update public.prompts as p
set tenant_id = '00000000-0000-0000-0000-000000000001'
where p.tenant_id is null;
