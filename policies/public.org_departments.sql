-- The wanted policies of public.org_departments: own rows and the platform's to read, own rows to write.

alter table public.org_departments enable row level security;
alter table public.org_departments force row level security;

create policy tenant_select on public.org_departments for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.org_departments for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.suite_functions as parent
      where parent.id = org_departments.function_id
        and parent.tenant_id in (org_departments.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_update on public.org_departments for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.suite_functions as parent
      where parent.id = org_departments.function_id
        and parent.tenant_id in (org_departments.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_delete on public.org_departments for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
