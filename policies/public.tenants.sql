-- The wanted policies of public.tenants: the own row to read, none to write.

alter table public.tenants enable row level security;
alter table public.tenants force row level security;

create policy tenant_select on public.tenants for select
  using (id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
