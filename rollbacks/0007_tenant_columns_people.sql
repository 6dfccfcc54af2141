-- rowhouse: phase expand
-- rowhouse: lock-timeout 500ms
-- The checks go with their columns.

-- audit_log
drop trigger zz_count_contextless on public.audit_log;
drop sequence public.audit_log_contextless_writes;
drop trigger assign_tenant on public.audit_log;
alter table public.audit_log drop column tenant_id;

-- users
create or replace trigger touch_updated_at before update on public.users
  for each row execute function public.touch_updated_at();
create or replace trigger record_change after insert or update or delete on public.users
  for each row execute function public.record_change();
drop trigger zz_count_contextless on public.users;
drop sequence public.users_contextless_writes;
drop trigger assign_tenant on public.users;
alter table public.users drop column tenant_id;
