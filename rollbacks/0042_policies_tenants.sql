-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
alter table public.tenants no force row level security;
alter table public.tenants disable row level security;
drop policy tenant_select on public.tenants;
