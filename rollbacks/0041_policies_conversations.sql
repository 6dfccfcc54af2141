-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- chat_messages
alter table public.chat_messages no force row level security;
alter table public.chat_messages disable row level security;
drop policy tenant_delete on public.chat_messages;
drop policy tenant_update on public.chat_messages;
drop policy tenant_insert on public.chat_messages;
drop policy tenant_select on public.chat_messages;

-- chat_sessions
alter table public.chat_sessions no force row level security;
alter table public.chat_sessions disable row level security;
drop policy tenant_delete on public.chat_sessions;
drop policy tenant_update on public.chat_sessions;
drop policy tenant_insert on public.chat_sessions;
drop policy tenant_select on public.chat_sessions;
