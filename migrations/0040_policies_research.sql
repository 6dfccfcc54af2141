-- rowhouse: phase contract
-- rowhouse: lock-timeout 500ms
-- Row-level security for personas and jobs_to_be_done. A tenant reads its own rows and the platform's, and writes its
-- own alone; without a context there is no row. A row may point at a parent of its own tenant or of the platform, and
-- at no other.
-- FORCE binds the owner too. The policies of a table come with its ENABLE in one transaction: never a moment without.
-- Locks: AccessExclusive on each table, for an instant each. Rows: none.

-- personas
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
alter table public.personas enable row level security;
alter table public.personas force row level security;

-- jobs_to_be_done
create policy tenant_select on public.jobs_to_be_done for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.jobs_to_be_done for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.personas as parent
      where parent.id = jobs_to_be_done.persona_id
        and parent.tenant_id in (jobs_to_be_done.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
    and (jobs_to_be_done.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = jobs_to_be_done.function_id
        and parent.tenant_id in (jobs_to_be_done.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.jobs_to_be_done for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.personas as parent
      where parent.id = jobs_to_be_done.persona_id
        and parent.tenant_id in (jobs_to_be_done.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
    and (jobs_to_be_done.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = jobs_to_be_done.function_id
        and parent.tenant_id in (jobs_to_be_done.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.jobs_to_be_done for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
alter table public.jobs_to_be_done enable row level security;
alter table public.jobs_to_be_done force row level security;
