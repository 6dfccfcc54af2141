-- The wanted policies of public.agent_tools: own rows and the platform's to read, own rows to write.

alter table public.agent_tools enable row level security;
alter table public.agent_tools force row level security;

create policy tenant_select on public.agent_tools for select
  using (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    or (
      tenant_id = '00000000-0000-0000-0000-000000000001'
      and (select nullif(current_setting('app.current_tenant', true), '')::uuid) is not null
    )
  );
create policy tenant_insert on public.agent_tools for insert
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.agents as parent
      where parent.id = agent_tools.agent_id
        and parent.tenant_id = agent_tools.tenant_id
    )
    and exists (
      select from public.tools as parent
      where parent.id = agent_tools.tool_id
        and parent.tenant_id in (agent_tools.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_update on public.agent_tools for update
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid))
  with check (
    tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid)
    and exists (
      select from public.agents as parent
      where parent.id = agent_tools.agent_id
        and parent.tenant_id = agent_tools.tenant_id
    )
    and exists (
      select from public.tools as parent
      where parent.id = agent_tools.tool_id
        and parent.tenant_id in (agent_tools.tenant_id, '00000000-0000-0000-0000-000000000001')
    )
  );
create policy tenant_delete on public.agent_tools for delete
  using (tenant_id = (select nullif(current_setting('app.current_tenant', true), '')::uuid));
