-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- A tenant sees its own row of tenants, and writes none: who else is a customer is nobody's business.
-- Locks: AccessExclusive on tenants, for an instant. Rows: none.

create policy tenant_select on public.tenants for select
  using (id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.tenants enable row level security;
alter table public.tenants force row level security;
