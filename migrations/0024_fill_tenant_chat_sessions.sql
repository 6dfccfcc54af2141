-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of chat_sessions that exist become the platform's.
-- Locks: rows of chat_sessions, a batch at a time. Rows: all that have no tenant.

update public.chat_sessions as s
set tenant_id = '00000000-0000-0000-0000-000000000001'
where s.tenant_id is null;
