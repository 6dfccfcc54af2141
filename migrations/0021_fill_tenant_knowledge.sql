-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of knowledge that exist become the platform's.
-- Locks: rows of knowledge, a batch at a time. Rows: all that have no tenant.

update public.knowledge as k
set tenant_id = '00000000-0000-0000-0000-000000000001'
where k.tenant_id is null;
