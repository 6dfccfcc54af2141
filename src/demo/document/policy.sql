-- The document's policy on tools, in place of ours: one for all commands, with the platform's rows in its only condition,
-- a context that raises where it is not set, and no FORCE.
drop policy tenant_select on public.tools;
drop policy tenant_insert on public.tools;
drop policy tenant_update on public.tools;
drop policy tenant_delete on public.tools;
alter table public.tools no force row level security;

create policy tenant_isolation on public.tools
for all using (
  tenant_id = current_setting('app.current_tenant')::uuid
  or tenant_id = '00000000-0000-0000-0000-000000000001'
);
