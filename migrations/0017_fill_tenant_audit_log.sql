-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of audit_log that exist become the platform's. They speak of rows that are all the platform's.
-- Locks: rows of audit_log, a batch at a time. Rows: all that have no tenant.

update public.audit_log as l
set tenant_id = '00000000-0000-0000-0000-000000000001'
where l.tenant_id is null;
