-- The wanted policies of public.personas: own rows and the platform's to read, own rows to write.

alter table public.personas enable row level security;
alter table public.personas force row level security;

create policy tenant_select on public.personas for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.personas for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (personas.department_id is null or exists (
      select from public.org_departments as parent
      where parent.id = personas.department_id
        and parent.tenant_id in (personas.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
    and (personas.level_id is null or exists (
      select from public.organizational_levels as parent
      where parent.id = personas.level_id
        and parent.tenant_id in (personas.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.personas for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (personas.department_id is null or exists (
      select from public.org_departments as parent
      where parent.id = personas.department_id
        and parent.tenant_id in (personas.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
    and (personas.level_id is null or exists (
      select from public.organizational_levels as parent
      where parent.id = personas.level_id
        and parent.tenant_id in (personas.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.personas for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
