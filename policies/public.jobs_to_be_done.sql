-- The wanted policies of public.jobs_to_be_done: own rows and the platform's to read, own rows to write.

alter table public.jobs_to_be_done enable row level security;
alter table public.jobs_to_be_done force row level security;

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
