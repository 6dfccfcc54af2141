-- The wanted policies of public.knowledge: own rows and the platform's to read, own rows to write.

alter table public.knowledge enable row level security;
alter table public.knowledge force row level security;

create policy tenant_select on public.knowledge for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.knowledge for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (knowledge.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = knowledge.function_id
        and parent.tenant_id in (knowledge.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.knowledge for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (knowledge.function_id is null or exists (
      select from public.suite_functions as parent
      where parent.id = knowledge.function_id
        and parent.tenant_id in (knowledge.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.knowledge for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
