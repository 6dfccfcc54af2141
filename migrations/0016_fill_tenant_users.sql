-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of users that exist become the platform's.
-- Locks: rows of users, a batch at a time. Rows: all that have no tenant.

update public.users as u
set tenant_id = '00000000-0000-0000-0000-000000000001'
where u.tenant_id is null;
