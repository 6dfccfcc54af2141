-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- audit_log
alter table public.audit_log no force row level security;
alter table public.audit_log disable row level security;
drop policy tenant_insert on public.audit_log;
drop policy tenant_select on public.audit_log;

-- users
alter table public.users no force row level security;
alter table public.users disable row level security;
drop policy tenant_delete on public.users;
drop policy tenant_update on public.users;
drop policy tenant_insert on public.users;
drop policy tenant_select on public.users;
