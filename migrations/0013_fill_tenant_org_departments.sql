-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of org_departments that exist become the platform's.
-- Locks: rows of org_departments, a batch at a time. Rows: all that have no tenant.

update public.org_departments as d
set tenant_id = '00000000-0000-0000-0000-000000000001'
where d.tenant_id is null;
