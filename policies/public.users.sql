-- The wanted policies of public.users: own rows only.

alter table public.users enable row level security;
alter table public.users force row level security;

create policy tenant_select on public.users for select
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
create policy tenant_insert on public.users for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (users.department_id is null or exists (
      select from public.org_departments as parent
      where parent.id = users.department_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
    and (users.level_id is null or exists (
      select from public.organizational_levels as parent
      where parent.id = users.level_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.users for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (users.department_id is null or exists (
      select from public.org_departments as parent
      where parent.id = users.department_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
    and (users.level_id is null or exists (
      select from public.organizational_levels as parent
      where parent.id = users.level_id
        and parent.tenant_id in (users.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.users for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
