-- The wanted policies of public.audit_log: own rows only, none to change.

alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;

create policy tenant_select on public.audit_log for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.audit_log for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
