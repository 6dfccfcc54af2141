-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- The checks go with their columns.

-- chat_messages
drop trigger zz_count_contextless on public.chat_messages;
drop sequence public.chat_messages_contextless_writes;
drop trigger assign_tenant on public.chat_messages;
alter table public.chat_messages drop column tenant_id;

-- chat_sessions
create or replace trigger touch_updated_at before update on public.chat_sessions
  for each row execute function public.touch_updated_at();
drop trigger zz_count_contextless on public.chat_sessions;
drop sequence public.chat_sessions_contextless_writes;
drop trigger assign_tenant on public.chat_sessions;
alter table public.chat_sessions drop column tenant_id;
