-- rowhouse: phase backfill
-- rowhouse: backfill
-- The rows of chat_messages that exist get the tenant of their session.
-- Locks: rows of chat_messages, a batch at a time. Rows: all that have no tenant.

update public.chat_messages as m
set tenant_id = s.tenant_id
from public.chat_sessions as s
where s.id = m.session_id and m.tenant_id is null;
