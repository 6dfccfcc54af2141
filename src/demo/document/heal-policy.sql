-- Our policies on tools again, as migrations/0037_policies_catalogue.sql has them.
drop policy tenant_isolation on public.tools;

alter table public.tools enable row level security;
alter table public.tools force row level security;

create policy tenant_select on public.tools for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.tools for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.tools for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.tools for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
