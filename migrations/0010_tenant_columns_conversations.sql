-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- tenant_id on chat_sessions and chat_messages, for now without a value in the rows that exist. The default is set
-- apart from the column, since together they would stamp those rows with the runner's own context. Code that knows no
-- tenant gets the trigger's answer, on updates too, since the check already holds for every new version of a row.
-- The user triggers stay quiet while a backfill runs, so that it is no edit of anybody's: updated_at stays.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- chat_sessions
alter table public.chat_sessions add column tenant_id uuid;
alter table public.chat_sessions
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.chat_sessions
  add constraint chat_sessions_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.chat_sessions
  for each row when (new.tenant_id is null) execute function public.assign_platform_tenant();
create sequence public.chat_sessions_contextless_writes;
grant usage on sequence public.chat_sessions_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.chat_sessions
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.chat_sessions_contextless_writes');
create or replace trigger touch_updated_at before update on public.chat_sessions
  for each row when (current_setting('rowhouse.backfill', true) is distinct from 'on')
  execute function public.touch_updated_at();

-- chat_messages
alter table public.chat_messages add column tenant_id uuid;
alter table public.chat_messages
  alter column tenant_id set default nullif(current_setting('app.current_tenant', true), '')::uuid;
alter table public.chat_messages
  add constraint chat_messages_tenant_id_present check (tenant_id is not null) not valid;
create trigger assign_tenant before insert or update on public.chat_messages
  for each row when (new.tenant_id is null) execute function public.assign_session_tenant();
create sequence public.chat_messages_contextless_writes;
grant usage on sequence public.chat_messages_contextless_writes to vital_owner;
create trigger zz_count_contextless after insert or update or delete on public.chat_messages
  for each statement when (nullif(current_setting('app.current_tenant', true), '') is null
    and current_setting('rowhouse.backfill', true) is distinct from 'on' and current_user <> 'vital_etl')
  execute function public.count_contextless('public.chat_messages_contextless_writes');
