-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of organizational_levels that exist become the platform's.
-- Locks: rows of organizational_levels, a batch at a time. Rows: all that have no tenant.

update public.organizational_levels as l
set tenant_id = '00000000-0000-0000-0000-000000000001'
where l.tenant_id is null;
