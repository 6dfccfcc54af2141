-- The wanted policies of public.prompts: own rows and the platform's to read, own rows to write.

alter table public.prompts enable row level security;
alter table public.prompts force row level security;

create policy tenant_select on public.prompts for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.prompts for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (prompts.agent_id is null or exists (
      select from public.agents as parent
      where parent.id = prompts.agent_id
        and parent.tenant_id in (prompts.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_update on public.prompts for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and (prompts.agent_id is null or exists (
      select from public.agents as parent
      where parent.id = prompts.agent_id
        and parent.tenant_id in (prompts.tenant_id, '00000000-0000-0000-0000-000000000001')
    ))
  );
create policy tenant_delete on public.prompts for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
