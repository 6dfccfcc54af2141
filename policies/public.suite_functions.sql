-- The wanted policies of public.suite_functions: own rows and the platform's to read, own rows to write.

alter table public.suite_functions enable row level security;
alter table public.suite_functions force row level security;

create policy tenant_select on public.suite_functions for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.suite_functions for insert
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_update on public.suite_functions for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_delete on public.suite_functions for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
